"""What each kind of finding is called, says and suggests, in both languages; gaps are filled by the check."""

from dataclasses import dataclass
from typing import Final

from plans.domain.base import Text


@dataclass(frozen=True, slots=True)
class Sentence:
    title: Text
    said: Text
    suggestion: Text


def _of(title: tuple[str, str], said: tuple[str, str], suggestion: tuple[str, str]) -> Sentence:
    return Sentence(*(Text(zh=zh, en=en) for zh, en in (title, said, suggestion)))


SENTENCES: Final[dict[str, Sentence]] = {
    "entangled": _of(
        (
            "规则过于交错",
            "Too entangled",
        ),
        (
            "{count}条级别规则相互交错，无法在合理时间内全部推理；未检查的部分可能有矛盾。",
            "The {count} level rules are too entangled to be reasoned through in time; what was not examined may contradict itself.",
        ),
        (
            "合并或拆开规则，使每条只涉及少数事实。",
            "Merge the rules or part them, so that each one rests on few facts.",
        ),
    ),
    "contradictory": _of(
        (
            "相互矛盾",
            "Contradiction",
        ),
        (
            "同样的情形，规则{rule}与{others}给出不同级别。",
            "On the same facts the rules {rule} and {others} give different levels.",
        ),
        (
            "以较重的级别为准，删去另一条。",
            "Let the graver level count and strike the other rule.",
        ),
    ),
    "overlapping": _of(
        (
            "重叠",
            "Overlap",
        ),
        (
            "同样的情形触发{rule}，又触发{others}。",
            "The same facts set off {rule} and also {others}.",
        ),
        (
            "写明哪一项先行，另一项随后由谁决定。",
            "Say which comes first, and who decides on the other.",
        ),
    ),
    "shadowed": _of(
        (
            "被覆盖",
            "Shadowed",
        ),
        (
            "规则{rule}（{tests}）从不改变结果：{others}（{other_tests}）已涵盖全部情形。",
            "The rule {rule} ({tests}) never changes a result: {others} ({other_tests}) already decides all of it.",
        ),
        (
            "删去该规则，或保留并标为被覆盖。",
            "Strike the rule, or keep it and mark it as shadowed.",
        ),
    ),
    "unreachable": _of(
        (
            "无法达到",
            "Unreachable",
        ),
        (
            "{row}永远不会出现：没有任何情形满足（{why}）。",
            "{row} never comes about: no facts can lead to it ({why}).",
        ),
        (
            "改正条件，或删去。",
            "Mend the condition or strike it.",
        ),
    ),
    "limits_differ": _of(
        (
            "界限不一",
            "Limits differ",
        ),
        (
            "同一情形在{rule}为{tests}，在{others}为{other_tests}。",
            "The same case has the limit {tests} in {rule} and {other_tests} in {others}.",
        ),
        (
            "以较严的界限为准，介于两者之间时同时引用两条。",
            "Let the stricter limit count; a decision in between cites both clauses.",
        ),
    ),
    "gap": _of(
        (
            "缺口",
            "Gap",
        ),
        (
            "以下情形没有级别：{cells}。",
            "No level is given for: {cells}.",
        ),
        (
            "为每种情形写明级别。",
            "Name a level for each.",
        ),
    ),
    "no_level": _of(
        (
            "重大却无级别",
            "Major without a level",
        ),
        (
            "{rule}（{tests}）构成重大故障，却不对应任何级别。",
            "{rule} ({tests}) makes a fault major and gives it no level.",
        ),
        (
            "写明重大故障至少是哪一级。",
            "Say which level a major fault has at least.",
        ),
    ),
    "dimensions": _of(
        (
            "维度与规则不符",
            "Dimensions and rules differ",
        ),
        (
            "列为维度而无规则使用：{idle}；规则使用而不是维度：{besides}。",
            "Dimensions that no rule uses: {idle}. Used by rules and no dimension: {besides}.",
        ),
        (
            "为未使用的维度写规则，或不再列为维度。",
            "Write rules for the unused dimensions, or stop naming them.",
        ),
    ),
    "does_not_fit": _of(
        (
            "时限容不下",
            "Does not fit",
        ),
        (
            "{row}限{due}，而其所需的步骤（{steps}）需要更久。",
            "{row} is due in {due}; the steps it needs ({steps}) take longer.",
        ),
        (
            "先作暂定，步骤完成后确认；或放宽时限。",
            "Decide provisionally and confirm when the steps are done, or allow more time.",
        ),
    ),
    "due_together": _of(
        (
            "同时到期",
            "Due together",
        ),
        (
            "{row}与其所需的{step}同时到期（{due}），没有余地。",
            "{row} and {step}, which it needs, fall due at the same time ({due}); nothing is left in between.",
        ),
        (
            "使前一项提前到期，或允许延长一次。",
            "Let the earlier step fall due before, or allow one extension.",
        ),
    ),
    "no_time": _of(
        (
            "步骤没有时限",
            "Steps without a time",
        ),
        (
            "{row}限{due}，而步骤（{steps}）没有各自的时限。",
            "{row} is due in {due}, while its steps ({steps}) have no time of their own.",
        ),
        (
            "为每一步分配时限。",
            "Give each step its share.",
        ),
    ),
    "repeat_too_short": _of(
        (
            "间隔短于工作",
            "Repeats faster than its work",
        ),
        (
            "{row}每{due}一次，而每次需要{takes}。",
            "{row} is due every {due} and takes {takes}.",
        ),
        (
            "放宽间隔或减少工作。",
            "Lengthen the interval or ask for less.",
        ),
    ),
    "work_too_long": _of(
        (
            "时限短于工作",
            "Shorter than its work",
        ),
        (
            "{row}限{due}，而工作需要{takes}。",
            "{row} is due in {due} and takes {takes}.",
        ),
        (
            "放宽时限或减少工作。",
            "Allow more time or ask for less.",
        ),
    ),
    "due_after_end": _of(
        (
            "终止后才到期",
            "Due after its end",
        ),
        (
            "{row}在到期之前已因{end}而终止。",
            "{row} is ended by {end} before it can fall due.",
        ),
        (
            "提前时限，或改变终止条件。",
            "Make it due earlier or let it end later.",
        ),
    ),
    "due_twice": _of(
        (
            "同一事项两个时限",
            "One act, two dues",
        ),
        (
            "同一事项两次规定：{first}（{due}）与{second}（{other}）。",
            "One act is owed twice: {first} ({due}) and {second} ({other}).",
        ),
        (
            "合为一项，以较早的时限为准。",
            "Make it one, by the earlier due.",
        ),
    ),
    "turning": _of(
        (
            "转变后的起算点",
            "When the judgement turns",
        ),
        (
            "{row}从判定之前起算（{due}）；判定由一般转为重大时，起算点没有规定。",
            "{row} runs from before the judgement ({due}); from when, if an ordinary fault turns major, is not said.",
        ),
        (
            "从转变起算，但不晚于原时限。",
            "Let it run from turning, never beyond the original due.",
        ),
    ),
    "outlives": _of(
        (
            "节奏超出所需",
            "A rhythm outlives its purpose",
        ),
        (
            "“{condition}”要求{lasts}平静，期间{rows}照旧，共{turns}次。",
            '"{condition}" asks for {lasts} of quiet; through all of it {rows} go on, {turns} turns.',
        ),
        (
            "服务恢复后转入监测，只保留恢复日志。",
            "After restoring, only watch, and let the other rhythms end.",
        ),
    ),
    "level_blind": _of(
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
    "no_owner": _of(
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
    "nobody_acts": _of(
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
    "unheld": _of(
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
    "empty_group": _of(
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
    "many_hands": _of(
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
    "own_judge": _of(
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
    "undoes": _of(
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
    "no_criterion": _of(
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
    "not_taken_back": _of(
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
    "count_differs": _of(
        (
            "数目不符",
            "Count differs",
        ),
        (
            "{clause}称{says}项（{of}），实有{there}项。",
            "{clause} announces {says} ({of}); {there} are listed.",
        ),
        (
            "改正数目，或写明哪些计入。",
            "Correct the number, or say which are counted.",
        ),
    ),
    "unequal_texts": _of(
        (
            "译文不一致",
            "The two languages differ",
        ),
        (
            "{what}：“{zh}” / “{en}”。",
            '{what}: "{zh}" / "{en}".',
        ),
        (
            "改正其中一侧。",
            "Correct one side.",
        ),
    ),
    "many_names": _of(
        (
            "一个机构多个名称",
            "Several names for one body",
        ),
        (
            "{body}有多个名称：{names}。",
            "{body} has several names: {names}.",
        ),
        (
            "使用一个名称，其余列入别名表。",
            "Use one name and list the others as aliases.",
        ),
    ),
    "unmeasurable": _of(
        (
            "无法度量",
            "Unmeasurable",
        ),
        (
            "{term}没有度量，也没有人宣布。",
            "{term} is measured by nothing and declared by nobody.",
        ),
        (
            "指定指标与窗口，或由谁宣布。",
            "Name a metric with its window, or who declares it.",
        ),
    ),
    "outdated": _of(
        (
            "引用已过时",
            "Superseded standard",
        ),
        (
            "引用{title}的{cited}版，现行为{current}版。",
            "The {cited} edition of {title} is cited; {current} is in force.",
        ),
        (
            "改引现行版本，并核对要求。",
            "Cite the edition in force and check what it asks.",
        ),
    ),
    "unsupplied": _of(
        (
            "模板要素无人提供",
            "Nobody supplies it",
        ),
        (
            "{template}需要{elements}，而没有记录也没有角色提供。",
            "{template} asks for {elements}; neither the record nor any role supplies it.",
        ),
        (
            "指定由谁填写，或删去该要素。",
            "Say who fills it in, or strike it.",
        ),
    ),
}
