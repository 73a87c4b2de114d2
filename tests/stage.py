"""A night under way: what every picture and every look at a page begins with. Acted through the API by those whose acts they are."""

import os
from datetime import timedelta
from io import BytesIO
from typing import Any
from unittest.mock import patch

from django.db import transaction
from openpyxl import Workbook
from rest_framework.test import APIClient

from common.actor import SYSTEM
from common.clock import utc_text, wall
from drills.services import seat_take
from engine import sweep, worlds
from engine.models import Reaction, Timer
from hotline_ep.practice.duties import roster_found
from hotline_ep.practice.ledger import ledger_found
from notifications.bundling import together
from notifications.channels.chats import chats
from notifications.channels.vapid import signer
from notifications.domain.unanswered import Ladder, Rung
from notifications.models import Delivery, Send
from notifications.services import browser_turn_on, message_acknowledge, message_send, round_begin
from notifications.services.trying import chat_try
from people.models import Browser
from people.rostered import duty_named, rotations_of
from people.selectors import actor_of, user_by_name
from people.services.leaves import leave_set
from people.services.roster import now_here
from readiness.services.following import readiness_begin
from resources import services
from signals.models import BacktestRun, Baseline
from signals.selectors import source_by_key
from signals.services import sources
from signals.services.backtest_runs import backtest_ask, run_work
from signals.services.samples import series_ensure
from tests.cast import ADMIN, AUDITOR, DUTY, GM, IT, LEGAL, SUPERVISOR, TECH, Cast
from tests.engine.processes import eventually
from tests.exercise import exercise_held
from tests.pages import ADMINISTRATION, Scene
from tools.pushing import FakeBrowser
from watchdog.models import BlindWindow, Hold
from watchdog.services.reports import report_of

SAMPLES = "/api/v1/signals/samples"
SOURCE = "stage"
# What people write, in the language of the pictures.
WORDS = {
    "zh-hans": {
        "false_alarm": "西部中继网关告警，客户未见异常",
        "dismissed": "网关例行重启触发的告警，业务未受影响",
        "noticed": "华东客户反映热线打不进来，排队超过十分钟",
        "unheard": "华北热线全部无法接通",
        "title": "华东核心交换机故障，大面积来电无法接通",
        "impact": "仅影响华东，约三成来电",
        "why": "影响限于一个区域，预计四小时内恢复",
        "situation": "主控板失效",
        "measures": "已切换至备用交换机，呼叫逐步恢复",
        "done": "已完成，详见会议纪要",
        "note": "五月演练后上调投诉界限",
    },
    "en": {
        "false_alarm": "Alarm from the west trunk gateway; customers notice nothing",
        "dismissed": "A routine restart of the gateway raised it; service was not affected",
        "noticed": "Customers in the east cannot get through and queue for more than ten minutes",
        "unheard": "No call gets through in the north",
        "title": "Core switch down in the east, most calls do not get through",
        "impact": "The east only, about three calls in ten",
        "why": "One region, and back within four hours",
        "situation": "The main board of the switch failed",
        "measures": "Switched to the spare; calls come through again one by one",
        "done": "Done; see the minutes",
        "note": "The limit of complaints raised after the drill of May",
    },
}

# obligation → who did it in time, and what proves it
DONE = {
    "hq.first_meeting": (GM, "meeting"),
    "start.budget": ("shi", "decision"),
    "start.allocation": (GM, "decision"),
    "site.monitoring_record": (TECH, "monitoring_record"),
    "report.superior_first_major": (SUPERVISOR, "authority_first_report"),
}
GROUPS = {"technical_response": "working", "customer_reassurance": "working", "logistics_support": "standby"}


class Stage:
    """Acts in the real world of a disposable database, whose clock it moves."""

    def __init__(self, cast: Cast, language: str) -> None:
        self.cast, self.world, self.words = cast, worlds.real(), WORDS[language]
        self.source = APIClient()
        known = source_by_key(SOURCE)
        secret = (
            sources.source_create(key=SOURCE, name="Call distributor", world=self.world, by=SYSTEM)
            if known is None
            else sources.source_token_rotate(key=SOURCE, by=SYSTEM)
        )
        self.source.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def forward(self, **by: float) -> None:
        """Move the clock and let what fell due fire; beside running workers, whoever comes first fires it: until it has, nobody
        goes on."""
        worlds.world_forward(world=self.world, by=timedelta(**by))
        eventually(lambda: not sweep.sweep() and not self._stands(), within=60)

    def _stands(self) -> bool:
        """Whether something that is due is not done, or done by a worker that has not committed."""
        due = Timer.objects.filter(world=self.world, due_at__lte=worlds.now(self.world))
        return due.exists() or Reaction.objects.exists()

    def samples(self, metric: str, *values: float, **dims: str) -> None:
        """One sample a minute, the last one now."""
        start = worlds.now(self.world) - timedelta(minutes=len(values) - 1)
        rows = [
            {"metric": metric, "at": utc_text(start + timedelta(minutes=n)), "value": value, **dims}
            for n, value in enumerate(values)
        ]
        answer = self.source.post(SAMPLES, {"samples": rows}, format="json")
        assert answer.status_code == 202, answer.content.decode()
        assert not answer.json()["rejected"], answer.content.decode()
        sweep.sweep()

    def post(self, who: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A busy machine is told the same again, as the product asks for."""
        client = self.cast.api(who, "zh-hans")
        for _try in range(5):
            answer = client.post(f"/api/v1/{path}", body or {}, format="json")
            if answer.status_code != 503:
                break
        assert answer.status_code < 300, answer.content.decode()
        while sweep.sweep():
            pass
        return answer.json()

    def get(self, who: str, path: str) -> Any:
        answer = self.cast.api(who).get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.content.decode()
        return answer.json()

    def baseline(self, region: str, expected: float) -> int:
        """The daily mean of a region's complaints, as if learnt from weeks of history."""
        series = series_ensure(self.world, "complaints", region)
        Baseline.objects.filter(series_id=series).delete()
        Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=expected, days=28)
        return series


def night_staged(cast: Cast, language: str = "zh-hans") -> Scene:
    """A false alarm, a warning from signals, and a response at level II with a published summary and things overdue."""
    stage = Stage(cast, language)
    _readiness(stage)
    series = stage.baseline("east", 10)
    false_alarm = _false_alarm(stage)
    incident, summary = _response(stage)
    _done(stage, incident)
    slot = _slot(stage)
    warning = _warning(stage)
    stage.forward(minutes=9)
    stage.samples("complaints", *[13.6] * 15, region="east")
    stage.samples("cpu", *[71] * 5, node="sw-3")
    stage.samples("availability", *[97.8] * 5)
    stage.samples("call_success_rate", *[91.4] * 5)
    message = stage.get(GM, "messages?mine")["mine"][0]["message"]["id"]
    equipment = _equipment(stage, incident)
    _restored(incident)
    _browsers(cast)
    _chats(cast)
    notice, ready = _notices(stage, incident)
    return Scene(
        incident,
        warning,
        false_alarm,
        summary,
        message,
        series,
        notice,
        ready,
        equipment,
        _drill(cast),
        _workbook(cast, right=False),
        _workbook(cast, right=True),
        _backtest(stage),
        _version(stage),
        _answer_link(message),
        _blind(message),
        _rotation(),
        _round(cast),
        slot,
        *_bundle(cast),
        cast.user(TECH).pk,
    )


def _readiness(stage: Stage) -> None:
    """A month before the night: a check that was made, one that nobody made, a turn that was let go."""
    readiness_begin()
    standing = {row["rule"]: row["id"] for row in stage.get("hu", "readiness")}
    proof = {"evidence": "check", "note": stage.words["done"]}
    stage.post("hu", f"readiness/{standing['ready.supplies']}/fulfil", proof)
    stage.post(GM, f"readiness/{standing['ready.experts']}/waive", {"reason": stage.words["note"]})
    stage.forward(days=32)
    exercise_held(
        stage.cast,
        worlds.world_open(
            key="autumn",
            name_zh="秋季联合演练",
            name_en="Autumn drill",
            kind="practice",
            at=worlds.now(stage.world),
            paused=True,
        ),
    )


def _blind(message: int) -> int:
    """Ten minutes in which nothing was proven: what the night held in them, and a letter that left late."""
    now = worlds.now(worlds.real())
    since, until = now - timedelta(minutes=75), now - timedelta(minutes=40)
    letter = Delivery.objects.filter(message=message, channel="email").order_by("pk").first()
    assert letter is not None
    Delivery.objects.filter(pk=letter.pk).update(queued_at=since + timedelta(minutes=4), held_until=None, sent_at=until)
    report = report_of(since, until, now)
    window = BlindWindow.objects.create(
        since=since, until=until, stages=["database", "watchdog"], report=report, reported_at=now
    )
    return int(window.pk)


def _browsers(cast: Cast) -> None:
    """Two browsers of somebody whom nothing urgent is told: one that was told, and one from before the key was changed."""
    ours = signer()
    assert ours is not None, "browsers are told where there is a key"
    agents = {"desk": "Windows Chrome/140.0 Safari/537.36 Edg/140.0", "phone": "iPhone Version/18.0 Safari/604.1"}
    for name, agent in agents.items():
        said = FakeBrowser(f"https://fcm.googleapis.com/fcm/send/{name}").handed_over
        browser_turn_on(**said, user_agent=agent, by=cast.actor(AUDITOR))
    rows = Browser.objects.filter(user=cast.user(AUDITOR))
    rows.filter(name__startswith="Edge").update(told_at=wall())
    rows.filter(name__startswith="Safari").update(server_key="another")


def _chats(cast: Cast) -> None:
    """A test in each group chat of the settings, where there are any: what becomes of it is the workers' matter."""
    for name in chats():
        chat_try(name=name, by=cast.actor(ADMIN))


def _restored(incident: str) -> None:
    """An older backup as its page shows it. Nothing is held: the night goes on."""
    now = worlds.now(worlds.real())
    at = utc_text(now - timedelta(minutes=50))
    lost = {"world": "real", "first": 12, "last": 31, "exported_at": at, "stands_at": 12}
    Hold.objects.create(
        opened_at=now - timedelta(minutes=45),
        why=Hold.Why.BEHIND,
        exported_at=now - timedelta(minutes=50),
        missing=[
            {**lost, "kind": "incident", "key": incident},
            {**lost, "kind": "people", "key": "people", "first": 40, "last": 40, "stands_at": 39},
        ],
    )


def _rotation() -> int:
    """The duty manager's rotation, of the practice company's roster; one person is on leave with a deputy, another without."""
    roster_found()
    for who, deputy in ((LEGAL, "counsel"), ("qin", None)):
        user, start = user_by_name(who), now_here()
        named = user_by_name(deputy).pk if deputy else None
        leave_set(
            user_id=user.pk, starts_at=start, ends_at=start + timedelta(days=2), by=actor_of(user), deputy_id=named
        )
    return rotations_of([duty_named("duty_manager")])[0].pk


def _round(cast: Cast) -> int:
    """A round of contact verification: some have confirmed in the product, one by SMS, and one number was refused."""
    here = "127.0.0.1:9"
    doors = {"HOTLINE_EMAIL_URL": f"smtp://{here}?from=ep@practice.example", "HOTLINE_SMS_URLS": f"http://a:b@{here}"}
    # Together, so that no worker sends what is said to be answered.
    with patch.dict(os.environ, doors), transaction.atomic():
        row = round_begin(by=cast.actor(ADMINISTRATION))
        answered, refused = Delivery.objects.filter(message__kind="verification", channel="sms").order_by("pk")[:2]
        Send.objects.filter(delivery__in=[answered, refused]).delete()
        Delivery.objects.filter(pk=answered.pk).update(state="sending")
        Delivery.objects.filter(pk=answered.pk).update(
            state="acknowledged", via="code", acknowledged_at=worlds.now(worlds.real())
        )
        Delivery.objects.filter(pk=refused.pk).update(state="given_up", error="sms.refused")
    for name in (DUTY, GM, TECH):
        message_acknowledge(message_id=answered.message_id, by=cast.actor(name))
    return row.pk


def _answer_link(message: int) -> str:
    """The page behind the link of the first mail of this message."""
    from notifications.services.answers import link_of

    return link_of(Delivery.objects.filter(message=message, channel="email")[0])


def _bundle(cast: Cast) -> tuple[int, str]:
    """Three messages that one mail brings: one of them, and the page behind the mail's link."""
    from notifications.services.answers import link_of

    pressed = Ladder((Rung(timedelta(hours=9), ("voice",), ()),))
    # Together, so that no worker sends one of them before the others are written.
    with transaction.atomic():
        made = [
            message_send(
                world_id=worlds.real().pk,
                incident_id=None,
                kind="stage",
                to=[(cast.user(GM).pk, "hq_member")],
                subject={"zh": f"东区{n}号节点磁盘将满", "en": f"The disk of node {n} in the east is nearly full"},
                body={
                    "zh": f"剩余 {n} %，当班技术员已在处理。",
                    "en": f"{n} % are left; the technician on duty is at it.",
                },
                clause="5.1",
                urgent=False,
                key=f"stage:bundle:{n}",
                link="/signals/",
                ladder=pressed,
            )
            for n in (3, 4, 6)
        ]
        mails = Delivery.objects.filter(message__in=made, channel="email").select_related("message__world")
        rows = list(mails.order_by("pk"))
        together(rows)
    return made[1].pk, link_of(rows[0])


def _version(stage: Stage) -> int:
    """A version that waits for approval: level II by complaints from 40 % on, and a finding that nobody has ruled on."""
    made = stage.post(IT, "plan/versions", {"base": stage.cast.plan.number})
    number = made["number"]
    text = stage.get(IT, f"plan/versions/{number}")["text"]
    rule = 'when: {fact: complaints_excess, op: ">", value: 0.30}'
    changed = text.replace(rule, rule.replace("0.30", "0.40"), 1).replace("投诉超30%为二级", "投诉超40%为二级", 1)
    said = {"text": changed, "based_on": 1, "note": stage.words["note"]}
    edited = stage.cast.api(IT, "zh-hans").patch(f"/api/v1/plan/versions/{number}", said, format="json")
    assert edited.status_code == 200, edited.content.decode()
    stage.post(IT, f"plan/versions/{number}/submit", {"revision": edited.json()["revision"]})
    return int(number)


def _false_alarm(stage: Stage) -> str:
    report = {"noticed": stage.words["false_alarm"], "regions": ["west"], "nodes": ["gw-5"], "systems": "running"}
    number = stage.post(DUTY, "incidents", report)["number"]
    stage.forward(minutes=3)
    stage.post(DUTY, f"incidents/{number}/dismiss", {"reason": stage.words["dismissed"], "false_alarm": True})
    return str(number)


def _response(stage: Stage) -> tuple[str, int]:
    number = stage.post(
        SUPERVISOR,
        "incidents",
        {
            "noticed": stage.words["noticed"],
            "title": stage.words["title"],
            "category": "technical_fault",
            "business": "consult",
            "regions": ["east"],
            "nodes": ["sw-3"],
            "reach": "region",
            "systems": "down",
        },
    )["number"]
    stage.forward(minutes=4)
    stage.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": True})
    facts = {"recovery_hours": 4, "reach": "region", "secondary_risk": "low"}
    stage.forward(minutes=9)
    stage.post(TECH, f"incidents/{number}/assess", {"impact": stage.words["impact"], "facts": facts})
    stage.forward(minutes=6)
    stage.samples("complaints", *[13] * 15, region="east")
    proposed = stage.get(GM, f"incidents/{number}/decision-card")["proposed"]
    decision = {"level": "II"} | ({} if proposed == "II" else {"reason": stage.words["why"]})
    stage.post(GM, f"incidents/{number}/decide-level", decision)
    stage.post(GM, f"incidents/{number}/start")
    stage.forward(minutes=19)
    report = {"situation": stage.words["situation"], "measures": stage.words["measures"], "recovery_hours": 2}
    stage.post(TECH, f"incidents/{number}/report", report)
    stage.forward(minutes=8)
    stage.forward(minutes=1)
    (drafted,) = stage.get(GM, f"incidents/{number}/summaries")
    stage.post(GM, f"incidents/{number}/summaries/{drafted['id']}/publish", {"revision": drafted["revision"]})
    return str(number), int(drafted["id"])


def _done(stage: Stage, number: str) -> None:
    """What was done in time; the notices and the website's channel are left to become overdue."""
    owed = {
        row["rule"]: row["id"] for row in stage.get(GM, f"incidents/{number}/obligations") if row["state"] == "open"
    }
    for rule, (who, evidence) in DONE.items():
        stage.post(who, f"obligations/{owed[rule]}/fulfil", {"evidence": evidence, "note": stage.words["done"]})
    for group, status in GROUPS.items():
        stage.post(GM, f"incidents/{number}/group-status", {"group": group, "status": status})


def _slot(stage: Stage) -> str:
    """A major fault of which the public hears nothing: the time for draft and review runs out while the night goes on."""
    report = {"noticed": stage.words["unheard"], "regions": ["north"], "systems": "down"}
    number = stage.post(DUTY, "incidents", report)["number"]
    stage.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": True})
    return str(number)


def _warning(stage: Stage) -> str:
    """Complaints of another region climb: the product warns by itself (4.1)."""
    stage.baseline("south", 10)
    stage.samples("complaints", *[14] * 15, region="south")
    stage.forward(minutes=15)
    stage.baseline("south", 10)  # a running product learns it anew from what little there is
    stage.samples("complaints", *[14] * 15, region="south")
    cards = stage.get(GM, "board")["incidents"]
    return str(next(card["number"] for card in cards if card["origin"] == "signal"))


def _notices(stage: Stage, incident: str) -> tuple[int, int]:
    """An impact statement that is out; a recovery update before the legal reviewer; a holding statement ready to go out."""
    impact = {
        "zh": "华东地区热线目前不易接通，我们正在抢修。",
        "en": "Our hotline in the east is hard to reach; we are repairing it.",
    }
    update = {
        "zh": "华东地区热线已部分恢复，约七成来电可以接通。",
        "en": "Our hotline in the east works again in part: about seven calls in ten get through.",
    }
    holding = {
        "zh": "热线服务目前受影响，正在核实。您可以通过官方网站和官方微博联系我们。",
        "en": "Our hotline is affected; we are establishing why. You can reach us on our website and on Weibo.",
    }
    out = _approved(stage, {"kind": "impact", "incident": incident, **impact})
    stage.post("han", f"notices/{out['id']}/publish", {"revision": out["revision"]})
    ready = _approved(stage, {"kind": "holding", **holding})
    made = stage.post("jiang", "notices", {"kind": "update", "incident": incident, **update})
    stage.post("jiang", f"notices/{made['id']}/submit")
    return int(made["id"]), int(ready["id"])


def _approved(stage: Stage, draft: dict[str, Any]) -> Any:
    made = stage.post("jiang", "notices", draft)
    stage.post("jiang", f"notices/{made['id']}/submit")
    said = {"revision": made["revision"], "content_hash": made["content_hash"]}
    return stage.post("wen", f"notices/{made['id']}/approve", said)


def _backtest(stage: Stage) -> int:
    """The plan in force tried on what was staged, beside the flat mean."""
    run = backtest_ask(world=stage.world, by=stage.cast.actor(DUTY), against_mean="flat")
    BacktestRun.objects.filter(pk=run.pk).update(state="running", fence=1)
    run_work(run.pk, 1)
    return run.pk


def _equipment(stage: Stage, incident: str) -> int:
    """The practice company's ledger with something out for the incident, and one of its lines."""
    ledger_found()
    items = stage.get("feng", "equipment")["items"]
    for item in items[:2]:
        stage.post(TECH, f"equipment/{item['id']}/withdraw", {"quantity": 2, "incident": incident})
    return int(items[0]["id"])


def _drill(cast: Cast) -> str:
    """A practice world that stands still, in which one role is played by a person."""
    world = worlds.world_open(
        key="stage", name_zh="演示", name_en="Demonstration", kind="demo", at=worlds.now(worlds.real()), paused=True
    )
    seat_take(world=world, role="hq_commander", by=cast.actor(GM))
    return str(world.key)


def _workbook(cast: Cast, *, right: bool) -> int:
    """An upload that waits to be looked at: of rows that are right, or of rows that are not."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["number", "name_zh", "name_en", "category", "quantity", "unit", "store", "purchased_on", "keeper"])
    sheet.append(
        [
            "UP-09",
            "不间断电源",
            "Uninterruptible supply",
            "technical",
            4 if right else "四台",
            "device",
            "it-room",
            "2026-05-20",
            "miao",
        ]
    )
    sheet.append(
        [
            "SP-09",
            "卫星电话",
            "Satellite phone",
            "communications",
            2,
            "device",
            "it-room" if right else "north",
            "2026-05-20",
            "miao" if right else "nobody",
        ]
    )
    held = BytesIO()
    book.save(held)
    return services.import_upload(content=held.getvalue(), file_name="ledger.xlsx", by=cast.actor("feng")).pk
