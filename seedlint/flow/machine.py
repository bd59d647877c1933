"""The state of one analysis: scopes, heap, streams, and the activations done so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from seedlint.flow.activation import Activation, Edge, Event, Way
from seedlint.flow.heap import Cell, Clock
from seedlint.flow.memo import Memo
from seedlint.flow.mode import own, part_of
from seedlint.flow.state import FRESH, SEEDED, Spot, State, StreamState, replace
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Class,
    Const,
    Entropy,
    ExternalObject,
    Function,
    Object,
    Option,
    Scope,
    Value,
    alternatives,
    join,
)
from seedlint.flow.writes import Changes, Writes, replaces
from seedlint.index.summary import Block, Position
from seedlint.knowledge import Knowledge
from seedlint.program.modules import Program

STEP_BUDGET = 400_000
"""Statements that one entry may execute; what lies beyond is not analysed."""
MOST_ANALYSES = 40
"""Analyses of one body with different arguments, beyond which arguments that vary count as unknown."""
MOST_INSTANCES = 30
"""Objects of one class that are told apart; further ones count as one."""
LONG = 10_000
"""Statements that one entry executes before bodies that it has run a few times are not run again for other arguments.

Where any of many classes may be meant at several places, each is run in each context: what that shows more than its
first contexts is not worth hours.
"""
FEW = 3
"""How often a body is run in each mode in a long run."""
DEEPEST_CALL = 70
"""Calls within calls that are followed."""


class Terminated(Exception):
    """The program ends here (`sys.exit`)."""


class Frame:
    """One body being executed."""

    __slots__ = (
        "activation",
        "at",
        "block",
        "breaks",
        "context",
        "continues",
        "function",
        "global_names",
        "literals",
        "mark",
        "paused",
        "returns",
        "scope",
        "unlikely",
        "unrolled",
        "way",
        "written",
        "yields",
    )

    def __init__(
        self, scope: Scope, activation: Activation, function: Function | None = None, block: Block = ()
    ) -> None:
        self.scope = scope
        self.block = block
        self.activation = activation
        self.function = function
        self.returns: list[tuple[Value, State, bool, str]] = []
        """What is given back, the streams then, whether ordinary runs return elsewhere, and the option if so."""
        self.breaks: list[tuple[State, dict[str, Value]]] = []
        self.continues: list[tuple[State, dict[str, Value]]] = []
        self.yields: Value | None = None
        self.paused: State | None = None
        self.unlikely = False
        self.unrolled = 1
        self.way: Way = ()
        self.mark = 0
        self.written: list[tuple[Changes, bool]] = []
        """What had been written at each `return` which other ways do not reach, and whether it is rare."""
        self.context = 0
        self.literals: tuple[Any, ...] = ()
        self.at: Spot | None = None
        outer = function.record[6] if function else ()
        self.global_names = frozenset(name for name in outer if not name.startswith("^"))


@dataclass(slots=True)
class Reading:
    """What a run reads beside the top level of modules; see `unchanged.Readings`."""

    executed: dict[str, set[Position]] = field(default_factory=dict)
    searched: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)


class Machine:
    """Executes a program on what is known of its values; see `execute` and `evaluate`."""

    def __init__(self, program: Program, knowledge: Knowledge) -> None:
        self.program = program
        self.knowledge = knowledge
        self.streams = tuple(knowledge.streams)
        self.stream_index = {name: i for i, name in enumerate(self.streams)}
        self.separate = frozenset(name for name, row in knowledge.streams.items() if not row.shared)
        self.initial = State(
            [FRESH if row.start == "entropy" else StreamState(SEEDED) for row in knowledge.streams.values()]
        )
        self.state = self.initial
        self.frame = Frame(Scope(""), Activation(""))
        self.scopes: dict[str, Scope] = {}
        self.clock = Clock()
        self.writes = Writes(self.clock)
        self.heap: dict[int, Cell] = {}
        self.places: dict[int, Spot] = {}
        self.owners: dict[int, int] = {}
        """Of an object that a library's object holds by its table, the latter."""
        self.children: dict[int, State] = {}
        self.generators: set[int] = set()
        self.seed_options: set[str] = set()
        self.ids: dict[Any, int] = {}
        self.numbers: dict[Any, int] = {}
        self.sites: dict[int, Any] = {}
        self.instances: dict[object, int] = {}
        self.functions: dict[tuple[int, int], Function] = {}
        self.classes: dict[tuple[int, int], Class] = {}
        self.inner_scopes: dict[Any, Scope] = {}
        self.memo = Memo()
        self.partial = Memo()
        """What was done in this run without bodies that were left out; another run may not leave these out."""
        self.left_out = 0
        self.asked: set[int] = set()
        """The parts of the mode that the running body has asked for; see `mode`."""
        self.active: set[Any] = set()
        self.applying: dict[Any, int] = {}
        self.running: dict[Any, tuple[dict[str, Value], ...]] = {}
        self.analyses: dict[int, int] = {}
        self.long = LONG
        self.entered: set[int] = set()
        self.runs: dict[Any, int] = {}
        self.last: dict[int, Activation] = {}
        self.usual: dict[int, dict[str, Value]] = {}
        self.exposed: dict[int, frozenset[str] | None] = {}
        self.captured: dict[int, frozenset[str]] = {}
        self.looking: dict[int, bool] = {}
        self.measured: dict[int, frozenset[str]] = {}
        self.tried: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
        self.executed: set[int] = set()
        self.read = Reading()
        self.flags: dict[str, Value] = {}
        self.during: frozenset[str] = frozenset()
        """Tags of the contexts that are entered; see `ClassRow`."""
        self.imported: dict[str, None] = {}
        self.main = ""
        self.group = ""
        self.most_instances = MOST_INSTANCES
        self.declared: dict[str, Value] = {}
        self.held_restores: set[str] | None = None
        self.paused: State | None = None
        self.distinct_methods: dict[str, str] = knowledge.distinct_methods
        self.depth = 0
        self.iterators = 0
        self.taken: dict[tuple[int, Any], tuple[Value, Value, Frame]] = {}
        """What one iteration's iterators have given so far, with what the numbers of its keys stand for."""
        self.steps = 0
        self.line = 0
        self.conditional = 0
        self.functions_analysed = 0

    def often(self, body: int) -> bool:
        """Whether arguments which vary are not told apart any more; they are in each entry's first call of a body."""
        return self.analyses.get(body, 0) > MOST_ANALYSES and body in self.entered

    def enough(self, body: int, mode: Value | None) -> bool:
        """Whether a long run has run a body a few times in this mode and in these contexts; if not, one more counts."""
        begun = (body, mode, self.during)
        count = self.runs.get(begun, 0)
        if count >= FEW and self.steps > self.long:
            return True
        self.runs[begun] = count + 1
        return False

    # --- the heap -----------------------------------------------------------------------------

    def identity(self, *key: Any) -> int:
        """The number of the object made at this place in this context."""
        number = self.ids.get(key)
        if number is None:
            number = self.ids[key] = len(self.ids) + 1
            self.heap[number] = Cell(self.clock)
            self.clock.now += 1
        return number

    def number(self, given: Any) -> int:
        """The number of what a body is given; the same for what is equal, and quick to look up."""
        return self.numbers.setdefault(given, len(self.numbers))

    def here(self, pos: Position) -> Spot:
        """The place of an expression; in a table's expression, that of the call it belongs to."""
        frame = self.frame
        return frame.at if frame.at is not None else Spot(frame.scope.module, pos)

    def allocate(self, pos: Position, kind: object, given: Iterable[Value] = ()) -> int:
        """The number of an object made by the running body at `pos`.

        It is told apart by where the body's receiver was made, by the literals that body and object were given, and
        if it is of a class of the project by the functions, classes and objects too that it was given.
        """
        frame = self.frame
        site = (frame.scope.module, pos, kind) if frame.at is None else (frame.at.module, frame.at.pos, kind)
        parts = map(_part, given) if isinstance(kind, tuple) and kind[0] == "object" else map(_literal, given)
        key = (site, self.sites.get(frame.context), frame.literals, *parts)
        number = self.ids.get(key)
        if number is None:
            number = self.ids[key] = self._one_of_many(kind) or self.identity(*key)
            self.sites.setdefault(number, site)
        return number

    def _one_of_many(self, kind: object) -> int | None:
        """The object that stands for all further instances of a project's class of which the run makes many."""
        if not isinstance(kind, tuple) or kind[0] != "object":
            return None
        many = (self.group, kind)
        count = self.instances[many] = self.instances.get(many, 0) + 1
        return self.identity("many", many) if count > self.most_instances else None

    def store(self, number: int, key: Any, value: Value) -> None:
        """Write to an object; a later value joins an earlier one, except that None gives way."""
        cell = self.heap[number]
        old = cell.get(key)
        if old is None or replaces(old):
            if self.writes.matter(cell) and old != value:
                self.writes.note(cell, key, old)
            cell[key] = value
        elif value != NONE:
            cell[key] = join(old, value)

    def line_of(self, target: Any) -> Position:
        """The line that is being executed, for expressions that carry no place."""
        return (self.line, 0, self.line, 0)

    def set_flags(self, flags: Mapping[str, Value]) -> None:
        """Leave some flags with a value; who holds the flags of before keeps these."""
        self.asked.update(part for part in map(part_of, flags) if part is not None)
        if any(self.flags.get(name) != value for name, value in flags.items()):
            self.flags = {**self.flags, **flags}

    def changed_flags(self, before: Mapping[str, Value]) -> dict[str, Value]:
        """The flags that were set since."""
        if self.flags is before:
            return {}
        return {name: value for name, value in self.flags.items() if before.get(name) != value}

    def take_imports(self, since: int) -> set[str]:
        """The modules that were imported after this many others; they do not count as imported any more."""
        if len(self.imported) == since:
            return set()
        return {self.imported.popitem()[0] for _ in range(len(self.imported) - since)}

    def add_imports(self, names: Iterable[str]) -> None:
        """Count modules as imported."""
        self.imported.update(dict.fromkeys(names))

    def flag_of(self, name: str, owner: Value | None) -> Value:
        """The flag of one object, or of the one whose method is running, for an object that was told nothing."""
        numbers = (
            [part.id for part in alternatives(owner) if isinstance(part, (Object, ExternalObject))] if owner else []
        )
        for number in (*numbers, self.frame.context):
            value = self.flags.get(own(name, number))
            if value is not None:
                return value
        return UNKNOWN

    # --- streams ------------------------------------------------------------------------------

    def stream_state(self, stream: str) -> StreamState:
        """The state of one stream now."""
        return self.state[self.stream_index[stream]]

    def set_streams(self, names: tuple[str, ...], state: StreamState) -> None:
        """Leave some streams in a state."""
        index = self.stream_index
        self.state = replace(self.state, [(index[name], state) for name in names if name in index])

    def record(self, event: Event | Edge) -> None:
        """Note an event of the running body."""
        frame = self.frame
        frame.activation.events.append(event)
        frame.activation.ways.append(frame.way)

    # --- scopes -------------------------------------------------------------------------------

    def assign(self, name: str, value: Value) -> None:
        """Bind a name in the running body."""
        frame = self.frame
        if name in frame.global_names:
            scope = self.scopes.get(frame.scope.module, frame.scope)
            old = scope.variables.get(name)
            if old is None or isinstance(old, Const):
                self.replace(scope, scope.variables, name, value)
            else:
                self._replace(scope.variables, name, join(old, value))
            return
        if frame.function is not None and "^" + name in frame.function.record[6]:
            outer: Scope | None = frame.scope.outer
            while outer is not None:
                if name in outer.variables:
                    self._replace(outer.variables, name, join(outer.variables[name], value))
                    return
                outer = outer.outer
        frame.scope.variables[name] = value

    def replace(self, holder: Scope | Class, table: dict[str, Value], name: str, value: Value) -> None:
        """Bind a name of another body, or of a class, whatever it was before."""
        old = table.get(name)
        if old != value:
            self.writes.note(holder, name, old)
        self._replace(table, name, value)

    def _replace(self, variables: dict[str, Value], name: str, value: Value) -> None:
        """Bind a name of another body, which others may read."""
        if variables.get(name) != value:
            self.clock.now += 1
        variables[name] = value

    def lookup(self, name: str) -> Value:
        """What a name means in the running body."""
        scope: Scope | None = self.frame.scope
        if name in self.frame.global_names:
            scope = self.scopes.get(self.frame.scope.module, scope)
        last = scope
        while scope is not None:
            value = scope.variables.get(name)
            if value is not None:
                return value
            last, scope = scope, scope.outer
        from seedlint.flow.builtin import global_name

        return global_name(self, last, name)

    def within(self, frame: Frame) -> AbstractContextManager[None]:
        """Run a body's statements in its own frame."""
        return _Within(self, frame)

    def maybe(self) -> AbstractContextManager[None]:
        """Run statements that another run may skip."""
        return _Maybe(self)


class _Within:
    """Lets a machine be in a frame; of its own class, since one from a generator costs as much as a statement."""

    __slots__ = ("_before", "_frame", "_machine")

    def __init__(self, machine: Machine, frame: Frame) -> None:
        self._machine, self._frame = machine, frame

    def __enter__(self) -> None:
        self._before, self._machine.frame = self._machine.frame, self._frame

    def __exit__(self, *_: object) -> None:
        self._machine.frame = self._before


class _Maybe:
    """Lets a machine count what it runs as conditional."""

    __slots__ = ("_machine",)

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def __enter__(self) -> None:
        self._machine.conditional += 1

    def __exit__(self, *_: object) -> None:
        self._machine.conditional -= 1


def literals(values: Iterable[Value]) -> tuple[Any, ...]:
    """What the literals among some arguments say of what is done with them; of a number, whether it is nought."""
    return tuple(_literal(value) for value in values)


def _part(value: Value) -> Any:
    """What tells an object of the project apart by what it is made with: a function, a class, an object, a literal."""
    if isinstance(value, (Function, Class)):
        return id(value.record)
    if isinstance(value, (Object, ExternalObject)):
        return ("object", value.id)
    return _literal(value)


def _literal(value: Value) -> Any:
    value = value.default if isinstance(value, Option) else value
    if not isinstance(value, Const):
        return None
    return value.value if isinstance(value.value, str) else bool(value.value)


def usually(usual: Value, other: Value, option: str) -> Value:
    """What an ordinary run has, where a run with an option has another literal, or what an option chose."""
    if isinstance(usual, Option) and usual.name == option:
        return Option(usual.default, option, True)
    return Option(usual, option, True) if option and isinstance(usual, Const) and usual != other else usual


def _follows(value: Value, option: str) -> bool:
    """Whether a value is a literal, or chance, or what an option makes of one."""
    return all(
        isinstance(part, (Entropy, Const)) or (isinstance(part, Option) and (part.chosen or part.name == option != ""))
        for part in alternatives(value)
    )


def merge_variables(
    usual: dict[str, Value], other: dict[str, Value], biased: bool = False, option: str = ""
) -> dict[str, Value]:
    """What variables hold after either of two branches; one that only one branch sets keeps its value.

    With `biased`, an ordinary run takes the first: what the other leaves to chance does not count, nor does a
    literal, but that the value then follows the `option`.
    """
    out = dict(usual)
    for name, value in other.items():
        old = out.get(name)
        if old is value:
            continue
        if old is None:
            out[name] = value
        elif biased and _follows(value, option):
            out[name] = usually(old, value, option)
        else:
            out[name] = join(old, value)
    return out
