"""Runs a program's entries, and then what no entry reaches."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from seedlint.flow import calls, definitions, imports
from seedlint.flow.activation import Activation
from seedlint.flow.machine import Frame, Machine, Terminated
from seedlint.flow.state import SEEDED
from seedlint.flow.timeline import Timeline, flatten
from seedlint.flow.values import Class, Function, Method, Object, Scope, Value, Wrapped
from seedlint.knowledge import Knowledge
from seedlint.program.modules import Program

_NOWHERE = (1, 0, 1, 0)
_STACK_BYTES = 512 * 1024 * 1024
_DEEPEST_RECURSION = 100_000
_T = TypeVar("_T")


def timelines(
    program: Program, knowledge: Knowledge, entries: Iterable[str], library: bool = False
) -> tuple[list[Timeline], Machine]:
    """One timeline for each entry, and one for each module's functions that none of them reaches."""
    machine = Machine(program, knowledge)
    out = on_large_stack(lambda: _all(machine, list(entries)))
    seeded = frozenset(m.stream for t in out for m in t.of("seed") if m.state.kind == SEEDED)
    numerical = frozenset(name for name, row in knowledge.streams.items() if row.numerical)
    titles = {name: row.title for name, row in knowledge.streams.items()}
    paths = {name: module.path for name, module in program.modules.items()}
    for timeline in out:
        timeline.seeded, timeline.numerical = seeded, numerical
        timeline.titles, timeline.paths = titles, paths
        timeline.library = library
    return out, machine


def on_large_stack(work: Callable[[], _T]) -> _T:
    """Run where deep call chains fit."""
    result: list[Any] = []

    def run() -> None:
        try:
            result.append((work(), None))
        except BaseException as error:
            result.append((None, error))

    limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
    sys.setrecursionlimit(_DEEPEST_RECURSION)
    try:
        thread = threading.Thread(target=run, name="seedlint-flow")
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    value, error = result[0]
    if error is not None:
        raise error
    return value  # type: ignore[no-any-return]


def _all(machine: Machine, entries: list[str]) -> list[Timeline]:
    out = []
    activations = {}
    imported: set[str] = set()
    for entry in entries:
        activations[entry] = run_entry(machine, entry)
        imported |= machine.imported - {entry}
    for entry, activation in activations.items():
        module = machine.program.modules[entry]
        if module.summary.main or entry not in imported:
            out.append(Timeline(entry, module.path, True, flatten(activation, machine.stream_index)))
    for module in machine.program.modules.values():
        activation = run_unreached(machine, module.name)
        if activation.events:
            out.append(Timeline(module.name, module.path, False, flatten(activation, machine.stream_index)))
    return out


def _begin(machine: Machine, entry: str) -> Activation:
    machine.state = machine.initial
    machine.imported = set()
    machine.flags = {}
    machine.declared = {}
    machine.main = entry
    machine.steps = machine.depth = machine.conditional = 0
    activation = Activation(entry)
    machine.frame = Frame(Scope(entry), activation)
    return activation


def run_entry(machine: Machine, entry: str) -> Activation:
    """Run one entry as `python entry.py` would."""
    activation = _begin(machine, entry)
    try:
        imports.run_module(machine, entry, _NOWHERE, as_main="__main__")
    except Terminated:
        return activation
    return activation


def run_unreached(machine: Machine, module: str) -> Activation:
    """Run the functions of a module that no entry has reached, each from a fresh state."""
    activation = _begin(machine, module)
    scope = machine.scopes.get(module)
    if scope is None:
        return activation
    for value in list(scope.variables.values()):
        for function, receiver in _functions(machine, value, scope):
            if id(function.record) in machine.executed:
                continue
            machine.state = machine.initial
            args = calls.Arguments([receiver] if receiver is not None else [])
            args.more_keywords = True
            try:
                calls.call_function(machine, function, args, function.record[1], function.name, running=True)
            except Terminated:
                continue
    return activation


def _functions(machine: Machine, value: Value, scope: Scope) -> list[tuple[Function, Value | None]]:
    """The functions that a module's value defines, with the object that each is a method of."""
    if isinstance(value, Function):
        return [(value, None)] if value.scope is scope else []
    if isinstance(value, Wrapped):
        return _functions(machine, value.value, scope)
    if isinstance(value, Class) and value.scope is scope:
        instance = Object(value, machine.identity("unreached", id(value)))
        found = [definitions.find_in_class(value, name) for name in value.attributes]
        methods = [item.value if isinstance(item, Wrapped) else item for item in found]
        return [(item, instance) for item in methods if isinstance(item, Function)]
    if isinstance(value, Method):
        return _functions(machine, value.function, scope)
    return []
