"""The words of a progress summary, each in both languages. A summary is data in both, whatever language its reader has."""

from typing import Final, NamedTuple


class Both(NamedTuple):
    zh: str
    en: str

    def filled(self, **values: "Both | str") -> "Both":
        """Placeholders filled, each value in the language of its text."""
        return Both(
            self.zh.format(**{name: v.zh if isinstance(v, Both) else v for name, v in values.items()}),
            self.en.format(**{name: v.en if isinstance(v, Both) else v for name, v in values.items()}),
        )

    def as_dict(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}


def same(text: str) -> Both:
    """What a person wrote: told as written."""
    return Both(text, text)


def joined(items: list[Both]) -> Both:
    return Both("、".join(item.zh for item in items), ", ".join(item.en for item in items))


UNKNOWN: Final = Both("尚不清楚", "not known yet")
NOTHING_NEW: Final = Both("自上次进展通报以来没有新的记录。", "Nothing new was recorded since the last summary.")

PHASES: Final = {
    "reported": Both("已接报", "reported"),
    "verified": Both("已核实", "verified"),
    "warning": Both("预警", "warning"),
    "response": Both("应急响应", "response"),
    "monitoring": Both("恢复后监测", "monitoring after recovery"),
    "ended": Both("响应已终止", "response ended"),
    "closed": Both("已关闭", "closed"),
    "dismissed": Both("已撤销", "dismissed"),
}
STATUSES: Final = {
    "standby": Both("待命", "on standby"),
    "activated": Both("已启动", "activated"),
    "working": Both("处置中", "working"),
    "done": Both("已完成", "done"),
}
VERDICTS: Final = {
    "keep": Both("维持级别", "keep the level"),
    "raise": Both("提高级别", "raise the level"),
    "lower": Both("降低级别", "lower the level"),
}
OUTCOMES: Final = {"confirmed": Both("属实", "confirmed"), "false_alarm": Both("误报", "a false alarm")}
NOTICES: Final = {
    "impact": Both("影响说明", "the impact statement"),
    "update": Both("恢复进展更新", "the recovery update"),
    "regulator": Both("致监管部门的通报", "the notice to the regulator"),
    "holding": Both("备用声明", "the holding statement"),
}
NEVER_OUT: Final = Both("尚未发布的{notice}", "{notice}, which had not been published")
COLOURS: Final = {"blue": Both("蓝色", "blue"), "yellow": Both("黄色", "yellow")}
VALUES: Final = {
    "node": Both("单一节点", "single node"),
    "nodes": Both("同一区域多个节点", "several nodes of one region"),
    "region": Both("单一区域", "single region"),
    "regions": Both("多个区域", "several regions"),
    "nationwide": Both("全国", "nationwide"),
    "general": Both("一般业务", "general business"),
    "core": Both("核心业务", "core business"),
    "none": Both("无", "none"),
    "low": Both("低", "low"),
    "medium": Both("中", "medium"),
    "high": Both("高", "high"),
}
FACTS: Final = {
    "reach": Both("影响范围", "Reach"),
    "recovery_hours": Both("预计恢复（小时）", "Hours to recovery, expected"),
    "criticality": Both("业务性质", "Business"),
    "secondary_risk": Both("次生风险", "Secondary risk"),
    "complaints_excess": Both("投诉量超出日均", "Complaints over the daily mean"),
    "hotlines_down_share": Both("中断热线占比", "Share of hotlines down"),
    "outage": Both("服务中断", "Service interrupted"),
    "full_outage": Both("全面中断", "Fully down"),
}
SHARES: Final = frozenset({"complaints_excess", "hotlines_down_share"})
YES, NO = Both("是", "yes"), Both("否", "no")

TITLES: Final = {
    "situation": Both("当前态势", "Situation"),
    "course": Both("本时段经过", "What happened"),
    "handling": Both("最新处置报告", "Newest handling report"),
    "groups": Both("各工作组状态", "Work groups"),
    "overdue": Both("逾期事项", "Overdue"),
}

# One line an event; placeholders are filled by `summary.values_of`. A kind without a row is told by another section or not at all.
COURSE: Final = {
    "incident.opened": Both("接报：{title}", "Reported: {title}"),
    "incident.joined": Both("又一项阈值触发并入本事件（{metric}）", "A further crossed threshold joined ({metric})"),
    "incident.verified": Both("核实结果：{outcome}", "Verified: {outcome}"),
    "incident.assessed": Both("完成影响评估：{impact}", "Impact assessed: {impact}"),
    "incident.dismissed": Both("事件撤销：{reason}", "Dismissed: {reason}"),
    "warning.started": Both("发布{colour}预警", "A {colour} warning was started"),
    "warning.raised": Both("预警升为黄色", "The warning was raised to yellow"),
    "warning.extended": Both("指挥部延长预警：{reason}", "Headquarters extended the warning: {reason}"),
    "warning.lift_applied": Both("技术处置组申请解除预警", "The technical group applied for lifting the warning"),
    "warning.lift_refused": Both(
        "指挥部未批准解除预警：{reason}", "Headquarters refused to lift the warning: {reason}"
    ),
    "warning.lifted": Both("预警解除", "The warning was lifted"),
    "level.decided": Both("级别定为{level}", "Decided: {level}"),
    "response.started": Both("启动应急响应（{level}）", "Response started ({level})"),
    "group.status_set": Both("{group}：{status}", "{group}: {status}"),
    "report.handling": Both("收到技术处置组处置报告", "The technical response group reported"),
    "effect.evaluated": Both("指挥部评估处置效果：{verdict}", "Headquarters judged the effect: {verdict}"),
    "regulator.concerned": Both("涉及监管部门：{regulator}", "A regulator is concerned: {regulator}"),
    "support.needed": Both(
        "指挥部宣布自身力量难以控制，需要：{needs}",
        "Headquarters declared: our own means cannot hold it; needed: {needs}",
    ),
    "support.arrived": Both("外部支援力量到达：{forces}", "Outside forces arrived: {forces}"),
    "service.restored": Both("服务恢复，转入监测", "Service restored; monitoring began"),
    "ending.reported": Both("技术处置组提交终止报告", "The technical response group submitted the ending report"),
    "response.ended": Both("应急响应终止", "The response was ended"),
    "incident.closed": Both("事件关闭", "The incident was closed"),
    "notice.published": Both("对外发布{notice}", "Published: {notice}"),
    "notice.withdrawn": Both("撤回{notice}：{reason}", "Withdrawn: {notice}: {reason}"),
    "task.given": Both("{group}领受任务：{title}", "{group} was given a task: {title}"),
    "step.ticked": Both("处置步骤完成：{title}", "Handling step done: {title}"),
    "step.unticked": Both("处置步骤撤回：{title}；{reason}", "Handling step taken back: {title}; {reason}"),
    "task.done": Both("{group}完成任务：{title}", "{group} did a task: {title}"),
    "task.cancelled": Both(
        "{group}的任务取消：{title}；{reason}", "A task of {group} was cancelled: {title}; {reason}"
    ),
    "task.reassigned": Both("{group}的任务改派：{title}", "A task of {group} was passed on: {title}"),
    "warning.task_done": Both("预警准备事项完成：{title}", "Prepared for the warning: {title}"),
    "equipment.withdrawn": Both("领用物资：{title}（数量 {quantity}）", "Equipment withdrawn: {title} ({quantity})"),
    "equipment.returned": Both("归还物资：{title}（数量 {quantity}）", "Equipment returned: {title} ({quantity})"),
}
# Added to the line of a decision, when it gave its reason: a decision that follows the plan needs none.
WITH_REASON: Final = frozenset({"level.decided", "effect.evaluated"})
REASON_PART: Final = Both("；理由：{reason}", "; reason: {reason}")

PHASE_LINE: Final = Both("阶段：{phase}（自{since}起）", "Phase: {phase} (since {since})")
LEVEL_LINE: Final = Both("响应级别：{level}（自{since}起）", "Response: {level} (since {since})")
PROVISIONAL_LINE: Final = Both(
    "响应级别：{level}（临时，自{since}起）", "Response: {level} (provisional, since {since})"
)
NO_LEVEL_LINE: Final = Both("响应级别：尚未确定", "Response: no level decided yet")
REGIONS_LINE: Final = Both("涉及地区：{regions}", "Regions: {regions}")
CHANGED_LINE: Final = Both("{fact}：由 {before} 变为 {after}", "{fact}: from {before} to {after}")
OVERDUE_NOW_LINE: Final = Both(
    "逾期：{title}（{owners}），应于{due}前完成", "Overdue: {title} ({owners}), was due at {due}"
)
DONE_LINE: Final = Both("已完成：{titles}", "Done: {titles}")
DONE_LATE_LINE: Final = Both("逾期后完成：{titles}", "Done late: {titles}")
WAIVED_LINE: Final = Both("已免除：{titles}", "Waived: {titles}")
FACT_LINE: Final = Both("{fact}：{value}", "{fact}: {value}")
REPORT_LINE: Final = Both("{at} 提交", "Submitted at {at}")
MEASURES_LINE: Final = Both("已采取措施：{text}", "Measures taken: {text}")
SITUATION_LINE: Final = Both("现状：{text}", "State: {text}")
NEXT_LINE: Final = Both("下一步：{text}", "Next: {text}")
RECOVERY_LINE: Final = Both("预计恢复还需：{hours} 小时", "Recovery expected in: {hours} h")
NO_REPORT_LINE: Final = Both("尚未收到处置报告。", "No handling report yet.")
GROUP_LINE: Final = Both("{group}：{status}（{at}）", "{group}: {status} ({at})")
OVERDUE_LINE: Final = Both("{title}（{owners}），应于{due}前完成", "{title} ({owners}), was due at {due}")
COURSE_LINE: Final = Both("{at} {what}", "{at} {what}")
SUBJECT: Final = Both("进展通报：{number}（第 {turn} 期）", "Progress summary: {number} (no. {turn})")
AS_OF: Final = Both("截至 {now}。时间均为公司所在时区。", "As of {now}. All times are the company's.")
