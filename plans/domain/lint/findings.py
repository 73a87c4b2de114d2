"""What the linter says: findings, what they are known again by, and the rulings that answer them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from plans.domain.base import Spec, Text
from plans.domain.lint.sentences import SENTENCES
from plans.domain.schema import Answer, Plan, Ruling

Subjects = tuple[str, ...]
# What may be worded better without becoming another matter.
_WORDING: Final = frozenset({"title", "reason", "rulings", "ruling", "by_ruling", "written", "ours", "ladder", "id"})


class Standing(StrEnum):
    OPEN = "open"
    CHANGED = "changed"  # a ruling answered it as it was; the clause or the row has changed since
    RULED = "ruled"


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding as a check makes it: `subjects` are paths into the file, `words` fill the kind's sentence."""

    kind: str
    subjects: Subjects
    clauses: tuple[str, ...]
    words: Mapping[str, Text | str]
    example: Text
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """`example` shows it on concrete facts or instants; `fingerprint` changes when a clause or a row under it does."""

    kind: str
    title: Text
    subjects: Subjects
    clauses: tuple[str, ...]
    said: Text
    example: Text
    facts: Mapping[str, Any]
    suggestion: Text
    fingerprint: str
    standing: Standing
    ruling: Ruling | None

    @property
    def open(self) -> bool:
        return self.standing is not Standing.RULED

    @property
    def answer(self) -> str:
        """The line that a ruling answers this finding with."""
        return f'{{kind: {self.kind}, of: [{", ".join(self.subjects)}], seen: "{self.fingerprint}"}}'

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "title": self.title.as_dict(), "subjects": list(self.subjects), "clauses": list(self.clauses),
            "said": self.said.as_dict(), "example": self.example.as_dict(), "facts": dict(self.facts),
            "suggestion": self.suggestion.as_dict(), "fingerprint": self.fingerprint, "standing": self.standing.value,
            "ruling": self.ruling.id if self.ruling else None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """Everything found: open ones first, then by the number of the ruling that answers them.

    `noted` are contradictions that a person noted by hand; `idle` are rulings whose finding is not there any more.
    """

    findings: tuple[Finding, ...]
    noted: tuple[Ruling, ...]
    idle: tuple[Ruling, ...]

    @property
    def open(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.open)

    @property
    def matters(self) -> tuple[str, ...]:
        """The rulings that answer something found, each once."""
        return tuple(dict.fromkeys(f.ruling.id for f in self.findings if f.ruling is not None))

    def as_dict(self) -> dict[str, Any]:
        return {
            "open": len(self.open),
            "found": len(self.matters),
            "noted_by_hand": len(self.noted),
            "findings": [finding.as_dict() for finding in self.findings],
            "noted": [ruling.id for ruling in self.noted],
            "idle": [ruling.id for ruling in self.idle],
        }


def report(plan: Plan, said: Iterable[tuple[Draft, Plan]]) -> Report:
    """Findings with their rulings; each draft comes with the reading of the plan it was made on, each matter once."""
    answers = [(ruling, answer) for ruling in plan.rulings.values() for answer in ruling.answers]
    findings: dict[tuple[str, Subjects], Finding] = {}
    for draft, reading in said:
        key = (draft.kind, tuple(sorted(draft.subjects)))
        if key not in findings:
            findings[key] = _finding(draft, key[1], fingerprint(reading, draft), answers)
    place = {key: index for index, key in enumerate(plan.rulings)}
    ordered = sorted(
        findings.values(), key=lambda f: (not f.open, place[f.ruling.id] if f.ruling else -1, f.kind, f.subjects)
    )
    met = {(f.kind, f.subjects) for f in ordered}
    idle = tuple(
        ruling
        for ruling in plan.rulings.values()
        if ruling.kind == "N" and not any((a.kind, tuple(sorted(a.of))) in met for a in ruling.answers)
    )
    noted = tuple(ruling for ruling in plan.rulings.values() if ruling.kind == "P")
    return Report(tuple(ordered), noted, idle)


def _finding(draft: Draft, subjects: Subjects, print_: str, answers: list[tuple[Ruling, Answer]]) -> Finding:
    sentence = SENTENCES[draft.kind]
    known = [(ruling, a) for ruling, a in answers if (a.kind, tuple(sorted(a.of))) == (draft.kind, subjects)]
    ruling, answer = next(((r, a) for r, a in known if a.seen == print_), known[0] if known else (None, None))
    standing = Standing.OPEN
    if answer is not None:
        standing = Standing.RULED if answer.seen == print_ else Standing.CHANGED
    return Finding(
        draft.kind, sentence.title, subjects, draft.clauses, filled(sentence.said, draft.words), draft.example, draft.facts,
        filled(sentence.suggestion, draft.words), print_, standing, ruling,
    )  # fmt: skip


def filled(text: Text, words: Mapping[str, Text | str]) -> Text:
    """A sentence with its gaps filled, each in its own language."""
    zh = {name: word.zh if isinstance(word, Text) else word for name, word in words.items()}
    en = {name: word.en if isinstance(word, Text) else word for name, word in words.items()}
    return Text(zh=text.zh.format(**zh), en=text.en.format(**en))


def listed(texts: Iterable[Text]) -> Text:
    rows = list(texts)
    return Text(zh="、".join(row.zh for row in rows) or "—", en=", ".join(row.en for row in rows) or "—")


def fingerprint(plan: Plan, draft: Draft) -> str:
    """What a ruling was made on: the clauses' words and the rows under them, in ten hexadecimal digits."""
    content = {
        "clauses": {
            key: _plain(plan.clauses[key], frozenset({"seen"}))
            for key in sorted(set(draft.clauses))
            if key in plan.clauses
        },
        "rows": {path: _plain(at(plan, path), _WORDING) for path in sorted(set(draft.subjects))},
    }
    packed = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(packed.encode()).hexdigest()[:10]


def _plain(node: Any, without: frozenset[str]) -> Any:
    """JSON-able content; what has its default is left out, so that a new key of the schema changes no fingerprint."""
    if isinstance(node, Spec):
        node = node.model_dump(mode="json", by_alias=True, exclude_defaults=True, warnings=False)
    if isinstance(node, Mapping):
        return {key: _plain(value, without) for key, value in node.items() if key not in without}
    return node


def at(plan: Plan, path: str) -> Any:
    """The row that a path such as `obligations.level.decide` names; None where there is none."""
    section, _, rest = path.partition(".")
    rows = getattr(plan, section, None)
    if not rest or rows is None:
        return rows
    if rest in rows:
        return rows[rest]
    key, _, name = rest.rpartition(".")
    return getattr(rows.get(key), name, None) if key else None


def named(plan: Plan, path: str) -> Text:
    """What a row is called."""
    row = at(plan, path)
    for name in ("title", "reason"):
        if isinstance(getattr(row, name, None), Text):
            return getattr(row, name)
    return row if isinstance(row, Text) else Text(zh=path, en=path)
