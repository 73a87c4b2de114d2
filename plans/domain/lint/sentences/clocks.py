"""Clocks: what does not fit, comes twice or goes on too long."""

from typing import Final

from plans.domain.lint.sentences.shape import Sentence, of

SENTENCES: Final[dict[str, Sentence]] = {
    "does_not_fit": of(
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
    "due_together": of(
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
    "no_time": of(
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
    "repeat_too_short": of(
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
    "work_too_long": of(
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
    "due_after_end": of(
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
    "due_twice": of(
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
    "turning": of(
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
    "outlives": of(
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
}
