"""What a module of tests and its configuration modules define: tests, fixtures, and what runs around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from seedlint.flow import attribute, definitions, evaluate, iterate
from seedlint.flow.activation import Activation
from seedlint.flow.machine import Frame, Machine
from seedlint.flow.state import Spot
from seedlint.flow.values import (
    UNKNOWN,
    Class,
    Const,
    External,
    Function,
    Method,
    Scope,
    Value,
    Wrapped,
    alternatives,
    join,
)
from seedlint.index.summary import Block, Expression
from seedlint.knowledge import Knowledge

SCOPES = ("session", "package", "module", "class", "function")
"""How long what a fixture sets up lasts, the longest first."""
MODULE, CLASS, FUNCTION = (SCOPES.index(name) for name in ("module", "class", "function"))
MOST_SETS = 64
"""Sets of parameters that are looked at; further ones are like these."""


class Vocabulary:
    """What names mean to the test runner, from the tables."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def names(self, *roles: str) -> list[str]:
        """The names that play some role."""
        return [name for row in self.knowledge.testing(*roles) for name in row.names]

    def pairs(self, role: str) -> list[tuple[str, str]]:
        """The names of what runs around tests, each with that of what undoes it."""
        return [pair for row in self.knowledge.testing(role) for pair in zip(row.names, row.ends, strict=True)]

    def streams(self, role: str, names: Iterable[str]) -> tuple[str, ...]:
        """The streams that are seeded where one of the names is met."""
        known = set(names)
        return tuple(s for row in self.knowledge.testing(role) if known.intersection(row.names) for s in row.streams)


@dataclass(frozen=True, slots=True)
class Mark:
    """A decorator or mark of a library: its name, and the expressions that it is given."""

    name: str
    args: tuple[Expression, ...]
    keywords: tuple[tuple[str | None, Expression], ...]
    scope: Scope


@dataclass(frozen=True, slots=True)
class Member:
    """A name that a module or class defines, with its value and, for a function, its definition and decorators."""

    name: str
    value: Value
    record: tuple[Any, ...] | None
    scope: Scope
    marks: tuple[Mark, ...] = ()

    @property
    def spot(self) -> Spot:
        """Where it is defined."""
        return Spot(self.scope.module, self.record[1] if self.record is not None else (1, 0, 1, 0))

    def asks(self) -> tuple[str, ...]:
        """The names of the parameters that the test runner has to fill."""
        parameters = self.record[2] if self.record is not None else ()
        names = [name for name, kind, _, _, given in parameters if kind in ("plain", "keyword") and not given]
        return tuple(names[1:] if isinstance(self.value, Method) else names)


@dataclass(eq=False, slots=True)
class Fixture:
    """Something that is set up before a test: what is called, how long it lasts, and what undoes it."""

    name: str
    member: Member
    rank: int
    autouse: bool
    level: int
    asks: tuple[str, ...] = ()
    params: Value = UNKNOWN
    leading: tuple[Value, ...] = ()
    end: Value = UNKNOWN
    owner: str = ""


@dataclass(slots=True)
class Level:
    """What one conftest, module or class adds for the tests below it."""

    fixtures: dict[str, Fixture] = field(default_factory=dict)

    def automatic(self) -> Iterator[Fixture]:
        """The fixtures that every test below is given: those of the older style, then by name."""
        return iter([f for f in self.fixtures.values() if f.autouse])


class Finder:
    """Reads what modules and classes define, once they have been run."""

    def __init__(self, machine: Machine) -> None:
        self.m = machine
        self.words = Vocabulary(machine.knowledge)
        self._fixture = set(self.words.names("fixture"))
        self._set = set(self.words.names("set"))
        self._cases = set(self.words.names("case"))

    # --- members ----------------------------------------------------------------------------------

    def of_module(self, module: str) -> list[Member]:
        """What a module defines or imports, in the order of its definition."""
        scope = self.m.scopes.get(module)
        if scope is None:
            return []
        records = dict(_definitions(self.m.program.modules[module].summary.body))
        return [
            self._member(name, value, records.get(name), scope)
            for name, value in list(scope.variables.items())
            if any(isinstance(part, (Function, Class, Wrapped)) for part in alternatives(value))
        ]

    def of_class(self, cls: Class, instance: Value) -> list[Member]:
        """What a class and its bases define, the bases first, as an instance has it."""
        out: dict[str, Member] = {}
        for item in cls.mro:
            if isinstance(item, str):
                continue
            own = {}
            records = dict(_definitions(item.record[5]))
            for name in item.attributes:
                if name not in out:
                    raw = item.attributes[name]
                    value = attribute.get_attribute(self.m, instance, name) if _runs(raw) else raw
                    own[name] = self._member(name, value, records.get(name), item.scope)
            out = {**own, **out}
        return list(out.values())

    def _member(self, name: str, value: Value, record: tuple[Any, ...] | None, scope: Scope) -> Member:
        found = next((part for part in alternatives(value) if isinstance(part, (Function, Method, Class))), None)
        inner = found.function if isinstance(found, Method) else found
        if record is None and inner is not None:
            record, scope = inner.record, inner.scope
        marks = tuple(self.marks(record[4], scope)) if record is not None else ()
        return Member(name, value, record, scope, marks)

    def marks(self, expressions: Iterable[Expression], scope: Scope) -> Iterator[Mark]:
        """The library's decorators or marks that some expressions name; a list of them gives each."""
        for expression in expressions:
            if expression is None:
                continue
            if expression[0] == "seq":
                yield from self.marks(expression[2], scope)
                continue
            call = expression[0] == "call"
            callee = self.evaluate(expression[1] if call else expression, scope)
            if isinstance(callee, External):
                name = self.m.knowledge.canonical(callee.name)
                yield Mark(name, expression[2] if call else (), expression[3] if call else (), scope)

    def marked(self, body: Block, scope: Scope) -> tuple[Mark, ...]:
        """The marks that a module or class gives to all its tests."""
        names = set(self.words.names("marks"))
        values = [
            statement[3]
            for statement in body
            if statement[0] == "assign" and any(t and t[0] == "name" and t[1] in names for t in statement[2])
        ]
        return tuple(self.marks(values, scope))

    def evaluate(self, expression: Expression, scope: Scope) -> Value:
        """The value of an expression, without the effects that it has already had."""
        m = self.m
        state = m.state
        with m.within(Frame(scope, Activation(""))):
            value = evaluate.evaluate(m, expression)
        m.state = state
        return value

    # --- fixtures ---------------------------------------------------------------------------------

    def level(self, members: Iterable[Member], number: int, owner: str = "") -> Level:
        """The fixtures among some members, by name; `owner` is the class that holds them."""
        found = [fixture for m in members for fixture in [self._fixture_of(m, number, owner)] if fixture is not None]
        return Level({fixture.name: fixture for fixture in sorted(found, key=lambda fixture: fixture.member.name)})

    def _fixture_of(self, member: Member, level: int, owner: str) -> Fixture | None:
        mark = next((mark for mark in member.marks if mark.name in self._fixture), None)
        if mark is None:
            return None
        given = {name: value for name, value in mark.keywords if name}
        name = self._constant(given.get("name"), mark.scope)
        scope = self._constant(given.get("scope") or next(iter(mark.args), None), mark.scope)
        return Fixture(
            name=name if isinstance(name, str) else member.name,
            member=member,
            rank=SCOPES.index(scope) if scope in SCOPES else FUNCTION,
            autouse=self._constant(given.get("autouse"), mark.scope) is True,
            level=level,
            asks=member.asks(),
            params=self._items(given.get("params"), mark.scope),
            owner=owner,
        )

    def around(self, members: Iterable[Member], role: str, rank: int, level: int, owner: str = "") -> list[Fixture]:
        """What runs before and after tests by its name, as fixtures that each test is given."""
        by_name = {member.name: member for member in members}
        out = []
        for name, end in self.words.pairs(role):
            begins, ends = by_name.get(name), by_name.get(end)
            if begins is not None or ends is not None:
                member = begins or Member(name, UNKNOWN, None, ends.scope if ends else Scope(""))
                undo = ends.value if ends is not None else UNKNOWN
                out.append(
                    Fixture(f"<{owner}.{name}>", member, rank, True, level, leading=(UNKNOWN,), end=undo, owner=owner)
                )
        return out

    def _constant(self, expression: Expression, scope: Scope) -> object:
        value = self.evaluate(expression, scope) if expression is not None else UNKNOWN
        return value.value if isinstance(value, Const) else None

    # --- tests ------------------------------------------------------------------------------------

    def cases(self, cls: Class) -> set[str]:
        """The library's classes for tests that a class derives from."""
        bases = {b for name in definitions.library_bases(cls) for b in (name, *self.m.knowledge.bases(name))}
        return bases & self._cases

    def parameters(self, marks: Iterable[Mark]) -> tuple[dict[str, Value], dict[str, Value]]:
        """(arguments, what fixtures are given) by name, from the parameters that marks give to a test."""
        arguments: dict[str, Value] = {}
        indirect: dict[str, Value] = {}
        roles = set(self.words.names("parameters"))
        for mark in marks:
            if mark.name not in roles:
                continue
            given: dict[str | None, Expression] = dict(mark.keywords)
            given.update(zip(("argnames", "argvalues", "indirect"), mark.args, strict=False))
            names = self._names(given.get("argnames"), mark.scope)
            through = self.evaluate(given.get("indirect"), mark.scope) if given.get("indirect") else Const(False)
            chosen = names if through == Const(True) else self._texts(through)
            for name, value in self._sets(names, given.get("argvalues"), mark.scope).items():
                (indirect if name in chosen else arguments)[name] = value
        return arguments, indirect

    def texts(self, mark: Mark) -> list[str]:
        """The texts that a mark is given."""
        values = [self.evaluate(expression, mark.scope) for expression in mark.args]
        return [str(value.value) for value in values if isinstance(value, Const)]

    def _names(self, expression: Expression, scope: Scope) -> list[str]:
        value = self.evaluate(expression, scope)
        if isinstance(value, Const):
            return [name.strip() for name in str(value.value).split(",") if name.strip()]
        return self._texts(value)

    def _texts(self, value: Value) -> list[str]:
        return [str(item.value) for item in iterate.known_items(self.m, value) or () if isinstance(item, Const)]

    def _sets(self, names: list[str], expression: Expression, scope: Scope) -> dict[str, Value]:
        """What each parameter may be: the values of all sets joined."""
        out: dict[str, Value] = {}
        for row in self._rows(expression, scope, len(names)):
            for name, value in zip(names, row, strict=False):
                out[name] = join(out[name], value) if name in out else value
        return {name: out.get(name, UNKNOWN) for name in names}

    def _rows(self, expression: Expression, scope: Scope, width: int) -> Iterator[list[Value]]:
        if expression is None or expression[0] != "seq":
            value = self.evaluate(expression, scope)
            items = iterate.known_items(self.m, value)
            for item in [iterate.element(self.m, value)] if items is None else items[:MOST_SETS]:
                yield [item] if width == 1 else iterate.known_items(self.m, item) or [UNKNOWN] * width
            return
        for item in expression[2][:MOST_SETS]:
            if item is not None and item[0] == "call":
                callee = self.evaluate(item[1], scope)
                if isinstance(callee, External) and self.m.knowledge.canonical(callee.name) in self._set:
                    yield [self.evaluate(part, scope) for part in item[2]]
                    continue
            if width > 1 and item is not None and item[0] == "seq":
                yield [self.evaluate(part, scope) for part in item[2]]
            else:
                value = self.evaluate(item, scope)
                yield [value] if width == 1 else iterate.known_items(self.m, value) or [UNKNOWN] * width

    def _items(self, expression: Expression, scope: Scope) -> Value:
        """What the parameter of a fixture may be."""
        return self._sets(["param"], expression, scope)["param"] if expression is not None else UNKNOWN


def _runs(value: Value) -> bool:
    """Whether a class's attribute is a method of whatever kind."""
    parts = [part.value if isinstance(part, Wrapped) else part for part in alternatives(value)]
    return any(isinstance(part, Function) for part in parts) and not (
        isinstance(value, Wrapped) and value.kind == "property"
    )


def _definitions(body: Block) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The functions and classes that a body defines, branches of it included."""
    for statement in body:
        kind = statement[0]
        if kind in ("def", "class"):
            yield statement[2][0], statement[2]
        elif kind in ("if", "try", "with"):
            for part in statement[2:]:
                if isinstance(part, tuple) and part and isinstance(part[0], tuple) and part[0][0] in _KINDS:
                    yield from _definitions(part)


_KINDS = frozenset({"def", "class", "if", "try", "with", "assign", "import", "from", "expr"})
