"""Reports of the plan (3.3) that leave before everything is known: what is not known says so, and is told from what is."""

from collections.abc import Mapping

from plans.domain.base import Text
from plans.domain.schema import Template


def not_yet_known(element: Text) -> Text:
    """What stands in a report for an element that nobody knows yet; whoever fills it in writes over it."""
    return Text(zh=f"【{element.zh}：尚不清楚】", en=f"[{element.en}: not yet known]")


def filled(template: Template, known: Mapping[str, str], language: str) -> str:
    """The template's text in a language: what is known in its place, what is not marked as such."""
    marks = {name: not_yet_known(element).in_language(language) for name, element in template.elements.items()}
    return template.body.in_language(language).format(
        **{**marks, **{name: known[name] for name in template.elements if known.get(name)}}
    )


def left_open(template: Template, text: str) -> list[str]:
    """The elements that a report says are not yet known, in the order of the template; in whichever language."""
    return [
        name
        for name, element in template.elements.items()
        if any(mark in text for mark in (not_yet_known(element).zh, not_yet_known(element).en))
    ]
