"""Runs a module of tests as a test runner would: what configures it, fixtures, and each test in order."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from seedlint.flow import calls, imports, iterate
from seedlint.flow.activation import Turn, Way
from seedlint.flow.definitions import find_in_class
from seedlint.flow.fixtures import CLASS, FUNCTION, MODULE, Finder, Fixture, Level, Mark, Member
from seedlint.flow.machine import Machine, Terminated
from seedlint.flow.relevance import Mentions
from seedlint.flow.state import ENTROPY, SEEDED, Spot, State, StreamState, replace
from seedlint.flow.values import (
    UNKNOWN,
    Class,
    Const,
    ExternalObject,
    Function,
    Lazy,
    Method,
    Value,
    alternatives,
)
from seedlint.knowledge.schema import CallRow, TestingRow
from seedlint.program.modules import Program
from seedlint.program.testing import Runner

_NOWHERE = (1, 0, 1, 0)
_TEST, _TEST_CLASS = "test", "Test"
"""How the names of tests, and of classes of tests, begin."""
CONFIGURATION = "conftest.py"
MOST_HELD = 40
"""Fixtures that one test may ask for, in all."""


def _way(number: int) -> Way:
    """The way to what only one test does: for what another test draws, a seed there does not come too late."""
    return (Turn(0, number),)


_IMPORT = _way(0)


class Harness:
    """What the tests of a project have in common: its configuration of the test runner, and what may matter."""

    def __init__(self, machine: Machine, mentions: Mentions) -> None:
        self.finder = Finder(machine)
        self.runner = Runner(machine.program.settings)
        self.conftests = _configurations(machine.program)
        self.matter = mentions.that_lead_to(_may_matter)
        self.draw = mentions.that_lead_to(_draws)
        machine.read.methods |= self.matter.names.methods
        machine.read.searched |= mentions.lexicons.keys()
        self.plugins = [
            (row.streams, self._state(row))
            for row in machine.knowledge.testing("plugin")
            if self.runner.declares(row.package) and not any(map(self.runner.gives, row.off))
        ]

    def _state(self, row: TestingRow) -> StreamState:
        """How a plugin leaves its streams."""
        fixed = self.runner.number(row.fixed)
        return StreamState(SEEDED) if fixed else StreamState(ENTROPY, option=row.package)

    def run(self, machine: Machine, module: str, only: str = "") -> bool:
        """Run the tests of a module, or the one of this name; whether there are any.

        What the tests themselves import does not count as imported by the module.
        """
        session = _Session(self, machine, module)
        session.collect()
        imported = dict(machine.imported)
        try:
            return session.run(only)
        finally:
            machine.imported = imported


def _may_matter(row: CallRow) -> bool:
    """Whether a rule may say something of what a row does, or of what follows."""
    return bool(row.draws or row.makes or row.seeds or row.restores or row.sets or row.marks)


def _draws(row: CallRow) -> bool:
    """Whether a rule may say something of what a row does by itself."""
    return bool(row.draws or row.makes)


def _configurations(program: Program) -> dict[str, str]:
    """The modules that configure the tests of a folder and below, by folder."""
    return {
        posixpath.dirname(module.path): name
        for name, module in program.modules.items()
        if posixpath.basename(module.path) == CONFIGURATION
    }


@dataclass(slots=True)
class _Test:
    """One test: what is called, the levels that it lies below, and the marks that it is given."""

    member: Member
    levels: Sequence[Level]
    marks: tuple[Mark, ...]
    cls: Class | None = None
    around: list[tuple[Value, Value, str]] = field(default_factory=list)
    streams: tuple[str, ...] = ()

    def asks(self) -> tuple[str, ...]:
        """The names of what the test runner gives to it; to the methods of a library's cases, nothing."""
        return () if self.around else self.member.asks()


class _Session:
    """One run of one module of tests."""

    def __init__(self, harness: Harness, machine: Machine, module: str) -> None:
        self.harness, self.m, self.module = harness, machine, module
        self.finder, self.words = harness.finder, harness.finder.words
        self.levels: list[Level] = []
        self.hooks: dict[str, list[Member]] = {}
        self.ready: dict[Fixture, Value] = {}
        self.undo: list[tuple[int, Callable[[], None]]] = []
        self.number = 0
        self.root = machine.frame

    # --- before the tests -------------------------------------------------------------------------

    def collect(self) -> None:
        """Import what configures the tests, from the outermost folder on, and then their module."""
        own = self._configuring()
        plugins: list[str] = []
        for name in own:
            self._import(name)
            plugins += [plugin for plugin in self._plugins(name) if plugin not in plugins]
        for name in plugins:
            self._import(name)
        configuring = [*plugins, *own]
        for role in ("configure", "session", "before", "call"):
            names = self.words.names(role)
            members = [m for name in reversed(configuring) for m in self.finder.of_module(name) if m.name in names]
            self.hooks[role] = sorted(members, key=lambda member: names.index(member.name))
        self._call_hooks("configure")
        self._reseed()
        self._call_hooks("session")
        for name in configuring:
            self.levels.append(self.finder.level(self.finder.of_module(name), len(self.levels)))
        self._import(self.module)
        self._reseed()

    def _configuring(self) -> list[str]:
        folder, out = posixpath.dirname(self.m.program.modules[self.module].path), []
        while True:
            name = self.harness.conftests.get(folder)
            if name is not None:
                out.append(name)
            if not folder:
                return out[::-1]
            folder = posixpath.dirname(folder)

    def _plugins(self, module: str) -> list[str]:
        """The modules of the project that a module names as plugins."""
        scope, out = self.m.scopes.get(module), []
        for name in self.words.names("plugins"):
            value = scope.variables.get(name, UNKNOWN) if scope is not None else UNKNOWN
            items = [value] if isinstance(value, Const) else iterate.known_items(self.m, value) or []
            for item in items:
                target = self.m.program.resolve(module, 0, str(item.value)) if isinstance(item, Const) else None
                out += [target] if target is not None else []
        return out

    def _import(self, name: str) -> None:
        """Import a module with the packages that it lies in."""
        self.root.way = _IMPORT
        parents = name.split(".")[:-1]
        for number in range(1, len(parents) + 1):
            parent = ".".join(parents[:number])
            if parent in self.m.program.modules:
                imports.run_module(self.m, parent, _NOWHERE)
        imports.run_module(self.m, name, _NOWHERE)
        self.root.way = ()

    def _call_hooks(self, role: str) -> None:
        way, self.root.way = self.root.way, ()
        for member in self.hooks[role]:
            self._call(member.value, {}, member.spot, member.name)
        self.root.way = way

    def _reseed(self) -> None:
        """Have the plugins seed their streams."""
        for streams, state in self.harness.plugins:
            self.m.set_streams(streams, state)

    # --- the tests --------------------------------------------------------------------------------

    def run(self, only: str) -> bool:
        """Run the tests of the module, or the one of this name; whether there are any."""
        members = self.finder.of_module(self.module)
        number = len(self.levels)
        level = self.finder.level(members, number)
        around = self.finder.around(members, "around-module", MODULE, number)
        around += self.finder.around(members, "around-function", FUNCTION, number, owner="function")
        level.fixtures = {**{fixture.name: fixture for fixture in around}, **level.fixtures}
        self.levels.append(level)
        module = self.m.program.modules[self.module]
        marks = self.finder.marked(module.summary.body, self.m.scopes[self.module])
        found = False
        for member in members:
            cls = next((part for part in alternatives(member.value) if isinstance(part, Class)), None)
            if cls is not None:
                found |= self._run_class(cls, member, self.levels, marks, only)
            elif member.name.startswith(_TEST) and only in ("", member.name):
                found = True
                self._run(_Test(member, self.levels, (*marks, *member.marks)))
        self._finish(0)
        return found

    def _run_class(
        self, cls: Class, holder: Member, levels: Sequence[Level], marks: tuple[Mark, ...], only: str
    ) -> bool:
        """Run the tests of a class, if it is one of tests."""
        cases = self.finder.cases(cls)
        constructor = find_in_class(cls, "__init__")
        wanted = only in ("", cls.name) or only.startswith(f"{cls.name}.")
        if not wanted or not (cases or (cls.name.startswith(_TEST_CLASS) and constructor is None)):
            return False
        if find_in_class(cls, "__test__") == Const(False):
            return False
        inner = only.partition(".")[2]
        relevant = self._matters(holder)
        instance = self._instance(cls, holder.spot) if relevant else UNKNOWN
        members = self.finder.of_class(cls, instance)
        tests = [m for m in members if m.name.startswith(_TEST) and not isinstance(m.value, Class)]
        number = len(levels)
        level = self.finder.level(members, number, cls.name)
        around = self.finder.around(members, "around-method", FUNCTION, number, cls.name)
        if cases:
            around += self.finder.around(members, "around-case-class", CLASS, number, cls.name)
            tests.sort(key=lambda member: member.name)
        around += self.finder.around(members, "around-class", CLASS, number, cls.name)
        level.fixtures = {**{fixture.name: fixture for fixture in around}, **level.fixtures}
        below = [*levels, level]
        marks = (*marks, *self.finder.marked(cls.record[5], cls.scope), *holder.marks)
        found = False
        for member in tests:
            if inner in ("", member.name):
                found = True
                test = _Test(member, below, (*marks, *member.marks), cls, streams=self.words.streams("case", cases))
                test.around = self._around(members) if cases else []
                self._run(test, relevant)
        for member in members:
            nested = next((part for part in alternatives(member.value) if isinstance(part, Class)), None)
            if nested is not None:
                found |= self._run_class(nested, member, below, marks, inner)
        self._finish(CLASS)
        return found

    def _around(self, members: Iterable[Member]) -> list[tuple[Value, Value, str]]:
        """What runs around each test of a case, as part of the test."""
        by_name = {member.name: member.value for member in members}
        pairs = self.words.pairs("around-case")
        return [(by_name.get(name, UNKNOWN), by_name.get(end, UNKNOWN), name) for name, end in pairs]

    def _instance(self, cls: Class, spot: Spot) -> Value:
        self.root.at = spot
        instance = calls.instantiate(self.m, cls, calls.Arguments([UNKNOWN]), spot.pos, cls.name)
        self.root.at = None
        return instance

    def _run(self, test: _Test, relevant: bool | None = None) -> None:
        """Run one test from what the ones before it have left, if it may matter."""
        arguments, indirect = self.finder.parameters(test.marks)
        closure = self._closure(test, arguments)
        if relevant is None:
            relevant = self._matters(test.member)
        if not relevant and not any(self._draws(fixture) for fixture in closure):
            return
        self.number += 1
        self.root.way = _way(self.number)
        with suppress(Terminated):
            self._run_phases(test, closure, arguments, indirect)
        with suppress(Terminated):
            self._finish(FUNCTION)
        self.root.way = ()

    def _run_phases(
        self, test: _Test, closure: Iterable[Fixture], arguments: dict[str, Value], indirect: Mapping[str, Value]
    ) -> None:
        self._reseed()
        self._call_hooks("before")
        for fixture in closure:
            self._set_up(fixture, test, indirect)
        self._reseed()
        self._call_hooks("call")
        asked = [name for name in test.asks() if name not in arguments]
        given = {**{name: self._value(name, test, indirect) for name in asked}, **arguments}
        spot, before = test.member.spot, self.m.state
        self.m.set_streams(test.streams, StreamState(SEEDED))
        for begin, _, name in test.around:
            self._call(begin, {}, self._spot_of(begin, spot), name)
        seeded = self.words.streams("given", (mark.name for mark in test.marks))
        self.m.set_streams(seeded, StreamState(SEEDED))
        self._call(test.member.value, given, spot, test.member.name)
        self._put_back({self.m.stream_index[name]: before for name in seeded if name in self.m.stream_index})
        for _, end, name in reversed(test.around):
            self._call(end, {}, self._spot_of(end, spot), name)

    def _put_back(self, before: Mapping[int, State]) -> None:
        self.m.state = replace(self.m.state, [(index, state[index]) for index, state in before.items()])

    # --- fixtures ---------------------------------------------------------------------------------

    def _closure(self, test: _Test, arguments: Mapping[str, Value]) -> list[Fixture]:
        """The fixtures that a test needs: the longest lasting first, those that come by themselves before others."""
        used = set(self.words.names("uses"))
        names = [
            *(f.name for level in test.levels for f in level.automatic() if f.owner != "function" or test.cls is None),
            *self.harness.runner.fixtures,
            *(name for mark in test.marks if mark.name in used for name in self.finder.texts(mark)),
            *(name for name in test.asks() if name not in arguments),
        ]
        found = [self._find(name, test.levels) for name in names]
        out = dict.fromkeys(fixture for fixture in found if fixture is not None)
        waiting = list(out)
        while waiting and len(out) < MOST_HELD:
            fixture = waiting.pop(0)
            for name in fixture.asks:
                inner = self._find(name, test.levels, fixture)
                if inner is not None and inner not in out:
                    out[inner] = None
                    waiting.append(inner)
        return sorted(out, key=lambda fixture: fixture.rank)

    def _find(self, name: str, levels: Sequence[Level], asking: Fixture | None = None) -> Fixture | None:
        """The nearest fixture of a name; one that asks for its own name gets the one that it replaces."""
        last = asking.level if asking is not None and asking.name == name else len(levels)
        return next((level.fixtures[name] for level in reversed(levels[:last]) if name in level.fixtures), None)

    def _value(self, name: str, test: _Test, indirect: Mapping[str, Value], asking: Fixture | None = None) -> Value:
        """What a parameter is given."""
        if name in self.words.names("request"):
            return self._request(test, UNKNOWN if asking is None else indirect.get(asking.name, asking.params))
        fixture = self._find(name, test.levels, asking)
        return self._set_up(fixture, test, indirect) if fixture is not None else UNKNOWN

    def _request(self, test: _Test, param: Value) -> Value:
        made = ExternalObject("<request>", self.m.identity("request", test.member.spot, param))
        self.m.heap[made.id].update({"param": param, "cls": test.cls or UNKNOWN})
        return made

    def _set_up(self, fixture: Fixture, test: _Test, indirect: Mapping[str, Value]) -> Value:
        """Set up a fixture with those that it asks for, unless it stands already."""
        if fixture in self.ready:
            return self.ready[fixture]
        self.ready[fixture] = UNKNOWN
        given = {name: self._value(name, test, indirect, fixture) for name in fixture.asks}
        way = self.root.way
        self.root.way = () if fixture.autouse and fixture.owner in ("", "function") else way
        member = fixture.member
        value = self._call(member.value, given, member.spot, member.name, fixture.leading)
        paused = self.m.paused
        if paused is not None:
            left = self.m.state
            changed = {i: left for i, state in enumerate(left) if state != paused[i]}
            self.m.state = paused
            self.undo.append((fixture.rank, lambda: self._put_back(changed)))
        if fixture.end is not UNKNOWN:
            end = fixture.end
            spot = self._spot_of(end, member.spot)
            self.undo.append((fixture.rank, lambda: self._end(end, spot)))
        self.root.way = way
        self.ready[fixture] = value
        return value

    def _end(self, end: Value, spot: Spot) -> None:
        self._call(end, {}, spot, "", (UNKNOWN,))

    def _finish(self, rank: int) -> None:
        """Undo what lasts no longer."""
        kept = [item for item in self.undo if item[0] < rank]
        for _, action in reversed([item for item in self.undo if item[0] >= rank]):
            action()
        self.undo = kept
        self.ready = {fixture: value for fixture, value in self.ready.items() if fixture.rank < rank}

    # --- calls ------------------------------------------------------------------------------------

    def _call(
        self, callee: Value, given: dict[str, Value], spot: Spot, text: str, leading: Sequence[Value] = ()
    ) -> Value:
        """Call something of the tests; a generator or coroutine that it is runs to its end."""
        m = self.m
        m.paused = None
        if callee is UNKNOWN:
            return UNKNOWN
        own = [part.function if isinstance(part, Method) else part for part in alternatives(callee)]
        self.root.at = spot
        try:
            value = calls.call(m, callee, calls.Arguments(leading, given), spot.pos, text)
            m.paused = None
            for part in alternatives(value):
                if isinstance(part, Lazy) and (part.function in own or "async" in part.function.record[5]):
                    value = iterate.run(m, part, spot.pos)
        finally:
            self.root.at = None
        return value

    def _spot_of(self, value: Value, default: Spot) -> Spot:
        for part in alternatives(value):
            function = part.function if isinstance(part, Method) else part
            if isinstance(function, Function):
                return Spot(function.scope.module, function.record[1])
        return default

    # --- what may matter --------------------------------------------------------------------------

    def _matters(self, member: Member) -> bool:
        """Whether a test or class mentions something of interest."""
        name = member.record[0] if member.record is not None else member.name
        matter = self.harness.matter
        return matter.has(member.scope.module, name) or matter.has(self.module, member.name)

    def _draws(self, fixture: Fixture) -> bool:
        """Whether a fixture mentions what is reported wherever it is."""
        return self.harness.draw.has(fixture.member.scope.module, fixture.owner or fixture.member.name)
