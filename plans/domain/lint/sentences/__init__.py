"""What each kind of finding is called, says and suggests, in both languages; gaps are filled by the check."""

from typing import Final

from plans.domain.lint.sentences import clocks, duties, rules, words
from plans.domain.lint.sentences.shape import Sentence

SENTENCES: Final[dict[str, Sentence]] = {
    **rules.SENTENCES,
    **clocks.SENTENCES,
    **duties.SENTENCES,
    **words.SENTENCES,
}

__all__ = ["SENTENCES", "Sentence"]
