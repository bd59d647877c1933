"""Flags, environment variables and contexts, as statements set and enter them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seedlint.flow import (
    calls,
    iterate,
)
from seedlint.flow.activation import Event
from seedlint.flow.machine import Machine
from seedlint.flow.state import SEEDED, Spot, StreamState, replace
from seedlint.flow.values import (
    UNKNOWN,
    Const,
    External,
    ExternalObject,
    Lazy,
    Object,
    Tuple,
    Value,
)
from seedlint.index.summary import Expression, Position


def set_flag(m: Machine, name: str, value: Value, target: Expression) -> None:
    """Assign an attribute of a library, which may be a flag."""
    flag = m.knowledge.flag(m.knowledge.canonical(name))
    if flag is not None:
        m.set_flags({flag: value})
        spot = Spot(m.frame.scope.module, m.line_of(target))
        m.record(Event("flag", spot, name, "", StreamState(SEEDED), None, {"flag": flag, "value": value}))


def set_environment(m: Machine, owner: str, key: object, value: Value, pos: Position) -> None:
    """Assign an environment variable, which may be a flag."""
    if owner == "os.environ":
        flag = m.knowledge.environment(str(key))
        if flag is not None:
            m.set_flags({flag: value})
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
        _hold(m, tags(m, manager), leave)
        return manager
    return UNKNOWN


def tags(m: Machine, manager: Value) -> frozenset[str]:
    """What a library's context manager tags while it is entered, or in what it decorates."""
    name = manager.cls if isinstance(manager, ExternalObject) else manager.name if isinstance(manager, External) else ""
    row = m.knowledge.class_(name) if name else None
    return frozenset(row.during) if row is not None else frozenset()


def _hold(m: Machine, names: frozenset[str], leave: list[Callable[[], None]]) -> None:
    before, m.during = m.during, m.during | names

    def put_back() -> None:
        m.during = before

    leave.append(put_back)


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
        indices = [m.stream_index[name] for name in names if name in m.stream_index]
        m.state = replace(m.state, [(i, before[i]) for i in indices])

    leave.append(put_back)
    return value


def _put_back(m: Machine, names: Sequence[str], leave: list[Callable[[], None]]) -> None:
    before = m.state
    indices = [m.stream_index[name] for name in names if name in m.stream_index]

    def put_back() -> None:
        m.state = replace(m.state, [(i, before[i]) for i in indices])

    leave.append(put_back)
