"""Who: what nobody owes, holds or may judge."""

from typing import Final

from plans.domain.lint.sentences.shape import Sentence, of

SENTENCES: Final[dict[str, Sentence]] = {
    "level_blind": of(
        (
            "未区分级别",
            "No level named",
        ),
        (
            "{level}由{leaders}处置，而以下职责未写明级别，同样适用：{rows}。",
            "{level} is left to {leaders}, yet these duties name no level and hold there too: {rows}.",
        ),
        (
            "每项职责列明适用级别。",
            "Let each duty list its levels.",
        ),
    ),
    "no_owner": of(
        (
            "没有责任人",
            "No owner",
        ),
        (
            "{row}没有责任人。",
            "{row} has no owner.",
        ),
        (
            "指定一个角色。",
            "Name a role.",
        ),
    ),
    "nobody_acts": of(
        (
            "无人负责",
            "Nobody acts",
        ),
        (
            "此后只有系统动作（{rows}），没有人负有责任，也没有时限和出口。",
            "From here on only machines act ({rows}); no person owes anything, and there is no limit and no exit.",
        ),
        (
            "视为已有状态之一，指定责任人和出口。",
            "Treat it as a state that exists, with an owner and an exit.",
        ),
    ),
    "unheld": of(
        (
            "角色无人担任",
            "Nobody holds the role",
        ),
        (
            "无人担任{role}，其职责：{rows}。",
            "Nobody holds the role {role}, which owes: {rows}.",
        ),
        (
            "指派担任者。",
            "Assign somebody.",
        ),
    ),
    "empty_group": of(
        (
            "工作组没有成员",
            "A work group with nobody in it",
        ),
        (
            "公司里没有键为{key}的工作组{group}，或其中无人。",
            "The company has no work group {group} under the key {key}, or nobody sits in it.",
        ),
        (
            "在公司名录中以此键建立工作组并安排成员。",
            "Make the group under this key in the company's map, and seat its members.",
        ),
    ),
    "many_hands": of(
        (
            "权责不一",
            "Several hands",
        ),
        (
            "{power}由不同条款交给不同的人：{grants}。",
            "{power} is given to different hands: {grants}.",
        ),
        (
            "写明谁提议、谁决定，另一方在多长时间内确认。",
            "Say who proposes and who decides, and within what time the other confirms.",
        ),
    ),
    "own_judge": of(
        (
            "自己批准自己",
            "Judge in one's own case",
        ),
        (
            "{row}的人可能就是{judged}的责任人（{shared}）。",
            "{row} may lie with the one who owes {judged} ({shared}).",
        ),
        (
            "由另一人批准，否则记录为自行批准。",
            "Let another approve, or record it as self-approval.",
        ),
    ),
    "undoes": of(
        (
            "互相抵消",
            "One undoes the other",
        ),
        (
            "“{condition}”与直到终止仍须进行的{rows}不能同时成立。",
            '"{condition}" cannot hold while {rows} must go on until the ending.',
        ),
        (
            "把该项所用的人员或资源除外。",
            "Exclude what that duty uses.",
        ),
    ),
    "no_criterion": of(
        (
            "没有标准",
            "No criterion",
        ),
        (
            "{rows}始于“接近阈值”，而没有一条阈值写明何为接近。",
            '{rows} begins "near a threshold"; no threshold says what near is.',
        ),
        (
            "为阈值规定各颜色的起点。",
            "Say from which share of a threshold each colour begins.",
        ),
    ),
    "not_taken_back": of(
        (
            "解除方式少于发布",
            "Not taken back as told",
        ),
        (
            "{tier}通过{told}发布，只通过{back}解除。",
            "{tier} goes out by {told} and is lifted by {back} only.",
        ),
        (
            "以相同方式通知相同的人。",
            "Lift it by the same ways, to the same people.",
        ),
    ),
}
