"""Text in both languages at once: what is kept or sent is not tied to the language of whoever caused it."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils import translation
from django.utils.functional import Promise

Both = dict[str, str]
LANGUAGES = {"zh": "zh-hans", "en": "en"}


def both(text: str | Promise, **params: Any) -> Both:
    """A translatable sentence with named placeholders, in Chinese and English. A parameter that is itself bilingual fits in."""
    said: Both = {}
    for short, code in LANGUAGES.items():
        with translation.override(code):
            words = str(text) if isinstance(text, Promise) else translation.gettext(text)
            said[short] = words % {name: _in(value, short) for name, value in params.items()} if params else words
    return said


def in_each(say: Callable[[], str]) -> Both:
    """What `say` makes in the active language, in Chinese and English."""
    said: Both = {}
    for short, code in LANGUAGES.items():
        with translation.override(code):
            said[short] = say()
    return said


def listed(texts: Iterable[Both]) -> Both:
    """What is listed in a sentence, in Chinese and English."""
    rows = list(texts)
    return {"zh": "、".join(text["zh"] for text in rows), "en": ", ".join(text["en"] for text in rows)}


def in_language(text: Both, code: str | None = None) -> str:
    """The text in a language code; the active one when none is given."""
    code = code or translation.get_language() or "zh-hans"
    return text["zh"] if code.startswith("zh") else text["en"]


def _in(value: Any, short: str) -> Any:
    if isinstance(value, dict) and value.keys() >= {"zh", "en"}:
        return value[short]
    return value
