"""Calls of whatever a callee may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seedlint.flow import attribute, builtin, containers, definitions, execute, iterate, library
from seedlint.flow.activation import Activation, Edge, Turn, option_of
from seedlint.flow.machine import DEEPEST_CALL, STEP_BUDGET, Frame, Machine, literals, usually
from seedlint.flow.mode import TRAINING, Mode, mode_of
from seedlint.flow.state import Spot, State, join_states
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
    Function,
    Lazy,
    Method,
    Object,
    Option,
    Partial,
    Scope,
    Super,
    Through,
    Tuple,
    Value,
    Wrapped,
    alternatives,
    join,
)
from seedlint.flow.writes import Fork
from seedlint.index.summary import Position

MOST_SILENT = 8
"""Objects of many on which one method is called, if it does nothing to the streams and leaves no event on these."""
DEEPEST_RECURSION = 2
"""Calls of one body within itself that are followed."""


class Arguments:
    """The arguments of one call; `more` and `more_keywords` say that others may follow, or that nobody knows any."""

    __slots__ = ("keywords", "more", "more_keywords", "nobody_knows", "positional")

    def __init__(self, positional: Sequence[Value] = (), keywords: dict[str, Value] | None = None) -> None:
        self.positional = list(positional)
        self.keywords = dict(keywords or {})
        self.more = False
        self.more_keywords = False
        self.nobody_knows = False

    def spread(self, m: Machine, value: Value, pos: Position) -> None:
        """Add what `*value` passes."""
        items = iterate.taken_items(m, value, pos)
        if items is None:
            self.more = True
            self.positional.append(iterate.iterate(m, value, pos))
        else:
            self.positional += items

    def spread_keywords(self, m: Machine, value: Value) -> None:
        """Add what `**value` passes."""
        known, whole = containers.known_entries(m, value)
        self.keywords.update(known)
        self.more_keywords = self.more_keywords or not whole

    def before(self, *values: Value) -> Arguments:
        """The same arguments behind some others."""
        out = Arguments([*values, *self.positional], self.keywords)
        out.more, out.more_keywords, out.nobody_knows = self.more, self.more_keywords, self.nobody_knows
        return out


def call(
    m: Machine,
    callee: Value,
    args: Arguments,
    pos: Position,
    text: str,
    mode: str = "",
    stands: Spot | None = None,
    decorating: bool = False,
) -> Value:
    """Call a value; what cannot be known has no effect."""
    if isinstance(callee, Alternatives):
        return _call_each(m, callee, args, pos, text, mode, stands)
    if isinstance(callee, Function):
        return call_function(m, callee, args, pos, text, mode, stands)
    if isinstance(callee, Method):
        if isinstance(callee.receiver, Class) and library.is_module(m, callee.receiver):
            mode = mode or "module"
        return call_function(m, callee.function, args.before(callee.receiver), pos, text, mode, stands)
    if isinstance(callee, Class):
        return instantiate(m, callee, args, pos, text)
    if isinstance(callee, External):
        return library.call_external(m, callee.name, args, pos, text, decorating)
    if isinstance(callee, ExternalMethod):
        return library.call_bound(m, callee, args, pos, text)
    if isinstance(callee, Object):
        return _call_object(m, callee, args, pos, text, mode, stands)
    if isinstance(callee, ExternalObject):
        return library.call_external_object(m, callee, args, pos, text, decorating)
    if isinstance(callee, Partial):
        return call(m, callee.function, _merged(callee, args), pos, text, mode, stands)
    if isinstance(callee, Wrapped):
        return call(m, callee.value, args, pos, text, mode, stands)
    if isinstance(callee, Entropy):
        return callee
    return library.call_unknown(m, args, decorating)


def _merged(callee: Partial, args: Arguments) -> Arguments:
    """The arguments that were given in advance, and those that are given now."""
    merged = Arguments([*callee.args, *args.positional], {**dict(callee.keywords), **args.keywords})
    merged.more, merged.more_keywords = args.more, args.more_keywords
    return merged


def _call_each(
    m: Machine, callee: Alternatives, args: Arguments, pos: Position, text: str, mode: str, stands: Spot | None
) -> Value:
    """Call one of several: each from the same state, on a way of its own."""
    state, before, flags, events = m.state, m.frame.way, m.flags, m.frame.activation.events
    out: list[tuple[State, Value]] = []
    fork = Fork(m.writes, m.frame.scope)
    silent: dict[Any, int] = {}
    for part in callee.by_name:
        if part in (NONE, UNKNOWN) or isinstance(part, Const):
            continue
        body = _body(part)
        if silent.get(body, 0) >= MOST_SILENT or not _accepts(part, args):
            continue
        m.state, m.frame.way, told = state, (*before, Turn(m.here(pos), len(out) + 1)), len(events)
        with m.maybe(), fork.way():
            out.append(_flow(m, part, args, pos, text, mode, stands))
        fork.goes_on()
        if body is not None and len(events) == told and m.flags is flags and out[-1][0] == state:
            silent[body] = silent.get(body, 0) + 1
    fork.join()
    m.frame.way = before
    if not out:
        return UNKNOWN
    m.state, value = out[0]
    condition = m.here(pos)
    for other, result in out[1:]:
        m.state = join_states(m.state, other, condition)
        value = join(value, result)
    return value


def _body(callee: Value) -> Any:
    """What many callables have in common that differ in their receiver only; None for other callables."""
    if isinstance(callee, Method):
        return callee.function
    if isinstance(callee, ExternalMethod) and isinstance(callee.receiver, ExternalObject):
        return callee.receiver.cls, callee.name
    return None


def _accepts(callee: Value, args: Arguments) -> bool:
    """Whether something can be called so; what cannot is not what is meant."""
    if isinstance(callee, Method):
        return _accepts(callee.function, args.before(callee.receiver))
    if isinstance(callee, Partial):
        return _accepts(callee.function, _merged(callee, args))
    if isinstance(callee, (Class, Object)):
        cls, names = (callee, ("__init__",)) if isinstance(callee, Class) else (callee.cls, ("__call__", "forward"))
        bodies = [definitions.find_in_class(cls, name) for name in names]
        return all(body is None or _accepts(body, args.before(callee)) for body in bodies)
    if not isinstance(callee, Function):
        return True
    kinds = {name: kind for name, kind, *_ in callee.record[2]}
    given = [name for name, value in args.keywords.items() if containers.ABSENT not in alternatives(value)]
    if "kwargs" not in kinds.values() and any(kinds.get(name) in (None, "positional") for name in given):
        return False
    places = sum(kind in ("plain", "positional") for kind in kinds.values())
    return "args" in kinds.values() or len(args.positional) <= places


def _flow(
    m: Machine, part: Value, args: Arguments, pos: Position, text: str, mode: str, stands: Spot | None
) -> tuple[State, Value]:
    value = call(m, part, args, pos, text, mode, stands)
    return m.state, value


def call_function(
    m: Machine,
    function: Function,
    args: Arguments,
    pos: Position,
    text: str,
    edge: str = "",
    stands: Spot | None = None,
    running: bool = False,
    made: int = 0,
) -> Value:
    """Run a function of the project, or take over what the same call did before."""
    record = function.record
    if record[5] and not running:
        return Lazy(function, tuple(args.positional), tuple(sorted(args.keywords.items(), key=lambda k: k[0])), pos)
    variables = bind_parameters(m, function, args)
    shape = (id(record), id(function.scope), running)
    running_now = m.running.get(shape, ())
    if running_now:
        variables = _widened(running_now[-1], variables)
    now = mode_of(m.during, m.flags, variables.values())
    if m.often(id(record)):
        variables = _without_what_varies(m, record, variables)
    given = (*shape, m.number(tuple(variables.values())))
    done = m.memo.find(given, m.state, now)
    if done is None:
        done = m.partial.find(given, m.state, now)
        m.left_out += done is not None
    if done is not None:
        m.asked |= done.asked
    else:
        if (given, now, m.state) in m.active or len(running_now) >= DEEPEST_RECURSION:
            return UNKNOWN
        if m.depth >= DEEPEST_CALL or m.steps > STEP_BUDGET:
            return UNKNOWN
        if m.enough(id(record), m.flags.get(TRAINING)):
            m.left_out += 1
            last = m.last.get(id(record))
            return UNKNOWN if last is None or last.value is None else last.value
        m.running[shape] = (*running_now, variables)
        done = run_body(m, function, variables, given, now)
        m.running[shape] = running_now
    if done.events:
        if not edge and _builds(done):
            edge = "factory"
        m.record(Edge(m.here(pos), text, done, edge, stands, m.state, made))
        m.frame.activation.built |= done.built
    if done.imported:
        m.add_imports(done.imported)
    if done.flags:
        m.set_flags(done.flags)
    if done.out is not None and not done.quiet:
        m.state = done.out
    m.paused = done.paused
    value = done.value
    return UNKNOWN if value is None else value


def _without_what_varies(m: Machine, record: tuple[Any, ...], variables: dict[str, Value]) -> dict[str, Value]:
    """The arguments that are what they were at first, and the receiver; others may be any."""
    first, usual = next(iter(variables), None), m.usual[id(record)]
    return {
        name: value if (name == first and isinstance(value, Object)) or value == usual.get(name) else UNKNOWN
        for name, value in variables.items()
    }


def _widened(outer: dict[str, Value], inner: dict[str, Value]) -> dict[str, Value]:
    """The arguments of a recursive call; a literal that changes from call to call may be any."""
    return {
        name: UNKNOWN if isinstance(value, (Const, Tuple)) and value != outer.get(name) else value
        for name, value in inner.items()
    }


def _builds(done: Activation) -> bool:
    """Whether a call gives back a module that it constructs: it is a construction itself."""
    if not done.built or done.value is None:
        return False
    values = alternatives(done.value)
    return any(isinstance(v, (Object, ExternalObject)) and v.id in done.built for v in values)


def run_body(m: Machine, function: Function, variables: dict[str, Value], given: Any, now: Mode) -> Activation:
    """Analyse a function's body for one set of arguments, which `given` stands for, in a mode."""
    record = function.record
    activation = Activation(function.name, id(record))
    activation.mode = now
    scope = m.inner_scopes.get((given, now))
    if scope is None:
        scope = m.inner_scopes[given, now] = Scope(function.scope.module, function.scope)
    scope.variables = dict(variables)
    frame = Frame(scope, activation, function, record[3])
    receiver = next(iter(variables.values()), None)
    frame.context = receiver.id if isinstance(receiver, Object) else 0
    frame.literals = literals(variables.values())
    frame.mark = m.writes.mark()
    start, imported, flags, during, left_out = m.state, len(m.imported), m.flags, m.during, m.left_out
    asked, m.asked = m.asked, set()
    m.during = during | function.during
    m.analyses[id(record)] = m.analyses.get(id(record), 0) + 1
    m.entered.add(id(record))
    m.usual.setdefault(id(record), variables)
    m.executed.add(id(record))
    m.read.executed.setdefault(scope.module, set()).add(record[1])
    m.functions_analysed += 1
    key = (given, now, start)
    m.active.add(key)
    m.depth += 1
    try:
        with m.within(frame), m.writes.apart():
            falls = execute.execute(m, record[3])
    finally:
        m.active.discard(key)
        m.depth -= 1
        m.during = during
        activation.asked = frozenset(m.asked)
        m.asked |= asked
    activation.imported, activation.flags = m.take_imports(imported), m.changed_flags(flags)
    _join_written(m, frame, falls)
    if falls:
        frame.returns.append((NONE, m.state, frame.unlikely, option_of(frame.way)))
    activation.value = _returned(frame)
    activation.out = _leaves(m, frame, start, Spot(scope.module, record[1]))
    activation.quiet = not activation.events and activation.out == start
    activation.paused = None if activation.quiet else frame.paused
    m.state = start
    m.last[id(record)] = activation
    (m.partial if m.left_out > left_out else m.memo).keep(given, start, activation)
    return activation


def _join_written(m: Machine, frame: Frame, falls: bool) -> None:
    """Join what a body has written by each of its returns, where not all ways lead to one."""
    if not frame.written:
        return
    last = m.writes.take_back(frame.mark)
    ways = [*frame.written, *([(last, frame.unlikely)] if falls else [])]
    usual = [changes for changes, rare in ways if not rare]
    rare = [changes for changes, rare in ways if rare]
    m.writes.join(usual or rare, rare if usual else ())


def _returned(frame: Frame) -> Value:
    if frame.yields is not None:
        return frame.yields
    value: Value | None = None
    for result, _, rare, option in sorted(frame.returns, key=lambda way: way[2]):
        if value is None:
            value = result
        elif rare and option and isinstance(result, Const) and isinstance(value, (Const, Option)):
            value = usually(value, result, option)
        else:
            value = join(value, result)
    return UNKNOWN if value is None else value


def _leaves(m: Machine, frame: Frame, start: State, spot: Spot) -> State:
    """How a body leaves the streams: what its returns leave, ordinary runs first."""
    if not frame.returns:
        return m.state if m.state != start else start
    ways = sorted(frame.returns, key=lambda way: way[2])
    state = ways[0][1]
    for _, other, rare, _ in ways[1:]:
        state = join_states(state, other, spot, biased=rare and not ways[0][2])
    return state


def bind_parameters(m: Machine, function: Function, args: Arguments) -> dict[str, Value]:
    """Give each parameter its argument, its default, or the instance that its annotation names."""
    out: dict[str, Value] = {}
    positional = list(args.positional)
    keywords = dict(args.keywords)
    for name, kind, _, annotation, given in function.record[2]:
        if kind == "args":
            out[name] = UNKNOWN if args.more and not positional else Tuple(tuple(positional))
            positional = []
        elif kind == "kwargs":
            out[name] = _rest(m, function, name, keywords, args.more_keywords)
        elif positional and kind != "keyword":
            out[name] = positional.pop(0)
            keywords.pop(name, None)
        elif name in keywords and kind != "positional":
            out[name] = containers.present(keywords.pop(name), function.defaults.get(name, UNKNOWN))
        elif (given or name in function.defaults) and not (args.more or args.more_keywords):
            out[name] = function.defaults.get(name, UNKNOWN)
        else:
            default = function.defaults.get(name, UNKNOWN)
            out[name] = Option(default) if isinstance(default, Const) and not args.nobody_knows else UNKNOWN
        if out[name] is UNKNOWN and annotation is not None:
            out[name] = attribute.annotated(m, function, annotation)
    return out


def _rest(m: Machine, function: Function, name: str, keywords: dict[str, Value], more: bool) -> Value:
    number = m.identity("kwargs", id(function.record), tuple(sorted(keywords)), more)
    cell = m.heap[number]
    for key, value in keywords.items():
        cell[Const(key)] = value
    if more:
        cell[containers.OTHERS] = UNKNOWN
    return Container("dict", number)


def instantiate(m: Machine, cls: Class, args: Arguments, pos: Position, text: str) -> Value:
    """Make an instance of a project's class and run its constructor."""
    instance = Object(cls, m.allocate(pos, ("object", id(cls)), (*args.positional, *args.keywords.values())))
    cell = m.heap[instance.id]
    m.places.setdefault(instance.id, m.here(pos))
    mode = ""
    if library.is_module(m, cls):
        mode = "module"
        m.frame.activation.built.add(instance.id)
    constructor = definitions.find_in_class(cls, "__init__")
    if isinstance(constructor, Function):
        call_function(m, constructor, args.before(instance), pos, text, mode, made=instance.id)
        return instance
    bases = definitions.library_bases(cls)
    if any(m.knowledge.calls(base) for base in bases):
        library.construct_base(m, instance, bases, args, pos, text)
        if not any(isinstance(item, Class) and item.fields for item in cls.mro):
            return instance
    fields = [name for item in reversed(cls.mro) if isinstance(item, Class) for name in item.fields]
    for name, value in zip(fields, args.positional, strict=False):
        m.store(instance.id, name, value)
    for name, value in args.keywords.items():
        m.store(instance.id, name, value)
    for name in fields:
        if name not in cell:
            default = builtin.field_default(m, definitions.find_in_class(cls, name), pos)
            if default is not None:
                m.store(instance.id, name, default)
    hook = definitions.find_in_class(cls, "__post_init__")
    if isinstance(hook, Function):
        call_function(m, hook, Arguments([instance]), pos, text)
    return instance


def _call_object(
    m: Machine, callee: Object, args: Arguments, pos: Position, text: str, mode: str, stands: Spot | None
) -> Value:
    method = attribute.get_attribute(m, callee, "__call__")
    if isinstance(method, Method):
        return call(m, method, args, pos, text, mode, stands)
    for base in definitions.library_bases(callee.cls):
        name = library.call_name(m, base)
        if name:
            method = attribute.get_attribute(m, callee, name)
            if method is not UNKNOWN:
                return call(m, method, args, pos, text, mode, stands)
    if isinstance(method, ExternalMethod):
        return call(m, method, args, pos, text, mode, stands)
    return UNKNOWN


def call_method(m: Machine, owner: Value, name: str, args: Sequence[Value], pos: Position) -> Value:
    """Call a method by name, if it is there."""
    method = attribute.get_attribute(m, owner, name)
    if method is UNKNOWN:
        return UNKNOWN
    return call(m, method, Arguments(args), pos, name)


def zero_argument_super(m: Machine) -> Value:
    """`super()` in the method that is running."""
    function = m.frame.function
    scope: Scope | None = m.frame.scope
    while scope is not None and function is not None and function.owner is None:
        scope = scope.outer
    if function is None or function.owner is None or not function.record[2]:
        return UNKNOWN
    receiver = m.lookup(function.record[2][0][0])
    return Super(function.owner, receiver)


__all__ = ["Arguments", "Entropy", "Option", "Through", "call", "call_function", "call_method", "instantiate"]
