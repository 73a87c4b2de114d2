"""Rules, lines and facts: what contradicts, covers or misses what."""

from typing import Final

from plans.domain.lint.sentences.shape import Sentence, of

SENTENCES: Final[dict[str, Sentence]] = {
    "entangled": of(
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
    "contradictory": of(
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
    "overlapping": of(
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
    "shadowed": of(
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
    "unreachable": of(
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
    "limits_differ": of(
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
    "gap": of(
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
    "no_level": of(
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
    "dimensions": of(
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
}
