"""Payloads of events: each kind is a type, and an unknown field blows up."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

# Text a person typed, or that names a person: hashed as a salted digest and kept beside the log, so that it can be erased.
FreeText = Annotated[str, msgspec.Meta(extra={"erasable": True})]


class Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every payload. Plain values only: what JSON can hold, times as RFC 3339 text."""


P = TypeVar("P", bound=type[Payload])
KINDS: dict[str, type[Payload]] = {}
_KIND_OF: dict[type[Payload], str] = {}
_ERASABLE: dict[type[Payload], tuple[str, ...]] = {}


def event(kind: str) -> Callable[[P], P]:
    """Register a payload type under its kind."""

    def register(cls: P) -> P:
        if KINDS.get(kind, cls).__qualname__ != cls.__qualname__:
            raise ValueError(f"two payloads for {kind}")
        KINDS[kind], _KIND_OF[cls] = cls, kind
        hints = get_type_hints(cls, include_extras=True)
        _ERASABLE[cls] = tuple(name for name, hint in hints.items() if _is_erasable(hint))
        return cls

    return register


def _is_erasable(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return any(isinstance(m, msgspec.Meta) and (m.extra or {}).get("erasable") for m in hint.__metadata__)
    return any(_is_erasable(part) for part in get_args(hint) if get_origin(part) is Annotated)


def kind_of(payload: Payload) -> str:
    return _KIND_OF[type(payload)]


def erasable_fields(payload_type: type[Payload]) -> tuple[str, ...]:
    return _ERASABLE[payload_type]


def payload_of(kind: str, data: dict[str, Any]) -> Payload:
    """The typed payload of stored data; raises msgspec.ValidationError on anything unknown."""
    return msgspec.convert(data, KINDS[kind])
