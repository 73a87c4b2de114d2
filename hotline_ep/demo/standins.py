"""Stand-ins: each looks at what its role owes, as a person would on the first page, and does it through the API.

They only act for roles that nobody plays himself (`drills`). Each act has a key of its own, so that doing it again after a
lost answer changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hotline_ep.demo.client import Client, Refused, Rest, sleeping

Row = dict[str, Any]

# Proof that is attached: rule → (kind, words).
PROOFS: Final[dict[str, tuple[str, str]]] = {
    "assess.decision_meeting": (
        "meeting",
        "决策会已召开，纪要在指挥部群 / Decision meeting held, minutes in the HQ chat",
    ),
    "hq.first_meeting": ("meeting", "首次会议已召开 / First meeting held"),
    "start.website": ("check", "官网应急通道已开通 / Emergency channel is open"),
    "start.budget": ("decision", "应急预算已备好 / Budget is ready"),
    "start.allocation": ("decision", "备用线路和坐席已调配 / Spare lines and agents allocated"),
    "site.monitoring_record": (
        "monitoring_record",
        "日志、流量、响应时间已记录 / Logs, traffic, response time recorded",
    ),
    "report.executive": ("executive_report", "已报告最高管理层 / Top management has the report"),
    "report.superior_first_major": ("authority_first_report", "初报已发 / First report sent"),
    "report.superior_first": ("authority_first_report", "初报已发 / First report sent"),
    "report.superior_rest": ("authority_rest_report", "补报已发 / The rest was reported"),
    "report.superior_cause": ("authority_cause_report", "初步原因：光缆被挖断 / Preliminary cause: a cut cable"),
    "report.root_cause": ("root_cause_report", "根因分析报告已提交 / Root-cause report submitted"),
    "recover.log": ("recovery_log", "运行平稳 / Running steadily"),
    "end.evaluation_meeting": ("meeting", "终止评估会已召开 / Evaluation meeting held"),
    "after.media": ("check", "本次无介质需处置 / No media to destroy"),
    "after.people": ("check", "值守补助已登记 / Allowances are registered"),
}
# Which role of rights plays which owner of the plan.
PLAYED_BY: Final[dict[str, str]] = {
    "hq": "hq_commander", "technical_response": "tech_lead", "technical_assessment": "head_of_it", "legal": "legal_reviewer",
    "front_line": "tech_member", "reassurance_lead": "group_lead",
}  # fmt: skip
# What is made ready while the warning stands: item of the list → words. The rest is left to whoever looks on.
PREPARED: Final[dict[str, str]] = {
    "diagnosis": "已开始诊断，初判为光缆中断 / Diagnosis began; it looks like a cut cable",
    "scripts": "安抚话术已下发全部坐席 / Every agent has the script",
}
# Who reports a department's hourly data: role → availability, spares, forecast.
HOURLY_DATA: Final[dict[str, tuple[str, str, str]]] = {
    "tech_lead": (
        "华东接通率约一成 / One call in ten gets through in the east",
        "备用链路一条 / One spare link",
        "修复约需2小时 / About two hours to mend",
    ),
    "tech_member": (
        "骨干网其余链路正常 / The other links of the backbone work",
        "备用光缆和抢修队可用 / A spare cable and a crew are at hand",
        "华东仍将受影响 / The east stays affected",
    ),
    "duty_manager": (
        "其余区域接通正常 / Calls get through elsewhere",
        "备勤坐席20人 / 20 agents on standby",
        "投诉将继续上升 / Complaints will go on rising",
    ),
}
READY_AFTER, TOLD_AFTER = timedelta(minutes=4), timedelta(minutes=5)
TURN: Final = timedelta(hours=1)
UPDATE: Final = {
    "zh": "华东热线正在抢修，接通率逐步回升。给您带来不便，敬请谅解。我们将在30分钟内再次更新。",
    "en": "The line in the east is being mended and more calls get through. We are sorry. The next update is in 30 minutes.",
}
# The story's one lapse: this turn's report comes so late that the product says so and tells the next one up.
LATE_TURN, LATE_BY = 3, timedelta(minutes=7)


@dataclass
class StandIns:
    """All roles of one incident in one world. `tell` is called with a line for each act."""

    url: str
    tokens: dict[str, str]
    world: str
    tell: Callable[[str], None]
    done: set[str] = field(default_factory=set)
    drafts: dict[str, int] = field(default_factory=dict)
    resting: frozenset[str] = frozenset()
    rest: Rest = sleeping
    told: set[str] = field(default_factory=set)

    def client(self, role: str) -> Client:
        return Client(self.url, self.tokens[role], self.rest)

    def look(self) -> None:
        """Ask who plays himself."""
        cast = self.client("auditor").get(f"drills/{self.world}")
        self.resting = frozenset(part["role"] for part in cast if part["by"])

    def act(self, role: str, name: str, path: str, body: Row | None = None) -> Row | None:
        """One act, once; the answer, or None when a person plays its role or the product refuses it for now."""
        if name in self.done or role in self.resting:
            return None
        try:
            answer: Row = self.client(role).post(path, body, key=f"demo:{self.world}:{name}")
        except Refused as refusal:
            if refusal.status not in (400, 403, 404, 409):
                raise
            self._tell_once(f"  {role}: {name} – {refusal}")
            if refusal.status != 409:
                self.done.add(name)
            return None
        self.done.add(name)
        self.tell(f"  {role}: {name}")
        return answer

    def _tell_once(self, line: str) -> None:
        if line not in self.told:
            self.told.add(line)
            self.tell(line)

    # --- while the warning stands -------------------------------------------------------------------------------------
    def stand_by(self, number: str, now: datetime) -> None:
        """Tick two tasks of the preparation off, and report the departments' data of each hour (5.2, 4.3)."""
        warning = self._warning(number)
        if warning is None or not warning["standing"]:
            return
        if now >= datetime.fromisoformat(warning["issued_at"]) + READY_AFTER:
            for task in warning["preparation"]:
                self._make_ready(number, task)
        for turn in warning["data"]["owed"]:
            if now >= _due(turn) - TURN + TOLD_AFTER:
                self._report_data(number, turn["turn"])

    def _warning(self, number: str) -> Row | None:
        try:
            found: Row = self.client("auditor").get(f"incidents/{number}/warning")
        except Refused as refusal:
            if refusal.status != 404:
                raise
            return None
        return found

    def _make_ready(self, number: str, task: Row) -> None:
        role = PLAYED_BY.get(task["role"], task["role"])
        if task["item"] in PREPARED and not task["done_at"] and role in self.tokens:
            path, word = f"incidents/{number}/warning/preparation/{task['id']}", PREPARED[task["item"]]
            self.act(role, f"warning.prepare:{task['item']}", path, {"word": word})

    def _report_data(self, number: str, turn: int) -> None:
        for role, (availability, spares, forecast) in HOURLY_DATA.items():
            body = {"availability": availability, "spares": spares, "forecast": forecast}
            self.act(role, f"warning.hourly_data#{turn}:{role}", f"incidents/{number}/warning/data", body)

    # --- what is owed -------------------------------------------------------------------------------------------------
    def settle(self, number: str, now: datetime) -> None:
        """Attach the proofs and write the reports that are due soon."""
        rows = self.client("auditor").get(f"incidents/{number}/obligations")
        for row in rows:
            if row["state"] in ("open", "overdue") and _is_time(row, now):
                self._settle(number, row, now)

    def settle_all(self, number: str, rules: tuple[str, ...]) -> None:
        """Attach the proofs of these rules now, clock or none."""
        for row in self.client("auditor").get(f"incidents/{number}/obligations"):
            if row["state"] in ("open", "overdue") and row["rule"] in rules:
                self._settle(number, row, _due(row) if row["due_at"] else datetime.min.replace(tzinfo=UTC))

    def _settle(self, number: str, row: Row, now: datetime) -> None:
        name, role = f"{row['rule']}#{row['turn']}", PLAYED_BY.get(row["owner"], row["owner"])
        if row["rule"] in PROOFS and role in self.tokens:
            kind, words = PROOFS[row["rule"]]
            self.act(role, name, f"obligations/{row['id']}/fulfil", {"evidence": kind, "note": words})
        elif row["rule"] == "tech.handling_report":
            if row["turn"] != LATE_TURN or now >= _due(row) + LATE_BY:
                self.act("tech_lead", name, f"incidents/{number}/report", _report(row["turn"]))
        elif row["rule"] == "hq.evaluate_effect":
            body = {"verdict": "keep", "reason": "处置有进展，维持现级别 / Progress is made, the level stays"}
            self.act("hq_commander", name, f"incidents/{number}/evaluate", body)
        elif row["rule"] == "hq.progress_summary":
            self._publish_summary(number, name)
        elif row["rule"] == "notice.update":
            self.notice(number, name, kind="update", **UPDATE)

    def _publish_summary(self, number: str, name: str) -> None:
        drafts = [s for s in self.client("hq_commander").get(f"incidents/{number}/summaries") if s["status"] == "draft"]
        if drafts:
            path = f"incidents/{number}/summaries/{drafts[0]['id']}/publish"
            self.act("hq_commander", name, path, {"revision": drafts[0]["revision"]})

    # --- public notices -----------------------------------------------------------------------------------------------
    def notice(self, number: str, name: str, *, kind: str, zh: str, en: str) -> None:
        """PR drafts, legal approves this very text, the PR manager publishes: three persons, a step a round."""
        if f"{name}:published" in self.done:
            return
        if name not in self.drafts:
            text = {"incident": number, "kind": kind, "zh": zh, "en": en}
            if drafted := self.act("pr_editor", f"{name}:drafted", "notices", text):
                self.drafts[name] = drafted["id"]
            return
        self._move(self.client("pr_editor").get(f"notices/{self.drafts[name]}"), name)

    def _move(self, notice: Row, name: str) -> None:
        path = f"notices/{notice['id']}"
        seen = {"revision": notice["revision"], "content_hash": notice["content_hash"]}
        steps = {
            "draft": ("pr_editor", "submit", {}),
            "in_review": ("legal_reviewer", "approve", seen),
            "approved": ("pr_manager", "publish", {}),
        }
        if notice["state"] in steps:
            role, verb, body = steps[notice["state"]]
            self.act(role, f"{name}:{verb}@{notice['revision']}", f"{path}/{verb}", body)
        elif notice["state"] == "published":
            self.done.add(f"{name}:published")


def _due(row: Row) -> datetime:
    return datetime.fromisoformat(row["due_at"])


def _is_time(row: Row, now: datetime) -> bool:
    """A person does it some minutes before it is due; what has no clock, when the story asks for it."""
    return row["due_at"] is not None and now >= _due(row) - timedelta(minutes=4)


def _report(turn: int) -> Row:
    return {
        "measures": f"第{turn}次报告：切换备用链路，联系运营商抢修 / Report {turn}: on the spare link, carrier at work",
        "situation": "华东接通率回升 / Calls in the east get through again",
        "next_steps": "恢复主用链路后复测 / Test again once the main link is back",
        "recovery_hours": max(0.5, 3 - turn / 2),
    }
