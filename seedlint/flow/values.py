"""What an expression may be, as far as it is known."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Union

from seedlint.index.summary import Position

WIDEST_UNION = 64
"""Of more things than this that a value may be, the first are followed."""
MOST_LITERALS = 4
"""Literals that one value may be; one that may be more is computed."""


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

    def __hash__(self) -> int:
        return hash(self.value)


@lru_cache(maxsize=None, typed=True)
def constant(value: Any) -> Const:
    """The literal that the source text holds."""
    return Const(value)


NONE = constant(None)


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

    def __hash__(self) -> int:
        return self.id


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

    def take_stars(self, libraries: Iterable[str]) -> None:
        """Note that all names of some libraries may be used here, each library once."""
        self.external_stars += [name for name in dict.fromkeys(libraries) if name not in self.external_stars]


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

    def __hash__(self) -> int:
        return self.id


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

    def __hash__(self) -> int:
        return self.id


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

    __slots__ = ("_by_name", "_set", "values")

    def __init__(self, values: Iterable[Any]) -> None:
        self.values: tuple[Any, ...] = tuple(dict.fromkeys(values))
        self._set: frozenset[Any] | None = None
        self._by_name: list[Any] | None = None

    @property
    def by_name(self) -> list[Any]:
        """The values in an order that is the same in each run."""
        if self._by_name is None:
            self._by_name = sorted(self.values, key=_order)
        return self._by_name

    def _as_set(self) -> frozenset[Any]:
        if self._set is None:
            self._set = frozenset(self.values)
        return self._set

    def holds_all(self, values: Iterable[Any]) -> bool:
        """Whether none of some values may be anything else."""
        known = self._as_set()
        for value in values:
            if value is self:
                continue
            if type(value) is Alternatives:
                if not known.issuperset(value._as_set()):
                    return False
            elif value not in known:
                return False
        return True

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Alternatives) and self._as_set() == other._as_set())

    def __hash__(self) -> int:
        return hash(self._as_set())

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


def _order(value: Any) -> tuple[str, str, str, tuple[int, ...]]:
    """A stable order for the values of a set: by name, then place of definition."""
    record = getattr(value, "record", None) or getattr(getattr(value, "cls", None), "record", None)
    scope = getattr(value, "scope", None)
    module = scope.module if scope else ""
    return type(value).__name__, str(getattr(value, "name", "")), module, record[1] if record else ()


def alternatives(value: Value) -> Iterable[Value]:
    """The values that a value may be."""
    return value.values if type(value) is Alternatives else (value,)


def join(left: Value, right: Value) -> Value:
    """What a variable holds after either of two branches.

    A known object is kept beside an unknown one, since calling what is known is all that can be
    done; a known number is not, since its value is what would be relied on.
    """
    return left if left is right or left == right else any_of((left, right))


def any_of(values: Iterable[Value]) -> Value:
    """A value that may be any of several, joined at once."""
    sides = values if isinstance(values, (tuple, list)) else list(values)
    if len(sides) == 1:
        return sides[0]
    parts: dict[Any, None] = {}
    for side in sides:
        if type(side) is Alternatives:
            if len(sides) == 2 and side.holds_all(sides):
                return side
            parts.update(dict.fromkeys(side.values))
        else:
            parts[side] = None
    if UNKNOWN in parts:
        parts = {part: None for part in parts if part is not UNKNOWN and not isinstance(part, (Const, Tuple))}
    elif len(parts) > MOST_LITERALS:
        parts = _merge_literals(parts)
    if not parts:
        return UNKNOWN
    if len(parts) > WIDEST_UNION:
        parts = dict.fromkeys(itertools.islice(parts, WIDEST_UNION))
    if len(parts) == 1:
        only: Value = next(iter(parts))
        return only
    return Alternatives(parts)


def _merge_literals(parts: dict[Any, None]) -> dict[Any, None]:
    """Keep a few literals; more are a computed value."""
    literals = [part for part in parts if isinstance(part, Const)]
    if len(literals) <= MOST_LITERALS:
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
