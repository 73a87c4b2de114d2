"""The words of a plan: names, numbers announced, translations that differ, terms nothing measures, elements nobody supplies."""

import re
from collections.abc import Iterator
from typing import Any, Final

from plans.domain.base import Text
from plans.domain.lint.findings import Draft, at, listed
from plans.domain.schema import Plan
from plans.domain.vocabulary import RECORDED_ELEMENTS
from plans.domain.who import Group

_NUMBER: Final = re.compile(r"\d[\d,]*(?:\.\d+)?")
_GAP: Final = re.compile(r"\{(\w+)\}")
_HAN: Final = re.compile(r"[㐀-鿿]")
_ZH: Final = {
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
    "半": 0.5,
}
_EN: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "half": 50, "twice": 2, "first": 1, "second": 2, "day and night": 24, "a week": 1, "three-quarters": 75,
}  # fmt: skip
_EN_WORDS: Final = re.compile(rf"\b({'|'.join(_EN)})\b")


def words(plan: Plan) -> Iterator[Draft]:
    yield from _counts(plan)
    yield from _translations(plan)
    yield from _many_names(plan)
    yield from _terms(plan)
    yield from _standards(plan)
    yield from _elements(plan)


def counted(plan: Plan, path: str) -> int | None:
    """How many things the file lists at a path; None when there is nothing of that name."""
    if path == "dimensions":
        return sum(spec.dimension for spec in plan.facts.values())
    rows = at(plan, path)
    if rows is None or not hasattr(rows, "__len__"):
        return None
    values = rows.values() if isinstance(rows, dict) else rows
    return sum(not (isinstance(row, Group) and row.under) for row in values)


def _counts(plan: Plan) -> Iterator[Draft]:
    for clause in plan.clauses.values():
        for count in clause.counts:
            there = counted(plan, count.of)
            if there != count.says:
                said: dict[str, Text | str] = {
                    "clause": clause.id,
                    "of": count.of,
                    "says": str(count.says),
                    "there": str(there),
                }
                example = Text(
                    zh=f"{clause.id} 称 {count.says} 项，列出 {there} 项。",
                    en=f"{clause.id} announces {count.says}; {there} are listed.",
                )
                yield Draft("count_differs", (count.of,), (clause.id,), said, example)


# --- two languages ----------------------------------------------------------------------------------------------------
def _translations(plan: Plan) -> Iterator[Draft]:
    for path, text, clauses in _texts(plan):
        different = differs(text)
        if different:
            said: dict[str, Text | str] = {
                "zh": text.zh[:200].replace("{", "(").replace("}", ")"),
                "en": text.en[:200].replace("{", "(").replace("}", ")"),
                "what": different,
            }
            yield Draft("unequal_texts", (path,), clauses, said, Text(zh=different.zh, en=different.en))


def differs(text: Text) -> Text | None:
    """What one language says and the other does not; None when they say the same as far as numbers and gaps can tell."""
    if set(_GAP.findall(text.zh)) != set(_GAP.findall(text.en)):
        lost = sorted(set(_GAP.findall(text.zh)) ^ set(_GAP.findall(text.en)))
        return Text(zh=f"占位符不一致：{'、'.join(lost)}", en=f"Gaps on one side only: {', '.join(lost)}")
    if _HAN.search(text.en) or (not _HAN.search(text.zh) and re.search("[a-z]{3}", text.zh) and text.zh != text.en):
        return Text(zh="一侧未翻译", en="One side is not translated")
    zh, en = numbers(text.zh), numbers(text.en)
    spare_zh, spare_en = zh | _spelt(text.zh), en | _spelt_en(text.en)
    lost_numbers = sorted({f"{n:g}" for n in (zh - spare_en) | (en - spare_zh)})
    if lost_numbers:
        return Text(
            zh=f"数字不一致：{'、'.join(lost_numbers)}", en=f"Numbers on one side only: {', '.join(lost_numbers)}"
        )
    return None


def numbers(text: str) -> set[float]:
    """The numbers written in figures."""
    return {float(found.replace(",", "").rstrip(".")) for found in _NUMBER.findall(_GAP.sub("", text))}


def _spelt(text: str) -> set[float]:
    return {float(value) for word, value in _ZH.items() if word in text}


def _spelt_en(text: str) -> set[float]:
    return {float(_EN[word]) for word in _EN_WORDS.findall(text.lower())}


def _texts(plan: Plan) -> Iterator[tuple[str, Text, tuple[str, ...]]]:
    """Every text of the plan with its place and the clauses around it."""
    for section in type(plan).model_fields:
        if section == "rulings":
            continue
        yield from _inside(getattr(plan, section), section, ())


def _inside(node: Any, path: str, clauses: tuple[str, ...]) -> Iterator[tuple[str, Text, tuple[str, ...]]]:
    if isinstance(node, Text):
        yield path, node, clauses
        return
    if isinstance(node, dict):
        for key, value in node.items():
            own = (key,) if path == "clauses" else clauses
            yield from _inside(value, f"{path}.{key}", own)
    elif isinstance(node, tuple):
        for index, value in enumerate(node):
            yield from _inside(value, f"{path}.{index}", clauses)
    elif hasattr(node, "model_fields_set"):
        own = getattr(node, "clauses", None) or clauses
        for name in type(node).model_fields:
            yield from _inside(getattr(node, name), f"{path}.{name}", own)


# --- names ------------------------------------------------------------------------------------------------------------
def _many_names(plan: Plan) -> Iterator[Draft]:
    """One body that the clauses call by several names."""
    everyone = [
        name
        for section in ("roles", "departments", "groups")
        for key in getattr(plan, section)
        for name in _own_names(plan, key)
    ]
    for key, aliases in plan.aliases.items():
        own = _own_names(plan, key)
        pattern = _pattern({*own, *aliases, *everyone})
        zh, en = (_used(plan, side, pattern, {*own, *aliases}) for side in ("zh", "en"))
        if len(zh) < 2 and len(en) < 2:
            continue
        said: dict[str, Text | str] = {
            "body": Text(zh=own[0], en=own[1]) if own else key,
            "names": Text(zh="、".join(_where(zh or en)), en=", ".join(_where(en or zh))),
        }
        (one, two), (first, last) = ((next(iter(names)), list(names)[-1]) for names in (zh or en, en or zh))
        example = Text(
            zh=f"读到“{one}”与“{two}”的人，不知二者是同一机构。",
            en=f'Whoever reads "{first}" and "{last}" cannot tell that they are one body.',
        )
        clauses = tuple(
            dict.fromkeys(c for names in (zh, en) if len(names) > 1 for cited in names.values() for c in cited)
        )
        yield Draft("many_names", (f"aliases.{key}",), clauses, said, example)


def _own_names(plan: Plan, key: str) -> list[str]:
    for section in ("roles", "departments", "groups"):
        row = getattr(plan, section).get(key)
        if row is not None:
            title = row if isinstance(row, Text) else row.title
            return [re.split(r"[（(]", title.zh)[0].strip(), re.split(r"[（(]", title.en)[0].strip()]
    return []


def _pattern(names: set[str]) -> re.Pattern[str]:
    """Any of these names; the longest at a place is the one meant."""
    return re.compile("|".join(re.escape(name.lower()) for name in sorted(names, key=lambda n: (-len(n), n)) if name))


def _used(plan: Plan, side: str, pattern: re.Pattern[str], names: set[str]) -> dict[str, list[str]]:
    """Which of these names the clauses use in one language, each with the clauses."""
    wanted = {name.lower(): name for name in names}
    used: dict[str, list[str]] = {}
    for clause in plan.clauses.values():
        for found in dict.fromkeys(pattern.findall(getattr(clause.text, side).lower())):
            if found in wanted:
                used.setdefault(wanted[found], []).append(clause.id)
    return used


def _where(names: dict[str, list[str]]) -> list[str]:
    return [f"{name} ({', '.join(cited)})" for name, cited in names.items()]


# --- terms, standards, templates --------------------------------------------------------------------------------------
def _terms(plan: Plan) -> Iterator[Draft]:
    for term in plan.terms.values():
        if not term.measured_by and not term.declared_by:
            example = Text(
                zh=f"两人对同一时刻判断{term.title.zh}，一人说是，一人说否；条款不能裁断。",
                en=f"{term.title.en}: of two people who look at the same moment one says yes and one no; the clause cannot tell.",
            )
            yield Draft("unmeasurable", (f"terms.{term.id}",), term.clauses, {"term": term.title}, example)


def _standards(plan: Plan) -> Iterator[Draft]:
    for row in plan.standards.values():
        if row.cited != row.current:
            said: dict[str, Text | str] = {"title": row.title, "cited": row.cited, "current": row.current}
            example = Text(
                zh=f"按 {row.cited} 版培训的人，学的是已废止的要求。",
                en=f"Whoever is trained by the {row.cited} edition learns what is no longer asked.",
            )
            yield Draft("outdated", (f"standards.{row.id}",), row.clauses, said, example)


def _elements(plan: Plan) -> Iterator[Draft]:
    for row in plan.templates.values():
        lost = [name for name in row.elements if name not in RECORDED_ELEMENTS and name not in row.supplied_by]
        if lost:
            said: dict[str, Text | str] = {
                "template": row.title,
                "elements": listed(row.elements[name] for name in lost),
            }
            example = Text(
                zh=f"{row.title.zh}到期时，“{row.elements[lost[0]].zh}”一栏无人填写，无法发出。",
                en=f'When the {row.title.en} is due, nobody fills in "{row.elements[lost[0]].en}"; it cannot leave.',
            )
            yield Draft("unsupplied", (f"templates.{row.id}",), row.clauses, said, example)


__all__ = ["counted", "differs", "numbers", "words"]
