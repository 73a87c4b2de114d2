"""Changing single values in the text of a plan file, so that comments, order and everything else stay as they were written."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

import yaml

from plans.domain.source import LOADER

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./ -]*[A-Za-z0-9_]|[A-Za-z_]|P[0-9A-Z]+|-?\d+(?:\.\d+)?")
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


class NotThere(Exception):
    """The file has no such place, or it is not one that can be edited value by value."""

    def __init__(self, path: Sequence[str | int]) -> None:
        self.path = ".".join(map(str, path))
        super().__init__(self.path)


Place = Sequence[str | int]


def value_set(text: str, path: Place, value: Any) -> str:
    """The text with one value replaced, or its key added to the row it belongs to.

    `value` is plain data: a number, text, true or false, None, a list or mapping of these. Raises NotThere when the row is
    not in the file, and yaml.YAMLError when the text cannot be read.
    """
    node: yaml.Node | None = yaml.compose(text, Loader=LOADER)
    *rows, last = path
    for key in rows:
        node = _under(node, key)
        if node is None:
            raise NotThere(path)
    standing = _under(node, last)
    if standing is not None:
        start, end = standing.start_mark.index, _end(standing)
        return _spaced(text[:start]) + written(value) + text[end:]
    if not isinstance(node, yaml.MappingNode):
        raise NotThere(path)
    return _added(text, node, str(last), value)


def _under(node: yaml.Node | None, key: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
        return node.value[key] if key < len(node.value) else None
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if isinstance(name, yaml.ScalarNode) and name.value == key), None)


def _end(node: yaml.Node) -> int:
    """Where a value ends; a collection in block style reaches, for the parser, over the comments after it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
    return int(node.end_mark.index)


def _spaced(before: str) -> str:
    return before if not before or before[-1].isspace() else before + " "


def _added(text: str, node: yaml.MappingNode, key: str, value: Any) -> str:
    """The key as the last one of the mapping, in the mapping's own style."""
    entry = f"{written(key)}: {written(value)}"
    if node.flow_style:
        end = node.end_mark.index - 1  # before the closing bracket
        return text[:end].rstrip() + (", " if node.value else "") + entry + text[end:]
    if not node.value:
        raise NotThere([key])
    indent = " " * node.value[0][0].start_mark.column
    end = len(text[: _end(node)].rstrip())
    rest = text[end:]
    line_end = rest.find("\n") if rest.split("\n", 1)[0].strip() else 0  # a comment stays on the line it stands on
    line_end = len(rest) if line_end < 0 else line_end
    return f"{text[:end]}{rest[:line_end]}\n{indent}{entry}{rest[line_end:]}"


def written(value: Any) -> str:
    """Plain data in YAML's flow style on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.10g}" if isinstance(value, float) else str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)}: {written(own)}" for key, own in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(own) for own in value) + "]"
    word = str(value)
    if _PLAIN.fullmatch(word) and word.lower() not in _WORDS and not _number(word):
        return word
    return json.dumps(word, ensure_ascii=False)


def _number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
