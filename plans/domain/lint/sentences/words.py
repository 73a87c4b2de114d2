"""Words: what is counted, called, measured or said otherwise."""

from typing import Final

from plans.domain.lint.sentences.shape import Sentence, of

SENTENCES: Final[dict[str, Sentence]] = {
    "count_differs": of(
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
    "title_differs": of(
        (
            "标题与数值不符",
            "The title names another number",
        ),
        (
            "“{row}”写的是{figures}，而这一行的数值是{values}。",
            '"{row}" names {figures}; the row itself holds {values}.',
        ),
        (
            "让标题（两种语言）写出这一行的数值，或不写数字。",
            "Let the title say the row's own number in both languages, or none.",
        ),
    ),
    "unequal_texts": of(
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
    "many_names": of(
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
    "unmeasurable": of(
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
    "outdated": of(
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
    "unsupplied": of(
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
