"""What a kind of finding is called, says and suggests."""

from dataclasses import dataclass

from plans.domain.base import Text


@dataclass(frozen=True, slots=True)
class Sentence:
    title: Text
    said: Text
    suggestion: Text


def of(title: tuple[str, str], said: tuple[str, str], suggestion: tuple[str, str]) -> Sentence:
    """Each in Chinese and English."""
    return Sentence(*(Text(zh=zh, en=en) for zh, en in (title, said, suggestion)))
