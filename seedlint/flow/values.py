"""What an expression may be, as far as it is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Union

from seedlint.index.summary import Position

WIDEST_UNION = 64
"""A value that may be more things than this is unknown."""


class Unknown:
    """A value nobody knows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "?"


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Const:
    """A literal: None, bool, int, float or str."""

    value: Any


NONE = Const(None)


@dataclass(frozen=True, slots=True)
class Option:
    """A value with a declared or likely default that a run may replace; where `chosen`, by another of the program's."""

    default: Value
    name: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Entropy:
    """A value that changes from run to run."""

    source: str


@dataclass(frozen=True, slots=True)
class External:
    """An object of a library, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class ExternalObject:
    """An instance of a library's class; `id` names it on the heap."""

    cls: str
    id: int


@dataclass(frozen=True, slots=True)
class ExternalMethod:
    """A method of a library's class, bound to its receiver."""

    receiver: Value
    cls: str
    name: str


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the project."""

    name: str


class Scope:
    """Variables of one function activation, module or class body, and the scope around it."""

    __slots__ = ("external_stars", "module", "outer", "variables")

    def __init__(self, module: str, outer: Scope | None = None) -> None:
        self.module = module
        self.outer = outer
        self.variables: dict[str, Value] = {}
        self.external_stars: list[str] = []


class Function:
    """A function of the project with the scope that it closes over."""

    __slots__ = ("defaults", "during", "name", "owner", "record", "scope")

    def __init__(self, record: tuple[Any, ...], scope: Scope) -> None:
        self.record = record
        self.name: str = record[0]
        self.scope = scope
        self.owner: Class | None = None
        self.during: frozenset[str] = frozenset()
        self.defaults: dict[str, Value] = {}

    def __repr__(self) -> str:
        return f"<function {self.name}>"


class Class:
    """A class of the project."""

    __slots__ = ("attributes", "bases", "decorators", "fields", "mro", "name", "record", "scope")

    def __init__(self, record: tuple[Any, ...], scope: Scope) -> None:
        self.record = record
        self.name: str = record[0]
        self.scope = scope
        self.bases: tuple[Value, ...] = ()
        self.mro: tuple[Class | str, ...] = ()
        self.attributes: dict[str, Value] = {}
        self.fields: dict[str, Value] = {}
        self.decorators: tuple[Value, ...] = ()

    def __repr__(self) -> str:
        return f"<class {self.name}>"


@dataclass(frozen=True, slots=True)
class Object:
    """An instance of a project's class; `id` names it on the heap."""

    cls: Class
    id: int


@dataclass(frozen=True, slots=True)
class Method:
    """A function bound to its first argument."""

    function: Function
    receiver: Value


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A `property`, `staticmethod` or `classmethod` as it lies in a class."""

    kind: str
    value: Value


@dataclass(frozen=True, slots=True)
class Super:
    """`super()` within a method of `cls`."""

    cls: Class
    receiver: Value


@dataclass(frozen=True, slots=True)
class Partial:
    """A callable with arguments given in advance."""

    function: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Tuple:
    """An immutable sequence."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """The key of `x[lower:upper:step]`."""

    lower: Value
    upper: Value
    step: Value


@dataclass(frozen=True, slots=True)
class Container:
    """A list, set or dictionary; `id` names its contents on the heap."""

    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Lazy:
    """A call of a generator function, which runs when it is iterated."""

    function: Function
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]
    pos: Position


@dataclass(frozen=True, slots=True)
class Through:
    """An iterator over other iterables, such as `enumerate(...)`; `calls` runs on each item."""

    items: tuple[Value, ...]
    calls: Value | None = None
    kind: str = "item"


@dataclass(frozen=True, slots=True)
class View:
    """The attributes of an object as a mapping, as `vars(x)` gives them."""

    value: Value


@dataclass(frozen=True, slots=True)
class Text:
    """The dotted name of a module of the project, of which only the beginning and the end are known."""

    begin: str
    end: str


class Alternatives:
    """One of several values, in the order in which they were met; equal whatever the order."""

    __slots__ = ("_set", "values")

    def __init__(self, values: Iterable[Any]) -> None:
        self.values: tuple[Any, ...] = tuple(dict.fromkeys(values))
        self._set = frozenset(self.values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alternatives) and self._set == other._set

    def __hash__(self) -> int:
        return hash(self._set)

    def __repr__(self) -> str:
        return f"Alternatives({self.values!r})"


Value = Union[  # noqa: UP007 - evaluated at run time on Python 3.10
    Unknown,
    Const,
    Option,
    Entropy,
    External,
    ExternalObject,
    ExternalMethod,
    Module,
    Function,
    Class,
    Object,
    Method,
    Wrapped,
    Super,
    Partial,
    Tuple,
    Slice,
    Container,
    Lazy,
    Through,
    View,
    Text,
    Alternatives,
]


def alternatives(value: Value) -> Iterable[Value]:
    """The values that a value may be."""
    return value.values if isinstance(value, Alternatives) else (value,)


def join(left: Value, right: Value) -> Value:
    """What a variable holds after either of two branches.

    A known object is kept beside an unknown one, since calling what is known is all that can be
    done; a known number is not, since its value is what would be relied on.
    """
    return left if left is right or left == right else any_of((left, right))


def any_of(values: Iterable[Value]) -> Value:
    """A value that may be any of several, joined at once."""
    parts: dict[Any, None] = {}
    unknown = False
    for side in values:
        for part in alternatives(side):
            if part is UNKNOWN:
                unknown = True
            else:
                parts[part] = None
    if unknown:
        parts = {part: None for part in parts if not isinstance(part, (Const, Tuple))}
    else:
        parts = _merge_literals(parts)
    if not parts or len(parts) > WIDEST_UNION:
        return UNKNOWN
    if len(parts) == 1:
        only: Value = next(iter(parts))
        return only
    return Alternatives(parts)


def _merge_literals(parts: dict[Any, None]) -> dict[Any, None]:
    """Keep at most four literals; more are a computed value."""
    literals = [part for part in parts if isinstance(part, Const)]
    if len(literals) <= 4:
        return parts
    return {part: None for part in parts if not isinstance(part, Const)}


def truth(value: Value) -> tuple[bool | None, bool]:
    """(whether the value is true, or None; whether that holds on every run)."""
    if isinstance(value, Const):
        return bool(value.value), True
    if isinstance(value, Option):
        return truth(value.default)[0], False
    if isinstance(value, (Object, Function, Class, Method, Module, Partial, Lazy)):
        return True, True
    if isinstance(value, Tuple):
        return bool(value.items), True
    if isinstance(value, Alternatives):
        seen = {truth(part) for part in value.values}
        if len(seen) == 1:
            return seen.pop()
        answers = {answer for answer, _ in seen}
        return (answers.pop() if len(answers) == 1 else None), False
    return None, False


def plain(value: Value) -> Value:
    """The value of an ordinary run: an option's default."""
    return value.default if isinstance(value, Option) else value
