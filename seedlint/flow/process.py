"""Work in another process: what it inherits, and what it runs again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from seedlint.flow import imports
from seedlint.flow.activation import Activation, Edge
from seedlint.flow.machine import Frame, Machine
from seedlint.flow.mode import IN_WORKER
from seedlint.flow.state import FRESH, SEEDED, State, StreamState, replace
from seedlint.flow.values import NONE, Const, ExternalObject, Option

if TYPE_CHECKING:
    from seedlint.flow.effects import Application

START_METHOD = "start_method"
"""The flag under which tables record how child processes start."""


def run_in(m: Machine, work: Application, run: Callable[[], None]) -> None:
    """Run callbacks in the kind of process that the row names; the caller's streams stay as they are."""
    kind = work.row.process or "thread"
    if kind == "default":
        kind = _chosen(m, work) or start_method(m)
    activation = Activation(f"<{kind}>")
    pool = work.variables.get("self")
    state, imported, flags, frame = m.state, m.imported, m.flags, m.frame
    m.imported = dict(imported)
    child = Frame(frame.scope, activation, frame.function, frame.block)
    child.context, child.at = frame.context, frame.at
    with m.within(child):
        if kind in ("spawn", "forkserver", "fresh"):
            m.state, m.imported = m.initial, {}
            if kind != "fresh" and m.main in m.program.modules:
                imports.run_module(m, m.main, work.pos, as_main="__mp_main__")
        elif kind in ("fork", "worker"):
            m.state = State(
                [
                    FRESH if row.fork == "entropy" else stream
                    for row, stream in zip(m.knowledge.streams.values(), m.state, strict=True)
                ]
            )
            if kind == "worker":
                m.set_flags({IN_WORKER: Const(True)})
                _seed_worker(m, work)
        if isinstance(pool, ExternalObject):
            m.state = m.children.get(pool.id, m.state)
        run()
    work.child = m.state
    m.imported = imported
    if kind != "thread":
        m.state, m.flags = state, flags
    if activation.events:
        m.record(Edge(work.spot, work.text, activation, kind, work.stands if kind == "worker" else None, state))


def _chosen(m: Machine, work: Application) -> str:
    """The start method that the call or its pool names."""
    value = work.value(work.row.context) if work.row.context else NONE
    return str(value.value) if isinstance(value, Const) and value.value else ""


def start_method(m: Machine) -> str:
    """How child processes start: what the program set, or the platform's default."""
    value = m.flags.get(START_METHOD, NONE)
    if isinstance(value, Option):
        value = value.default
    if isinstance(value, Const) and value.value in ("spawn", "forkserver", "fork"):
        return str(value.value)
    return "fork"


def _seed_worker(m: Machine, work: Application) -> None:
    """Give a worker's streams the state of the stream that its seed is drawn from."""
    row = work.row
    if not row.reseeds or not row.base:
        return
    state = m.stream_state(row.base)
    if row.generator is not None:
        given = work.value(row.generator)
        if given != NONE and not (isinstance(given, Option) and given.default == NONE):
            state = StreamState(SEEDED, work.spot)
    index = m.stream_index
    m.state = replace(m.state, [(index[name], state) for name in row.reseeds if name in index])
