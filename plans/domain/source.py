"""Reading the plan's YAML so that every value knows its line and nothing hostile is built."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent

LARGEST: Final = 400_000  # characters; the default plan has about a sixth of it, and a form can carry it
DEEPEST: Final = 24
MOST_FAULTS: Final = 1000
Path = tuple[str | int, ...]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Untyped(LOADER):  # type: ignore[valid-type]
    """Leaves to `_scalar` what a value is: the loader's own guess, made for each in Python, was a third of the reading."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        return ""


_INT = re.compile(r"[-+]?\d{1,18}")
_FLOAT = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+)([eE][-+]?\d{1,3})?")
_WORDS: Final[dict[str, Any]] = {"": None, "null": None, "~": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class PlanError:
    """One fault of a plan file, for the person who wrote it."""

    file: str
    line: int
    clause: str
    where: str
    expected: str

    def __str__(self) -> str:
        clause = f" (clause {self.clause})" if self.clause else ""
        return f"{self.file}:{self.line}: {self.where or 'file'}{clause}: {self.expected}"


class PlanErrors(Exception):
    """Every fault found in one reading of a plan file."""

    def __init__(self, errors: list[PlanError]) -> None:
        self.errors = tuple(sorted(errors, key=lambda error: (error.line, error.where, error.expected)))
        super().__init__("\n".join(map(str, self.errors)))


@dataclass(slots=True)
class Source:
    """The file as plain data, with the line of every path in it."""

    file: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    errors: list[PlanError] = field(default_factory=list)
    touched: set[Path] = field(default_factory=set)  # (section, key) of every row with a fault

    def fault(self, path: Path, expected: str) -> None:
        """Record a fault at the deepest part of `path` that the file really has; beyond a thousand nobody reads on."""
        self.touched.add(path[:2])
        if len(self.errors) >= MOST_FAULTS:
            return
        known: Path = ()
        for part in path:
            if (*known, part) in self.lines:
                known = (*known, part)
        tail = [str(part) for part in path if isinstance(part, str | int)]
        where = ".".join(map(str, known)) if len(known) >= len(tail) - 1 else ".".join(tail)
        line = self.lines.get(known, 1)
        self.errors.append(PlanError(self.file, line, self._clause(known), where, expected))

    def _clause(self, path: Path) -> str:
        """The clause that the nearest enclosing record cites."""
        node, cited = self.data, ""
        for part in path:
            if len(path) > 1 and path[0] == "clauses":
                return str(path[1])
            if isinstance(node, dict):
                node = node.get(part)
            elif isinstance(node, list) and isinstance(part, int) and part < len(node):
                node = node[part]
            if isinstance(node, dict) and isinstance(node.get("clauses"), list):
                cited = ", ".join(map(str, node["clauses"]))
        return cited


def read(text: str, file: str) -> Source:
    """Plain data of a YAML text without anchors, tags, duplicate keys, great size or great depth."""
    source = Source(file)
    if len(text) > LARGEST:
        source.fault((), f"a plan of at most {LARGEST} characters")
        return source
    unseen = next((number for number, char in enumerate(text) if char < " " and char not in "\t\n\r"), None)
    if unseen is not None:
        line = text.count("\n", 0, unseen) + 1
        source.errors.append(PlanError(file, line, "", "", "text without control characters"))
        return source
    try:
        for line, expected in _hostile(text):
            source.errors.append(PlanError(file, line, "", "", expected))
        if source.errors:
            return source
        node = yaml.compose(text, Loader=Untyped)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        source.errors.append(PlanError(file, line, "", "", f"readable YAML: {error.problem or error}"))
    except yaml.YAMLError as error:
        source.errors.append(PlanError(file, 1, "", "", f"readable YAML: {error}"))
    else:
        source.data = _plain(node, (), source) if node is not None else None
    return source


def _hostile(text: str) -> Iterator[tuple[int, str]]:
    depth = documents = 0
    for event in yaml.parse(text, Loader=LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            yield line, "a value written out: anchors and aliases are not allowed"
            return
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            yield line, f"a value without the tag {tag}"
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST or documents > 1:
            yield line, f"one document nested at most {DEEPEST} deep"
            return


def _plain(node: yaml.Node, path: Path, source: Source) -> Any:
    source.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, source)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), source) for index, item in enumerate(node.value)]
    return _scalar(node)


def _mapping(node: yaml.MappingNode, path: Path, source: Source) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            source.errors.append(PlanError(source.file, line, "", ".".join(map(str, path)), "a plain word as key"))
            continue
        key = str(key_node.value)
        if key in result:
            where = ".".join(map(str, (*path, key)))
            source.errors.append(PlanError(source.file, line, "", where, f"each key once: {key!r} is here twice"))
            source.touched.add((*path, key)[:2])
            continue
        source.lines[(*path, key)] = line
        result[key] = _plain(value_node, (*path, key), source)
    return result


def _scalar(node: yaml.Node) -> Any:
    """YAML 1.2's core words only, so that `no` and `07:00` stay what their writer meant."""
    value = str(node.value)
    if getattr(node, "style", None) in ("'", '"', "|", ">"):
        return value
    if value.lower() in _WORDS:
        return _WORDS[value.lower()]
    if _INT.fullmatch(value):
        return int(value)
    return float(value) if _FLOAT.fullmatch(value) else value
