"""Reports of the plan (3.3): an element that is missing keeps a report back; one that nobody knows yet is said to be so."""

import re
from collections.abc import Mapping
from typing import Final

from plans.domain.base import Text
from plans.domain.told import Template

BLANK = "＿＿＿"
# Versions from before a template said what it proves: kind of proof → template, and whose open elements were owed later.
FORMERLY: Final[Mapping[str, str]] = {
    "authority_first_report": "first_report",
    "authority_rest_report": "first_report",
    "authority_cause_report": "cause_report",
}
REST_LATER_FORMERLY: Final = "first_report"


def by_proof(templates: Mapping[str, Template]) -> dict[str, Template]:
    """Kind of proof → the template that it is written by."""
    said = {proof: template for template in templates.values() for proof in template.proves}
    if said:
        return said
    later = {key: row.model_copy(update={"rest_later": key == REST_LATER_FORMERLY}) for key, row in templates.items()}
    return {proof: later[key] for proof, key in FORMERLY.items() if key in later}


def missing(element: Text) -> Text:
    """What stands in a report for an element that nobody has written yet; it may not leave so."""
    return Text(zh=f"【{element.zh}：{BLANK}】", en=f"[{element.en}: {BLANK}]")


def not_yet_known(element: Text) -> Text:
    """What somebody writes there instead who says that it is not known yet: with that it may leave, and it is owed later."""
    return Text(zh=f"【{element.zh}：尚不清楚】", en=f"[{element.en}: not yet known]")


def filled(template: Template, known: Mapping[str, str], language: str) -> str:
    """The template's text in a language: what is known in its place, what is not marked as missing."""
    marks = {name: missing(element).in_language(language) for name, element in template.elements.items()}
    return template.body.in_language(language).format(
        **{**marks, **{name: known[name] for name in template.elements if known.get(name)}}
    )


def keeping_back(template: Template, text: str) -> list[str]:
    """The elements that are missing in a report, in the order of the template; in whichever language."""
    return [name for name, element in template.elements.items() if _in(missing(element), text)]


_BLANKS = re.compile(rf"【([^【】]+)：{BLANK}】|\[([^\[\]]+): {BLANK}\]")


def blanks(text: str) -> list[str]:
    """What a text without a template names as not written yet, in its own language and order."""
    return [zh or en for zh, en in _BLANKS.findall(text)]


def left_open(template: Template, text: str) -> list[str]:
    """The elements that a report says are not yet known, in the order of the template; in whichever language."""
    return [name for name, element in template.elements.items() if _in(not_yet_known(element), text)]


def _in(mark: Text, text: str) -> bool:
    return mark.zh in text or mark.en in text
