"""Applies the rows of API tables: what a library's callables do to streams, and what they give back."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from seedlint.flow import (
    attribute,
    builtin,
    calls,
    definitions,
    evaluate,
    iterate,
    options,
    process,
    settings,
)
from seedlint.flow.activation import Event
from seedlint.flow.machine import Frame, Machine
from seedlint.flow.state import ENTROPY, MAYBE, SEEDED, UNSEEDED, Spot, State, StreamState
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Alternatives,
    Class,
    Const,
    Container,
    Entropy,
    External,
    ExternalMethod,
    ExternalObject,
    Lazy,
    Object,
    Option,
    Scope,
    Through,
    Tuple,
    Value,
    alternatives,
    join,
    truth,
)
from seedlint.index.lower import Lowering
from seedlint.index.summary import Expression, Position
from seedlint.knowledge.schema import CallRow

Rows = Sequence[CallRow]
_NOWHERE: Position = (0, 0, 0, 0)
TRAINING = "self.training"
"""The flag under which tables record whether modules train or evaluate."""
DEEPEST_ROW = 3
"""Applications of one call within itself that are followed."""
KEPT = "kept"
"""The attribute under which a library's object keeps what it was given."""
_SOME_WORKER: Value = Alternatives(frozenset({Const(0), Const(1)}))
_ROW_NAMES = ("_", "training", "options", "commands", "each", "matches", "in_worker", "worker", "self")
"""Names in a row's expressions that are not the call's arguments."""


@lru_cache(maxsize=4096)
def parsed(text: str) -> Expression:
    """A table's expression, lowered."""
    return Lowering().expression(ast.parse(text, mode="eval").body)


@lru_cache(maxsize=4096)
def parsed_signature(text: str) -> tuple[tuple[Any, ...], ...]:
    """A table's signature, lowered."""
    definition = ast.parse(f"def f{text}: pass").body[0]
    assert isinstance(definition, ast.FunctionDef)
    return Lowering().parameters(definition.args)


# --- who is called -------------------------------------------------------------------------------


def call_external(m: Machine, name: str, args: calls.Arguments, pos: Position, text: str, decorating: bool) -> Value:
    """Call a library's function or class."""
    spelled, name = name, m.knowledge.canonical(name)
    if name == "os.environ.setdefault" and len(args.positional) == 2 and isinstance(args.positional[0], Const):
        set_environment(m, "os.environ", args.positional[0].value, args.positional[1], pos)
    known = builtin.call_builtin(m, name, args, pos)
    if known is None:
        known = options.call(m, name, args, pos)
    if known is None:
        known = settings.call(m, name, args, pos)
    if known is not None:
        return known
    rows = m.knowledge.calls(spelled)
    if not rows and spelled.endswith(".?"):
        rows = m.knowledge.family(spelled[:-2])
    if not rows:
        if m.knowledge.class_(name) is not None:
            return _instance(m, name, {}, args, pos, (*args.positional, *args.keywords.values()))
        return call_unknown(m, args, decorating)
    result = apply(m, rows, name, args, pos, text, None)
    if decorating and result is UNKNOWN and args.positional:
        return args.positional[0]
    return result


def call_unknown(m: Machine, args: calls.Arguments, decorating: bool = False) -> Value:
    """A call whose target nobody knows: no effect; iterating what it gives iterates what it was given."""
    first = args.positional[0] if args.positional else UNKNOWN
    options.note(m, (*args.positional, *args.keywords.values()))
    if decorating:
        return first
    iterate.consumed(m, args, m.line_of(None))
    for value in (*args.positional, *args.keywords.values()):
        if isinstance(value, Entropy):
            return value
    if any(_iterates(m, part) for part in alternatives(first)):
        return Through((first,))
    return UNKNOWN


def _iterates(m: Machine, value: Value) -> bool:
    if not isinstance(value, (ExternalObject, Object)):
        return isinstance(value, (Lazy, Through))
    bases = [value.cls] if isinstance(value, ExternalObject) else definitions.library_bases(value.cls)
    return any(m.knowledge.method(base, "__iter__") is not None for base in bases)


def call_bound(m: Machine, method: ExternalMethod, args: calls.Arguments, pos: Position, text: str) -> Value:
    """Call a method of a library's class."""
    receiver, cls, name = method.receiver, method.cls, method.name
    if cls.startswith("builtins."):
        return builtin.call_method(m, receiver, name, args, pos)
    if name == "__init__" and not cls:
        if isinstance(receiver, Object):
            construct_base(m, receiver, definitions.library_bases(receiver.cls), args, pos, text)
        return UNKNOWN
    if isinstance(receiver, ExternalObject) and options.knows(cls, name):
        return options.call_method(m, receiver, name, args, pos)
    found = m.knowledge.method(cls, name)
    if found is None:
        return call_unknown(m, args)
    return apply(m, found[1], f"{found[0]}.{name}", args, pos, text, receiver)


def call_external_method(m: Machine, owner: Value, name: str, values: Sequence[Value], pos: Position) -> Value:
    """Call a library object's method by name, if a table has it."""
    cls = owner.cls if isinstance(owner, ExternalObject) else ""
    found = m.knowledge.method(cls, name) if isinstance(cls, str) else None
    if found is None:
        return UNKNOWN
    return apply(m, found[1], f"{found[0]}.{name}", calls.Arguments(values), pos, name, owner)


def call_external_object(
    m: Machine, owner: ExternalObject, args: calls.Arguments, pos: Position, text: str, decorating: bool
) -> Value:
    """Call an instance of a library's class."""
    if owner.cls == options.DECORATOR and args.positional:
        options.decorate(m, owner, args.positional[0])
        return args.positional[0]
    found = m.knowledge.method(owner.cls, "__call__")
    if found is None:
        return call_unknown(m, args, decorating)
    return apply(m, found[1], f"{found[0]}.__call__", args, pos, text, owner)


def construct_base(
    m: Machine, instance: Object, bases: Sequence[str], args: calls.Arguments, pos: Position, text: str
) -> None:
    """Run the constructors of the library classes that an instance derives from."""
    for base in bases:
        rows = m.knowledge.calls(base)
        if rows:
            apply(m, rows, base, args, pos, text, None, instance)


def method_anywhere(m: Machine, owner: Value, name: str) -> Value:
    """A method on an object nobody knows, whose name only one class of the tables has."""
    row_name = m.distinct_methods.get(name)
    if row_name is None:
        return UNKNOWN
    return ExternalMethod(owner, row_name, name)


def is_module(m: Machine, cls: Class) -> bool:
    """Whether constructing a class is building a module or an estimator."""
    for base in definitions.library_bases(cls):
        if any(row.module for row in m.knowledge.calls(base)):
            return True
        for name in m.knowledge.bases(base):
            row = m.knowledge.class_(name)
            if row is not None and row.call is not None:
                return True
    return False


def call_name(m: Machine, base: str) -> str | None:
    """The method that calling an instance of a library's class runs."""
    for name in m.knowledge.bases(base):
        row = m.knowledge.class_(name)
        if row is not None and row.call is not None:
            return row.call
    return None


def iterate_external(m: Machine, value: ExternalObject | Object, pos: Position) -> Value:
    """Iterate a library's object; its draws stand where it was built."""
    bases = [value.cls] if isinstance(value, ExternalObject) else definitions.library_bases(value.cls)
    for base in bases:
        found = m.knowledge.method(base, "__iter__")
        if found is not None:
            name = f"{found[0]}.__iter__"
            stands = m.places.get(value.id)
            return apply(m, found[1], name, calls.Arguments(), pos, name, value, None, stands)
    if isinstance(value, ExternalObject) and "<entropy>" in m.heap[value.id]:
        return Entropy(value.cls)
    return UNKNOWN


# --- what a row does -----------------------------------------------------------------------------


class Application:
    """One row applied to one call."""

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
        self.child: State | None = None
        self.drawn: list[dict[str, Any]] = []

    def value(self, text: str) -> Value:
        """Evaluate one of the row's expressions."""
        m = self.m
        name = self.variables.get(text)
        if name is not None:
            return name
        scope = Scope(m.frame.scope.module)
        scope.variables = self.variables
        frame = Frame(scope, m.frame.activation)
        frame.at, frame.literals, frame.way = self.spot, m.frame.literals, m.frame.way
        frame.context = m.identity("row", self.spot.module, self.spot.pos, self.row.names[0])
        with m.within(frame):
            return evaluate.evaluate(m, parsed(text))

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
        variables = bind_signature(m, row, args, receiver)
        if instance is not None:
            for key in _named_parameters(row):
                m.heap[instance.id].setdefault(key, variables[key])
            variables["self"] = instance
        work = Application(m, row, name, variables, spot, pos, text, stands, given)
        if row.stands is not None:
            work.stands = _built_at(m, work.value(row.stands)) or stands
        if not work.holds():
            value = _result(work, None)
        else:
            drawn = _draws(work)
            _seeds(work)
            _settings(work)
            ran = _runs(work)
            value = _result(work, drawn)
            if isinstance(value, ExternalObject):
                if row.module:
                    m.frame.activation.built.add(value.id)
                    for detail in work.drawn:
                        detail["made"] = value.id
                if work.child is not None and value != variables.get("self"):
                    m.children[value.id] = work.child
            if value is UNKNOWN and ran is not None and row.starts:
                value = ran
        if value is not UNKNOWN:
            result = value if result is None else join(result, value)
    if result is None and m.knowledge.class_(name) is not None and instance is None and receiver is None:
        result = _instance(m, name, bind_signature(m, rows[0], args, receiver), args, pos, given)
    return UNKNOWN if result is None else result


def _named_parameters(row: CallRow) -> list[str]:
    """The parameters of a row's signature that take one argument each."""
    parameters = parsed_signature(row.signature) if row.signature is not None else ()
    return [name for name, kind, *_ in parameters if kind not in ("args", "kwargs") and name != "self"]


def _built_at(m: Machine, value: Value) -> Spot | None:
    """Where an object was made, if that is one known place."""
    places = {m.places.get(part.id) for part in alternatives(value) if isinstance(part, (Object, ExternalObject))}
    return places.pop() if len(places) == 1 else None


def bind_signature(m: Machine, row: CallRow, args: calls.Arguments, receiver: Value | None) -> dict[str, Value]:
    """The row's parameters with the arguments of the call."""
    out: dict[str, Value] = {"_": UNKNOWN, "args": Tuple(tuple(args.positional))}
    out["training"] = m.flags.get(TRAINING, UNKNOWN)
    out["options"] = External("<options>")
    out["commands"] = External("<commands>")
    out["each"] = External("<each>")
    out["matches"] = External("<matches>")
    out["in_worker"] = Const(False)
    out["worker"] = _SOME_WORKER
    if receiver is not None:
        out["self"] = receiver
    if row.signature is None:
        return out
    positional, keywords = list(args.positional), dict(args.keywords)
    for name, kind, default, _, given in parsed_signature(row.signature):
        fallback = evaluate.evaluate(m, default) if given else UNKNOWN
        if name == "self":
            continue
        if kind == "args":
            out[name] = UNKNOWN if args.more and not positional else Tuple(tuple(positional))
            positional = []
        elif kind == "kwargs":
            number = m.identity("row kwargs", row.names[0], tuple(sorted(keywords.items(), key=lambda k: k[0])))
            for key, value in keywords.items():
                m.heap[number][Const(key)] = value
            out[name] = Container("dict", number)
        elif positional and kind != "keyword":
            out[name] = positional.pop(0)
            keywords.pop(name, None)
        elif name in keywords:
            out[name] = builtin.present(keywords.pop(name), fallback)
        elif args.more_keywords or (args.more and kind != "keyword"):
            out[name] = Option(fallback) if isinstance(fallback, Const) else UNKNOWN
        else:
            out[name] = fallback if given else NONE
    return out


def _draws(work: Application) -> bool | None:
    """Draw from the row's streams; None if it draws from none, else whether the draw was covered."""
    row, m = work.row, work.m
    if not row.draws:
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
    inside = function is not None and function.owner is not None and is_module(work.m, function.owner)
    return inside or work.name.endswith(("__call__", ".forward"))


def _saved(work: Application) -> str:
    """What is known of a saved state that is put back."""
    given = work.variables["args"]
    return seed_kind(work.m, given.items[0]) if isinstance(given, Tuple) and given.items else "unknown"


def _held(m: Machine, owner: Value) -> frozenset[int]:
    """An object, and all that it holds: the modules that a module is made of."""
    found: set[int] = set()
    waiting: list[Value] = [owner]
    while waiting:
        for part in alternatives(waiting.pop()):
            if isinstance(part, Tuple):
                waiting += part.items
            elif isinstance(part, (Object, ExternalObject, Container)) and part.id not in found:
                found.add(part.id)
                waiting += m.heap[part.id].values()
    return frozenset(found)


def _settings(work: Application) -> None:
    """Set flags, keep values and leave marks."""
    for flag, expression in work.row.sets:
        value = work.value(expression)
        work.m.flags[flag] = value
        work.event("flag", "", StreamState(SEEDED), flag=flag, value=value)
    owner = work.variables.get("self")
    if work.row.keeps and isinstance(owner, ExternalObject):
        work.m.store(owner.id, KEPT, builtin.with_item(work.m, owner.id, KEPT, work.value(work.row.keeps)))
    for part in alternatives(work.value(work.row.overwrites)) if work.row.overwrites else ():
        if isinstance(part, (Object, ExternalObject)):
            work.event("overwrite", "", StreamState(SEEDED), ids=_held(work.m, part))
    generator = owner.id if isinstance(owner, ExternalObject) and owner.id in work.m.generators else 0
    for mark in work.row.marks:
        work.event("mark", "", StreamState(SEEDED), mark=mark, generator=generator, layer=_in_layer(work))


def _runs(work: Application) -> Value | None:
    """Call back what the row says, where it says."""
    row, m = work.row, work.m
    if not row.runs:
        return None
    result: Value = UNKNOWN

    def run() -> None:
        nonlocal result
        for expression in row.runs:
            result = work.value(expression)

    if row.process is None:
        run()
        return result
    ways = work.in_worker()
    if True in ways:
        work.variables["in_worker"] = Const(True)
        process.run_in(m, work, run)
        work.variables["in_worker"] = Const(False)
    if False in ways:
        run()
    return result


def _result(work: Application, drawn: bool | None) -> Value:
    """What the call gives back."""
    row, m = work.row, work.m
    if row.entropy:
        return Entropy(work.name)
    if any(m.stream_state(name).kind not in (SEEDED, MAYBE) for name in row.reads if name in m.stream_index):
        return Entropy(work.name)
    if row.makes:
        made = _make_generator(work)
        return work.value(row.value) if row.value else made
    if row.scope or row.stills:
        holder = ExternalObject("<scope>", m.allocate(work.pos, "scope"))
        m.heap[holder.id]["<streams>"] = Tuple(tuple(Const(name) for name in row.scope + row.stills))
        m.heap[holder.id]["<stills>"] = Tuple(tuple(Const(name) for name in row.stills))
        return holder
    if row.value:
        return work.value(row.value)
    if row.type and m.knowledge.canonical(row.type) == work.name and "self" not in work.variables:
        return _instance(m, work.name, work.variables, calls.Arguments(), work.pos, work.given)
    if row.type:
        made = ExternalObject(m.knowledge.canonical(row.type), m.allocate(work.pos, (row.type, drawn is False)))
        if drawn is False:
            m.heap[made.id]["<entropy>"] = Const(True)
        m.places.setdefault(made.id, work.spot)
        return made
    if m.knowledge.class_(work.name) is not None and "self" not in work.variables:
        return _instance(m, work.name, work.variables, calls.Arguments(), work.pos, work.given)
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
    work.event("generator", "", state, value=kind, id=made.id)
    options.note(m, [value])
    m.places.setdefault(made.id, work.spot)
    m.generators.add(made.id)
    return made


def _instance(
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
        if key not in _ROW_NAMES:
            m.store(made.id, key, value)
    for key, value in args.keywords.items():
        cell.setdefault(key, value)
    if args.positional and "args" not in cell:
        cell["args"] = Tuple(tuple(args.positional))
    return made


# --- flags, the environment, contexts ------------------------------------------------------------


def set_flag(m: Machine, name: str, value: Value, target: Expression) -> None:
    """Assign an attribute of a library, which may be a flag."""
    flag = m.knowledge.flag(m.knowledge.canonical(name))
    if flag is not None:
        m.flags[flag] = value
        spot = Spot(m.frame.scope.module, m.line_of(target))
        m.record(Event("flag", spot, name, "", StreamState(SEEDED), None, {"flag": flag, "value": value}))


def set_environment(m: Machine, owner: str, key: object, value: Value, pos: Position) -> None:
    """Assign an environment variable, which may be a flag."""
    if owner == "os.environ":
        flag = m.knowledge.environment(str(key))
        if flag is not None:
            m.flags[flag] = value
            m.record(
                Event(
                    "flag",
                    m.here(pos),
                    f"os.environ[{key!r}]",
                    "",
                    StreamState(SEEDED),
                    None,
                    {"flag": flag, "value": value},
                )
            )


def enter(m: Machine, manager: Value, pos: Position, leave: list[Callable[[], None]]) -> Value:
    """Enter a context; `leave` is given what its end does."""
    if isinstance(manager, ExternalObject) and manager.cls == "<scope>":
        _put_back(m, _texts(m, manager, "<streams>"), leave)
        m.set_streams(tuple(_texts(m, manager, "<stills>")), StreamState(SEEDED, m.here(pos)))
        return UNKNOWN
    if isinstance(manager, Lazy):
        return _enter_generator(m, manager, pos, leave)
    if isinstance(manager, Object):
        value = calls.call_method(m, manager, "__enter__", [], pos)
        leave.append(lambda: _leave_object(m, manager, pos))
        return value if value is not UNKNOWN else manager
    if isinstance(manager, ExternalObject):
        return manager
    return UNKNOWN


def _texts(m: Machine, holder: ExternalObject, key: str) -> list[str]:
    """The names that a context of a table's row keeps under a key."""
    names = m.heap[holder.id][key]
    return [str(name.value) for name in names.items if isinstance(name, Const)] if isinstance(names, Tuple) else []


def _leave_object(m: Machine, manager: Object, pos: Position) -> None:
    calls.call_method(m, manager, "__exit__", [UNKNOWN, UNKNOWN, UNKNOWN], pos)


def _enter_generator(m: Machine, manager: Lazy, pos: Position, leave: list[Callable[[], None]]) -> Value:
    """A `@contextmanager` function: what it puts back after its `yield` is put back on leaving."""
    before, held = m.state, m.held_restores
    m.held_restores = set()
    value = iterate.iterate(m, manager, pos)
    names, m.held_restores = m.held_restores, held

    def put_back() -> None:
        changes = {m.stream_index[name]: before[m.stream_index[name]] for name in names if name in m.stream_index}
        m.state = tuple(changes.get(i, state) for i, state in enumerate(m.state))

    leave.append(put_back)
    return value


def _put_back(m: Machine, names: Sequence[str], leave: list[Callable[[], None]]) -> None:
    before = m.state
    indices = {m.stream_index[name] for name in names if name in m.stream_index}

    def put_back() -> None:
        m.state = tuple(before[i] if i in indices else state for i, state in enumerate(m.state))

    leave.append(put_back)


__all__ = ["MAYBE", "apply", "attribute", "call_external", "is_module"]
