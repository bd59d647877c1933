"""What a row of an API table does when its callable is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from seedlint.flow import (
    calls,
    containers,
    definitions,
    evaluate,
    library,
    options,
    parts,
    process,
    signatures,
)
from seedlint.flow.activation import Edge, Event
from seedlint.flow.machine import Frame, Machine
from seedlint.flow.mode import ENTERED, OWN, own
from seedlint.flow.state import ENTROPY, MAYBE, SEEDED, UNSEEDED, Spot, State, StreamState
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Alternatives,
    Const,
    Entropy,
    ExternalObject,
    Function,
    Object,
    Option,
    Scope,
    Tuple,
    Value,
    alternatives,
    join,
    truth,
)
from seedlint.index.summary import Position
from seedlint.knowledge.schema import CallRow

Rows = Sequence[CallRow]
_NOWHERE: Position = (0, 0, 0, 0)
DEEPEST_ROW = 3
"""Applications of one call within itself that are followed."""
KEPT = "kept"
"""The attribute under which a library's object keeps what it was given."""


class Application:
    """One row applied to one call."""

    __slots__ = (
        "child",
        "drawn",
        "frame",
        "given",
        "m",
        "name",
        "outer",
        "pos",
        "row",
        "spot",
        "stands",
        "text",
        "variables",
    )

    def __init__(
        self,
        m: Machine,
        row: CallRow,
        name: str,
        variables: dict[str, Value],
        spot: Spot,
        pos: Position,
        text: str,
        stands: Spot | None,
        given: Sequence[Value] = (),
    ) -> None:
        self.m, self.row, self.name, self.pos, self.text = m, row, name, pos, text
        self.variables, self.spot, self.stands = variables, spot, stands
        self.given = given
        self.outer: Frame | None = None
        """The frame within which the row's expressions were last evaluated in `frame`, one of their own."""
        self.frame = m.frame
        self.child: State | None = None
        self.drawn: list[dict[str, Any]] = []

    def value(self, text: str) -> Value:
        """Evaluate one of the row's expressions."""
        m = self.m
        m.asked |= signatures.asks_for(text)
        name = self.variables.get(text)
        if name is not None:
            return name
        expression = signatures.parsed(text)
        if expression is None or expression[0] == "const":
            return evaluate.evaluate(m, expression)
        if self.outer is not m.frame:
            self.outer, self.frame = m.frame, self._own_frame()
        with m.within(self.frame):
            return evaluate.evaluate(m, expression)

    def _own_frame(self) -> Frame:
        """Where the row's expressions see the arguments; what they make lies at the call."""
        m = self.m
        scope = Scope(m.frame.scope.module)
        scope.variables = self.variables
        frame = Frame(scope, m.frame.activation)
        frame.at, frame.literals, frame.way = self.spot, m.frame.literals, m.frame.way
        owner = self.variables.get("self")
        site = ("row", self.row.names[0], owner.id if isinstance(owner, (Object, ExternalObject)) else 0)
        frame.context = m.identity(*site, self.spot)
        m.sites[frame.context] = site
        return frame

    def holds(self) -> bool:
        """Whether the row's condition holds on an ordinary run."""
        if self.row.when is None:
            return True
        value = self.value(self.row.when)
        answer, _ = truth(value)
        if answer is None and self.row.unknown == "quiet":
            return any(truth(part)[0] for part in alternatives(value))
        return answer is not False

    def in_worker(self) -> set[bool]:
        """Whether an ordinary run calls back in another process, or both; where nobody knows, in another."""
        value = self.value(self.row.process_when) if self.row.process_when is not None else UNKNOWN
        answers = {truth(part)[0] for part in alternatives(value)}
        return {True if answer is None else answer for answer in answers}

    def event(self, kind: str, stream: str, state: StreamState, **detail: Any) -> None:
        """Record what happened."""
        if kind == "draw":
            self.drawn.append(detail)
        self.m.record(Event(kind, self.spot, self.name, stream, state, self.stands, detail))


def apply(
    m: Machine,
    rows: Rows,
    name: str,
    args: calls.Arguments,
    pos: Position,
    text: str,
    receiver: Value | None,
    instance: Object | None = None,
    stands: Spot | None = None,
) -> Value:
    """Do what the rows of one callable say, in order, and return what it gives back."""
    key = (name, receiver, m.here(pos))
    within = m.applying.get(key, 0)
    if within >= DEEPEST_ROW:
        return UNKNOWN
    m.applying[key] = within + 1
    try:
        return _apply_each(m, rows, name, args, pos, text, receiver, instance, stands)
    finally:
        m.applying[key] = within


def _apply_each(
    m: Machine,
    rows: Rows,
    name: str,
    args: calls.Arguments,
    pos: Position,
    text: str,
    receiver: Value | None,
    instance: Object | None,
    stands: Spot | None,
) -> Value:
    """Apply the rows, each to its own reading of the arguments."""
    result: Value | None = None
    spot = m.here(pos)
    options.note(m, [value for name, value in args.keywords.items() if options.names_a_seed(name)])
    given = (*args.positional, *args.keywords.values())
    for row in rows:
        variables = signatures.bind_signature(m, row, args, receiver, spot)
        if instance is not None:
            for key in signatures.named_parameters(row):
                m.heap[instance.id].setdefault(key, variables[key])
            variables["self"] = instance
        work = Application(m, row, name, variables, spot, pos, text, stands, given)
        if row.stands is not None:
            work.stands = _built_at(m, work.value(row.stands)) or stands
        if not work.holds():
            value = UNKNOWN if row.makes or row.scope or row.stills else _result(work, None, held=False)
        else:
            drawn = _draws(work)
            _seeds(work)
            _settings(work)
            ran = _runs(work)
            value = _result(work, drawn)
            if work.drawn and row.value in variables:
                filled = parts.filled(m, value)
                for detail in work.drawn if filled is not None else ():
                    detail["made"] = filled
            if isinstance(value, ExternalObject):
                if row.module:
                    m.frame.activation.built.add(value.id)
                    for detail in work.drawn:
                        detail["made"] = (value.id,)
                if work.child is not None and value != variables.get("self"):
                    m.clock.now += 1
                    m.children[value.id] = work.child
            if value is UNKNOWN and ran is not None and row.starts:
                value = ran
        if value is not UNKNOWN:
            result = value if result is None else join(result, value)
    if result is None and m.knowledge.class_(name) is not None and instance is None and receiver is None:
        result = instance_of(m, name, signatures.bind_signature(m, rows[0], args, receiver, spot), args, pos, given)
    return UNKNOWN if result is None else result


def _built_at(m: Machine, value: Value) -> Spot | None:
    """Where an object was made, if that is one known place."""
    places = {m.places.get(part.id) for part in alternatives(value) if isinstance(part, (Object, ExternalObject))}
    return places.pop() if len(places) == 1 else None


def _runs_hook(work: Application) -> bool:
    """Whether a subclass has its own method in the place of that in which a constructor draws; it is run then."""
    owner = work.variables.get("self")
    if work.row.hook is None or not isinstance(owner, Object):
        return False
    method = definitions.find_in_class(owner.cls, work.row.hook)
    if not isinstance(method, Function):
        return False
    calls.call_function(work.m, method, calls.Arguments([owner]), work.pos, work.text, "module", made=owner.id)
    return True


def _draws(work: Application) -> bool | None:
    """Draw from the row's streams; None if it draws from none, else whether the draw was covered."""
    row, m = work.row, work.m
    if not row.draws or _runs_hook(work):
        return None
    covered = True
    if row.generator is not None and _given(m, work.value(row.generator)):
        return None
    if row.random_state is not None and _given(m, work.value(row.random_state)):
        options.note(m, [work.value(row.random_state)])
        return None
    silent = row.matters is not None and truth(work.value(row.matters))[0] is False
    for stream in _devices(work):
        state = m.stream_state(stream)
        covered = covered and state.kind == SEEDED
        if silent:
            continue
        work.event(
            "draw",
            stream,
            state,
            parameter=_parameter_name(row.random_state or ""),
            workers=row.process == "worker" and True in work.in_worker(),
            module=row.module,
            implicit=row.module or work.name.endswith("__call__"),
            device=_device_number(work),
        )
    return covered


def _device_number(work: Application) -> str:
    """The number in the name of the device that a draw is made on, where one is given."""
    value = work.value(work.row.device) if work.row.device is not None else NONE
    return value.value.partition(":")[2] if isinstance(value, Const) and isinstance(value.value, str) else ""


def _parameter_name(expression: str) -> str:
    """The parameter that an expression such as `self.random_state` or `seed if rng is None else rng` looks at first."""
    return expression.removeprefix("self.").partition(" ")[0]


def _given(m: Machine, value: Value) -> bool:
    """Whether an argument replaces the stream: anything but None."""
    value = value.default if isinstance(value, Option) else value
    return value != NONE and not (isinstance(value, Alternatives) and NONE in value.values)


def _devices(work: Application) -> tuple[str, ...]:
    """The row's streams; on a device that has a stream of its own, that one."""
    row, m = work.row, work.m
    if row.device is None:
        return row.draws
    device = device_name(m, work.value(row.device))
    return (device,) if device in m.stream_index else row.draws


def device_name(m: Machine, value: Value) -> str:
    """The kind of device that a value names, where it is one kind on every run."""
    if isinstance(value, Const) and isinstance(value.value, str):
        return value.value.partition(":")[0]
    if isinstance(value, ExternalObject):
        for item in m.heap[value.id].values():
            if isinstance(item, Const) and isinstance(item.value, str):
                return item.value.partition(":")[0]
    return ""


def seed_kind(m: Machine, value: Value) -> str:
    """What a seed's value is: "none", "entropy", "option", "constant" or "unknown"."""
    if isinstance(value, Option):
        kind = seed_kind(m, value.default)
        return "option" if kind in ("constant", "unknown") else kind
    if value == NONE:
        return "none"
    if isinstance(value, Entropy):
        return "entropy"
    if isinstance(value, Const):
        return "constant"
    if isinstance(value, ExternalObject) and "<entropy>" in m.heap[value.id]:
        return "entropy"
    if isinstance(value, (Alternatives, Tuple)):
        parts = value.values if isinstance(value, Alternatives) else value.items
        kinds = {seed_kind(m, part) for part in parts}
        for kind in ("entropy", "option", "unknown", "constant", "none"):
            if kind in kinds:
                return kind
    return "unknown"


def _seeds(work: Application) -> None:
    """Seed the row's streams, or put back a saved state."""
    row, m = work.row, work.m
    if row.restores:
        if m.held_restores is not None:
            m.held_restores.update(row.restores)
        else:
            saved = _saved(work)
            m.set_streams(row.restores, StreamState(UNSEEDED if saved == "entropy" else SEEDED, work.spot))
        return
    if not row.seeds:
        return
    value = work.value(row.seed) if row.seed else NONE
    kind = seed_kind(m, value)
    option = next((part.name for part in alternatives(value) if isinstance(part, Option)), "")
    if kind == "none":
        missing = row.missing or "entropy"
        if missing == "kept":
            return
        kind = {"fixed": "constant", "error": "constant", "unseeds": "unseeds"}.get(missing, "entropy")
    states = {"entropy": StreamState(ENTROPY, work.spot), "unseeds": StreamState(UNSEEDED)}
    state = states.get(kind, StreamState(SEEDED, work.spot))
    if row.seeds == ("self",):
        owner = work.variables.get("self")
        if isinstance(owner, ExternalObject):
            work.event("reseed", "", state, id=owner.id)
            options.note(m, [value])
        return
    source = next((p.source for p in alternatives(value) if isinstance(p, Entropy)), "")
    for stream in row.seeds:
        work.event("seed", stream, state, value=kind, option=option, source=source, fixed=_fixed(m, value))
    options.note(m, [value])
    m.set_streams(row.seeds, state)


def _fixed(m: Machine, value: Value) -> bool:
    """Whether a seed's value is the same whenever the line runs."""
    return seed_kind(m, value.default if isinstance(value, Option) else value) == "constant"


def _in_layer(work: Application) -> bool:
    """Whether a module's own method makes the call, or the call is that of a module."""
    function = work.m.frame.function
    inside = function is not None and function.owner is not None and library.is_module(work.m, function.owner)
    return inside or work.name.endswith(("__call__", ".forward"))


def _saved(work: Application) -> str:
    """What is known of a saved state that is put back."""
    given = work.variables["args"]
    return seed_kind(work.m, given.items[0]) if isinstance(given, Tuple) and given.items else "unknown"


def _settings(work: Application) -> None:
    """Set flags, keep values and leave marks."""
    for flag, expression in work.row.sets:
        value = work.value(expression)
        held = parts.held(work.m, work.variables.get("self", UNKNOWN)) if flag.startswith(OWN) else ()
        work.m.set_flags({flag: value, **{own(flag, number): value for number in held}})
        work.event("flag", "", StreamState(SEEDED), flag=flag, value=value)
    owner = work.variables.get("self")
    if work.row.keeps and isinstance(owner, ExternalObject):
        work.m.store(owner.id, KEPT, containers.with_item(work.m, owner.id, KEPT, work.value(work.row.keeps)))
    for part in alternatives(work.value(work.row.overwrites)) if work.row.overwrites else ():
        if isinstance(part, (Object, ExternalObject)):
            partly = work.row.partly is not None and truth(work.value(work.row.partly))[0] is not False
            ids = parts.held(work.m, part) | {work.m.owners.get(part.id, part.id)}
            work.event("overwrite", "", StreamState(SEEDED), ids=ids, partly=partly)
    generator = owner.id if isinstance(owner, ExternalObject) and owner.id in work.m.generators else 0
    if work.row.marks:
        work.m.asked.add(ENTERED)
    for mark in work.row.marks:
        tags = {"generator": generator, "layer": _in_layer(work), "during": work.m.during}
        work.event("mark", "", StreamState(SEEDED), mark=mark, **tags)


def _runs(work: Application) -> Value | None:
    """Call back what the row says, where it says."""
    row, m = work.row, work.m
    if not row.runs:
        return None
    result: Value = UNKNOWN

    def run() -> None:
        nonlocal result
        before, m.during = m.during, m.during.union(row.during)
        try:
            for expression in row.runs:
                result = work.value(expression)
        finally:
            m.during = before

    if row.process is None:
        events = m.frame.activation.events
        before = len(events)
        run()
        filled = work.value(row.fills) if row.fills is not None else UNKNOWN
        if isinstance(filled, (Object, ExternalObject)):
            events[before:] = [replace(e, fills=filled.id) if isinstance(e, Edge) else e for e in events[before:]]
        return result
    ways = work.in_worker()
    if True in ways:
        work.variables["in_worker"] = Const(True)
        process.run_in(m, work, run)
        work.variables["in_worker"] = Const(False)
    if False in ways:
        run()
    return result


def _result(work: Application, drawn: bool | None, held: bool = True) -> Value:
    """What the call gives back; it reads streams only where the row's condition has `held`."""
    row, m = work.row, work.m
    if row.entropy:
        return Entropy(work.name)
    if held and any(m.stream_state(name).kind not in (SEEDED, MAYBE) for name in row.reads if name in m.stream_index):
        return Entropy(work.name)
    if row.makes:
        made = _make_generator(work)
        return work.value(row.value) if row.value else made
    if row.scope or row.stills:
        holder = instance_of(m, "<scope>", work.variables, calls.Arguments(), work.pos, ())
        m.heap[holder.id]["<streams>"] = Tuple(tuple(Const(name) for name in row.scope + row.stills))
        m.heap[holder.id]["<stills>"] = Tuple(tuple(Const(name) for name in row.stills))
        return holder
    if row.value:
        return work.value(row.value)
    if row.type and m.knowledge.canonical(row.type) == work.name and "self" not in work.variables:
        return instance_of(m, work.name, work.variables, calls.Arguments(), work.pos, work.given)
    if row.type:
        made = ExternalObject(m.knowledge.canonical(row.type), m.allocate(work.pos, (row.type, drawn is False)))
        if drawn is False:
            m.heap[made.id]["<entropy>"] = Const(True)
        m.places.setdefault(made.id, work.spot)
        return made
    if m.knowledge.class_(work.name) is not None and "self" not in work.variables:
        return instance_of(m, work.name, work.variables, calls.Arguments(), work.pos, work.given)
    iterates = work.name.endswith(".__iter__")
    return Entropy(work.name) if drawn is False and not iterates else UNKNOWN


def _make_generator(work: Application) -> Value:
    """An explicit generator, with a state of its own."""
    row, m = work.row, work.m
    value = work.value(row.seed) if row.seed else NONE
    kind = seed_kind(m, value)
    if kind == "none":
        kind = "constant" if row.missing in ("fixed", "error") else "unseeded"
    state = {
        "entropy": StreamState(ENTROPY, work.spot),
        "unseeded": StreamState(UNSEEDED),
    }.get(kind, StreamState(SEEDED, work.spot))
    made = ExternalObject(m.knowledge.canonical(str(row.makes)), m.allocate(work.pos, row.makes))
    work.event("generator", "", state, value=kind, id=made.id, keyword=_seed_keyword(row), given=_seed_text(m, row))
    options.note(m, [value])
    m.places.setdefault(made.id, work.spot)
    m.generators.add(made.id)
    return made


def _seed_text(m: Machine, row: CallRow) -> str:
    """How a seed is passed, as text."""
    if row.passes is None:
        return "seed"
    return f"{row.passes}({next(row.seed for row in m.knowledge.calls(row.passes) if row.seed)}=seed)"


def _seed_keyword(row: CallRow) -> str:
    """The parameter that takes the seed, where it is not the first."""
    name = _parameter_name(row.seed or "")
    return "" if signatures.named_parameters(row)[:1] == [name] else name


def instance_of(
    m: Machine,
    name: str,
    variables: dict[str, Value],
    args: calls.Arguments,
    pos: Position,
    given: Sequence[Value],
) -> ExternalObject:
    """An instance of a library's class that remembers its constructor's arguments."""
    made = ExternalObject(name, m.allocate(pos, name, given))
    m.places.setdefault(made.id, m.here(pos))
    cell = m.heap[made.id]
    for key, value in variables.items():
        if key not in signatures.NAMES:
            m.store(made.id, key, value)
    for key, value in args.keywords.items():
        cell.setdefault(key, value)
    if args.positional and "args" not in cell:
        cell["args"] = Tuple(tuple(args.positional))
    return made
