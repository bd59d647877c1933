"""Texts that are put together: known ones, and those of which enough is known to name modules of the project."""

from __future__ import annotations

from collections.abc import Sequence

from seedlint.flow import imports
from seedlint.flow.machine import Machine
from seedlint.flow.values import UNKNOWN, Const, Option, Text, Value, plain

LONGEST = 200
"""Characters of a text that is put together; longer ones name nothing."""
COMPUTED = frozenset(
    {
        "capitalize", "casefold", "count", "endswith", "find", "is_integer", "isdigit", "isnumeric", "lower", "lstrip",
        "removeprefix", "removesuffix", "replace", "rstrip", "startswith", "strip", "title", "upper",
    }
)  # fmt: skip
"""Methods of texts whose result follows from known texts alone."""


def computed(owner: Value, name: str, given: Sequence[Value]) -> Value | None:
    """What a method of a known text gives; None if that cannot be told."""
    known = [plain(part) for part in (owner, *given)]
    if name not in COMPUTED or not all(isinstance(part, Const) for part in known):
        return None
    text, *rest = [part.value for part in known if isinstance(part, Const)]
    try:
        result = getattr(text, name)(*rest)
    except (AttributeError, TypeError, ValueError):
        return None
    if isinstance(result, str) and len(result) > LONGEST:
        return None
    names = [part.name for part in (owner, *given) if isinstance(part, Option)]
    return Option(Const(result), next(filter(None, names), "")) if names else Const(result)


def joined(m: Machine, parts: Sequence[Value]) -> Value:
    """Values written behind each other, as in an f-string."""
    known = [plain(part) for part in parts]
    values = [part.value for part in known if isinstance(part, Const) and part.value is not None]
    if len(values) == len(known):
        text = "".join(map(str, values))
        value: Value = Const(text) if len(text) <= LONGEST else UNKNOWN
        return Option(value) if any(isinstance(part, Option) for part in parts) else value
    begin, end = _begin(known), _end(known)
    return Text(begin, end) if begin and imports.may_name_module(m, begin) else UNKNOWN


def added(m: Machine, parts: Sequence[Value]) -> Value | None:
    """The sum of values not all of which are known, if it may name a module."""
    text = joined(m, parts)
    return text if isinstance(text, Text) else None


def formatted(m: Machine, form: Value, hole: str, values: Sequence[Value]) -> Value | None:
    """A text with values in the place of its holes; None if it has not as many, or others."""
    form = plain(form)
    if not (isinstance(form, Const) and isinstance(form.value, str)):
        return None
    pieces = form.value.split(hole)
    if len(pieces) != len(values) + 1 or any(mark in piece for piece in pieces for mark in hole):
        return None
    parts: list[Value] = [Const(pieces[0])]
    for value, piece in zip(values, pieces[1:], strict=True):
        parts += [value, Const(piece)]
    return joined(m, parts)


def _begin(parts: Sequence[Value]) -> str:
    out = ""
    for part in parts:
        if not (isinstance(part, Const) and isinstance(part.value, str)):
            return out + part.begin if isinstance(part, Text) else out
        out += part.value
    return out


def _end(parts: Sequence[Value]) -> str:
    out = ""
    for part in reversed(parts):
        if not (isinstance(part, Const) and isinstance(part.value, str)):
            return part.end + out if isinstance(part, Text) else out
        out = part.value + out
    return out
