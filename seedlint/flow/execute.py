"""Executes statements, in order, on what is known of the program's values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from seedlint.flow import (
    attribute,
    calls,
    containers,
    contexts,
    definitions,
    evaluate,
    exposure,
    form,
    imports,
    iterate,
    library,
    narrowing,
    options,
    trial,
)
from seedlint.flow.activation import Edge, Event, Turn, option_of
from seedlint.flow.machine import STEP_BUDGET, Frame, Machine, Terminated, merge_variables
from seedlint.flow.narrowing import Narrowing
from seedlint.flow.state import Spot, State, join_states
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Class,
    Const,
    Container,
    External,
    ExternalObject,
    Module,
    Object,
    Option,
    Tuple,
    Value,
    alternatives,
    any_of,
    join,
    truth,
)
from seedlint.flow.writes import Fork
from seedlint.index.summary import Block, Expression, Position, Statement

LONGEST_UNROLLED = 8
"""A loop over at most this many known items runs its body for each of them, unless the body declares options."""
MOST_UNROLLED = 64
"""How often loops over known items within each other may run the innermost body."""
_IN_PLACE = {"Add": "__iadd__", "BitOr": "__ior__"}
_Variables = dict[str, Value]
_Way = tuple[State, _Variables, bool]
"""How one branch left the streams and variables, and whether ordinary runs do not take it."""
Way = tuple[Callable[[], bool] | None, Narrowing, bool]
"""What to run, if anything, what is known of variables there, and whether ordinary runs do not take it."""


def execute(m: Machine, block: Block) -> bool:
    """Run statements; False if control does not reach the end."""
    for statement in block:
        m.steps += 1
        m.line = statement[1]
        if m.steps > STEP_BUDGET:
            return True
        try:
            if not _HANDLERS[statement[0]](m, statement):
                return False
        except Terminated:
            return False
    return True


def _expr(m: Machine, s: Statement) -> bool:
    evaluate.evaluate(m, s[2])
    return True


def _assert(m: Machine, s: Statement) -> bool:
    """An `assert` that passes says what its test says; what it says of the heap cannot be taken back."""
    evaluate.evaluate(m, s[2])
    known = narrowing.narrowed(m, s[2])[0]
    m.frame.scope.variables.update(known.variables)
    for cell, key, value in known.cells:
        cell[key] = value
    return True


def _assign(m: Machine, s: Statement) -> bool:
    done = m.frame.activation
    since = len(done.events)
    value = evaluate.evaluate(m, s[3])
    if len(done.events) > since and _only_to_look(m, s, done.events[since:]):
        looks = Turn(Spot(m.frame.scope.module, (s[1], 0, s[1], 0)), 0, looks=True)
        done.ways[since:] = [(*way, looks) for way in done.ways[since:]]
    for target in s[2]:
        bind(m, target, value)
    return True


def _only_to_look(m: Machine, s: Statement, events: list[Event | Edge]) -> bool:
    """Whether nobody sees more than the form of what an assignment draws."""
    return (form.assigned_to_look(m, s) and form.only_builds(events)) or trial.tried_out(m, s)


def bind(m: Machine, target: Expression, value: Value) -> None:
    """Bind an assignment's target."""
    if target is None:
        return
    kind = target[0]
    if kind == "name":
        m.assign(target[1], value)
    elif kind == "attr":
        set_attribute(m, evaluate.evaluate(m, target[1]), target[2], value, target)
    elif kind == "index":
        _set_item(m, evaluate.evaluate(m, target[1]), evaluate.evaluate(m, target[2]), value, target[3])
    elif kind == "seq":
        _unpack(m, target, value)
    elif kind == "star":
        bind(m, target[1], value)


def _unpack(m: Machine, s: Expression, value: Value) -> None:
    assert s is not None
    _, _, targets, pos = s
    starred = (i for i, target in enumerate(targets) if target is not None and target[0] == "star")
    items = iterate.unpacked(m, value, len(targets), next(starred, None), pos)
    for target, item in zip(targets, items, strict=True):
        bind(m, target, item)


def set_attribute(m: Machine, owner: Value, name: str, value: Value, target: Expression) -> None:
    """Assign an attribute of whatever the owner may be; a library's may be a flag."""
    for part in alternatives(owner):
        if isinstance(part, (Object, ExternalObject)):
            if m.frame.unlikely and attribute.get_attribute(m, part, name) is not UNKNOWN:
                continue
            _store(m, part, name, value)
        elif isinstance(part, Module):
            if part.name in m.scopes:
                m.replace(m.scopes[part.name], m.scopes[part.name].variables, name, value)
        elif isinstance(part, External):
            contexts.set_flag(m, f"{part.name}.{name}", value, target)
        elif isinstance(part, Class):
            m.replace(part, part.attributes, name, value)
        else:
            options.note(m, [value])


def _store(m: Machine, owner: Object | ExternalObject, name: str, value: Value) -> None:
    """Write an attribute; on one way of a branch, what others read instead stays what they find."""
    cell = m.heap[owner.id]
    if name not in cell and m.writes.matter(cell):
        found = attribute.get_attribute(m, owner, name)
        if found is not UNKNOWN:
            m.writes.note(cell, name, found, derived=True)
    m.store(owner.id, name, value)


def _set_item(m: Machine, owner: Value, key: Value, value: Value, pos: Position) -> None:
    for part in alternatives(owner):
        if isinstance(part, Container):
            containers.set_item(m, part, key, value)
        elif isinstance(part, External) and isinstance(key, Const):
            contexts.set_environment(m, part.name, key.value, value, pos)
        elif isinstance(part, Object):
            calls.call_method(m, part, "__setitem__", [key, value], pos)
        elif isinstance(part, ExternalObject):
            library.call_external_method(m, part, "__setitem__", [key, value], pos)
            options.note(m, [value])
        else:
            options.note(m, [value])


def _annotate(m: Machine, s: Statement) -> bool:
    _, _, name, annotation, value, given = s
    if given:
        m.assign(name, evaluate.evaluate(m, value))
    if definitions.class_being_built(m) is not None:
        definitions.declare_field(m, name, annotation, bool(given))
    return True


def _augment(m: Machine, s: Statement) -> bool:
    _, line, target, operator, operand = s
    value = evaluate.evaluate(m, operand)
    results = [_augmented(m, part, operator, value, line) for part in alternatives(evaluate.evaluate(m, target))]
    result = any_of(results)
    if not isinstance(result, Container):
        bind(m, target, result)
    return True


def _augmented(m: Machine, old: Value, operator: str, value: Value, line: int) -> Value:
    """What one value becomes; a list or dictionary is changed in place, as is an object that says how."""
    if isinstance(old, Container):
        containers.extend(m, old, value)
        return old
    if isinstance(old, (Object, ExternalObject)) and operator in _IN_PLACE:
        result = calls.call_method(m, old, _IN_PLACE[operator], [value], (line, 0, line, 0))
        if result is not UNKNOWN:
            return result
    return evaluate.arithmetic((old, value))


def _if(m: Machine, s: Statement) -> bool:
    _, line, test, body, orelse = s
    value = evaluate.evaluate(m, test)
    answer, certain = truth(value)
    if certain:
        return execute(m, body if answer else orelse)
    yes, no = narrowing.narrowed(m, test)
    ways: list[Way] = [
        (lambda: execute(m, body), yes, answer is False),
        ((lambda: execute(m, orelse)) if orelse else None, no, answer is True),
    ]
    return branch(m, ways, line, answer, value)


def branch(
    m: Machine,
    ways: list[Way],
    line: int,
    answer: bool | None,
    value: Value,
) -> bool:
    """Take several ways from the same point and join what they leave."""
    frame = m.frame
    state, variables, unlikely, way = m.state, frame.scope.variables, frame.unlikely, frame.way
    left: list[_Way] = []
    leaving, falling, starts = _leaving(frame), [], []
    returned = len(frame.written)
    fork = Fork(m.writes, frame.scope, [(cell, key) for _, narrow, _ in ways for cell, key, _ in narrow.cells])
    name = value.name if isinstance(value, Option) else ""
    option = name or "an option" if isinstance(value, Option) else ""

    ordinary = sum(not (rare and name) for _, _, rare in ways)

    def turn(number: int) -> Turn:
        return Turn(line, number, name if ways[number][2] else "", ordinary, name if ordinary < len(ways) else "")

    with m.maybe():
        for number, (body, narrow, rare) in enumerate(ways):
            starts.append(len(frame.activation.ways))
            if body is None:
                known = {**variables, **narrow.variables} if narrow.variables else variables
                left.append((state, known, unlikely or rare))
                falling.append(number)
                fork.passes(unlikely or rare)
                continue
            frame.way = (*way, turn(number))
            m.state = state
            frame.scope.variables = {**variables, **narrow.variables}
            frame.unlikely = unlikely or rare
            loops = len(frame.breaks) + len(frame.continues)
            with fork.way(), narrow.held():
                if body():
                    left.append((m.state, frame.scope.variables, frame.unlikely))
                    falling.append(number)
            if number in falling or len(frame.breaks) + len(frame.continues) > loops:
                fork.goes_on(frame.unlikely)
    _come_together(m, fork, returned)
    frame.way = way
    if len(falling) == 1 and _leaving(frame) > leaving:
        frame.way = (*way, turn(falling[0]))
    elif len(falling) == 1:
        _straighten(frame, len(way), [*starts, len(frame.activation.ways)][falling[0] : falling[0] + 2])
    if not left:
        frame.scope.variables, frame.unlikely, m.state = variables, unlikely, state
        return False
    narrowings = [ways[number][1] for number in falling]
    if any(narrow.stored for narrow in narrowings):
        for narrow in narrowings:
            narrow.give_back()
    left.sort(key=lambda way: way[2])
    condition = Spot(frame.scope.module, (line, 0, line, 0))
    m.state, frame.scope.variables, frame.unlikely = left[0]
    for other, others, rare in left[1:]:
        biased = rare and not left[0][2]
        m.state = join_states(m.state, other, condition, biased, option)
        frame.scope.variables = merge_variables(frame.scope.variables, others, biased, name)
    return True


def _come_together(m: Machine, fork: Fork, returned: int) -> None:
    """Join what ways have written; where one has left the body, what follows is one way among others."""
    fork.join()
    if len(m.frame.written) > returned:
        m.writes.diverge()


def _straighten(frame: Frame, depth: int, events: list[int]) -> None:
    """Take some events off the branch that they lie on, since all other ways end the program."""
    begin, end = events
    ways = frame.activation.ways
    ways[begin:end] = [(*way[:depth], *way[depth + 1 :]) for way in ways[begin:end]]


def _leaving(frame: Frame) -> int:
    """How often the running body has been left by `return`, `break` or `continue`."""
    return len(frame.returns) + len(frame.breaks) + len(frame.continues)


def _while(m: Machine, s: Statement) -> bool:
    _, _, test, body, orelse = s
    value = evaluate.evaluate(m, test)
    answer, certain = truth(value)
    if certain and answer is False:
        return execute(m, orelse)
    endless = certain and answer is True and test is not None and test[0] == "const"
    return loop(m, body, orelse, lambda: evaluate.evaluate(m, test), endless)


def _for(m: Machine, s: Statement) -> bool:
    _, _, target, iterable, body, orelse, pos = s
    value = evaluate.evaluate(m, iterable)
    if isinstance(value, Tuple) and not value.items:
        return execute(m, orelse)
    known = unrolled(m, value)
    if known is None and iterate.known_items(m, value) and options.declares(body):
        known = unrolled(m, value, MOST_UNROLLED)
    if known is not None:
        return _for_each(m, target, known, body, orelse)
    way = m.frame.way
    if form.loop_only_looks(m, s):
        m.frame.way = (*way, Turn(m.here(pos), 0, looks=True))
    item = iterate.iterate(m, value, pos)
    m.frame.way = way
    bind(m, target, item)
    return loop(m, body, orelse, lambda: bind(m, target, item), False)


def _for_each(m: Machine, target: Expression, items: list[Value], body: Block, orelse: Block) -> bool:
    """Run a loop's body once for each of a few known items."""
    with unrolling(m, len(items)):
        for item in items:
            bind(m, target, item)
            if not loop(m, body, (), lambda: None, False, passes=1):
                return False
    return execute(m, orelse)


def unrolled(m: Machine, value: Value, most: int = LONGEST_UNROLLED) -> list[Value] | None:
    """The items of what is iterated, where they are known and few enough to be taken one after the other."""
    known = iterate.known_items(m, value)
    if known is None or not 1 < len(known) <= most or len(known) * m.frame.unrolled > MOST_UNROLLED:
        return None
    return known


@contextmanager
def unrolling(m: Machine, count: int) -> Iterator[None]:
    """Take so many items one after the other."""
    frame = m.frame
    outer = frame.unrolled
    frame.unrolled *= count
    try:
        yield
    finally:
        frame.unrolled = outer


def loop(m: Machine, body: Block, orelse: Block, again: Callable[[], Any], endless: bool, passes: int = 2) -> bool:
    """Run a loop's body until nothing new can happen: twice, the second time from what the first left, if that differs.

    The body is taken to run at least once; a run that skips it draws nothing there.
    """
    frame = m.frame
    breaks, continues, way = frame.breaks, frame.continues, frame.way
    before, state = frame.scope.variables, m.state
    start, flags = m.clock.now, m.flags
    exits: list[tuple[State, _Variables]] = []
    for _ in range(passes):
        frame.breaks, frame.continues, frame.way = [], [], way
        frame.scope.variables = dict(frame.scope.variables)
        falls = execute(m, body)
        ends = [*frame.continues, *([(m.state, frame.scope.variables)] if falls else [])]
        exits = (frame.breaks if endless else [*frame.breaks, *ends]) or exits
        if not ends:
            break
        m.state, frame.scope.variables = _join_all(m, ends)
        frame.scope.variables = merge_variables(before, frame.scope.variables)
        again()
        same = (m.clock.now, m.state, m.flags) == (start, state, flags)
        if same and exposure.alike(m, body, before, frame.scope.variables):
            break
    frame.breaks, frame.continues, frame.way = breaks, continues, way
    if not exits:
        frame.scope.variables, m.state = before, state
        return not endless and execute(m, orelse)
    m.state, frame.scope.variables = _join_all(m, exits)
    frame.scope.variables = merge_variables(before, frame.scope.variables)
    return execute(m, orelse)


def _join_all(m: Machine, ways: list[tuple[State, _Variables]]) -> tuple[State, _Variables]:
    state, variables = ways[-1]
    condition = Spot(m.frame.scope.module, (0, 0, 0, 0))
    for other, others in ways[:-1]:
        state = join_states(state, other, condition, biased=True)
        variables = merge_variables(others, variables)
    return state, variables


def _try(m: Machine, s: Statement) -> bool:
    _, line, body, handlers, orelse, final = s
    frame = m.frame
    start = dict(frame.scope.variables)
    returned, fork = len(frame.written), Fork(m.writes, frame.scope)
    with fork.way():
        falls = execute(m, body) and execute(m, orelse)
    if falls:
        fork.goes_on()
    left: list[_Way] = [(m.state, frame.scope.variables, False)] if falls else []
    state, variables = m.state, merge_variables(start, frame.scope.variables)
    way, leaving = frame.way, _leaving(frame)
    with m.maybe():
        for number, (_, name, block) in enumerate(handlers, 1):
            frame.way = (*way, Turn(line, number))
            m.state, frame.scope.variables = state, dict(variables)
            if name:
                m.assign(name, UNKNOWN)
            with fork.way():
                falls = execute(m, block)
            if falls:
                fork.goes_on()
                left.append((m.state, frame.scope.variables, True))
    _come_together(m, fork, returned)
    frame.way = (*way, Turn(line, 0)) if _leaving(frame) > leaving else way
    if not left:
        m.state, frame.scope.variables = state, variables
        execute(m, final)
        return False
    condition = Spot(frame.scope.module, (line, 0, line, 0))
    m.state, frame.scope.variables, _ = left[0]
    for other, others, _ in left[1:]:
        m.state = join_states(m.state, other, condition, biased=True)
        frame.scope.variables = merge_variables(frame.scope.variables, others)
    return execute(m, final)


def _with(m: Machine, s: Statement) -> bool:
    _, _, items, body = s
    leave: list[Callable[[], None]] = []
    for context, target, pos in items:
        manager = evaluate.evaluate(m, context)
        value = contexts.enter(m, manager, pos, leave)
        if target is not None:
            bind(m, target, value)
    falls = execute(m, body)
    for action in reversed(leave):
        action()
    return falls


def _match(m: Machine, s: Statement) -> bool:
    _, line, subject, cases = s
    value = evaluate.evaluate(m, subject)
    ways: list[Way] = []
    exhaustive = False
    for names, pattern, guard, body in cases:
        if pattern == ("any",) and guard is None:
            exhaustive = True
        elif pattern is not None and pattern != ("any",):
            answer, certain = truth(evaluate.compare("==", value, evaluate.evaluate(m, pattern)))
            if certain and answer is False:
                continue
            if certain and answer and guard is None:
                ways.append((partial(execute, m, body), Narrowing(), False))
                exhaustive = True
                break
        known = Narrowing()
        known.variables = {name: value if len(names) == 1 else UNKNOWN for name in names}
        ways.append((partial(execute, m, body), known, False))
    if not exhaustive:
        ways.append((None, Narrowing(), False))
    if len(ways) == 1:
        m.frame.scope.variables.update(ways[0][1].variables)
        return ways[0][0] is None or ways[0][0]()
    return branch(m, ways, line, None, value)


def _return(m: Machine, s: Statement) -> bool:
    value, frame = evaluate.evaluate(m, s[2]), m.frame
    value = value if s[2] is not None else NONE
    frame.returns.append((value, m.state, frame.unlikely, option_of(frame.way)))
    if frame.way or frame.written:
        frame.written.append((m.writes.since(frame.mark), frame.unlikely))
    return False


def _raise(m: Machine, s: Statement) -> bool:
    evaluate.evaluate(m, s[2])
    return False


def _break(m: Machine, s: Statement) -> bool:
    m.frame.breaks.append((m.state, m.frame.scope.variables))
    return False


def _continue(m: Machine, s: Statement) -> bool:
    m.frame.continues.append((m.state, m.frame.scope.variables))
    return False


_HANDLERS: dict[str, Callable[[Machine, Statement], bool]] = {
    "expr": _expr,
    "assert": _assert,
    "assign": _assign,
    "annotate": _annotate,
    "augment": _augment,
    "if": _if,
    "while": _while,
    "for": _for,
    "try": _try,
    "with": _with,
    "match": _match,
    "return": _return,
    "raise": _raise,
    "break": _break,
    "continue": _continue,
    "import": lambda m, s: imports.execute_import(m, s),
    "from": lambda m, s: imports.execute_from(m, s),
    "def": lambda m, s: definitions.define_function(m, s),
    "class": lambda m, s: definitions.define_class(m, s),
}

__all__ = ["bind", "branch", "execute", "join", "loop", "set_attribute"]
