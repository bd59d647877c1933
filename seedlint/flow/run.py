"""Runs a program's entries, and then what no entry reaches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Set
from contextlib import suppress
from typing import TYPE_CHECKING

from seedlint.flow import calls, definitions, imports
from seedlint.flow.activation import Activation
from seedlint.flow.attribute import get_attribute
from seedlint.flow.machine import LONG, MOST_INSTANCES, Frame, Machine, Terminated
from seedlint.flow.memo import Memo
from seedlint.flow.relevance import Mentions
from seedlint.flow.state import Spot
from seedlint.flow.timeline import Moment, Timeline, flatten
from seedlint.flow.values import Class, Function, Method, Object, Scope, Value, Wrapped
from seedlint.knowledge import Knowledge
from seedlint.knowledge.schema import CallRow
from seedlint.program.entries import imported_modules, is_test
from seedlint.program.modules import Program
from seedlint.stack import on_large_stack

if TYPE_CHECKING:
    from seedlint.flow.harness import Harness

_NOWHERE = (1, 0, 1, 0)
LONG_UNREACHED = 1_000
"""Statements below a module's functions that no entry reaches, beyond which bodies are run a few times only."""
MOST_TESTED = 8
"""Objects of one class that are told apart among those that all tests make; further ones count as one."""
Progress = Callable[[int, int], None]
Asks = Callable[[CallRow, frozenset[str]], bool]
"""Whether what a call of a row does is asked for where no entry reaches it, given the streams that nothing seeds."""


def ignore(done: int, total: int) -> None:
    """Tell nobody."""


def everything(row: CallRow, unseeded: frozenset[str]) -> bool:
    """Ask for whatever a call may do."""
    return True


class NoSuchFunction(Exception):
    """A function that is to be run as an entry is not defined by its module."""

    def __init__(self, module: str, function: str) -> None:
        super().__init__(f"{module} defines no {function}")
        self.module, self.function = module, function


def timelines(
    program: Program,
    knowledge: Knowledge,
    entries: Iterable[str],
    library: bool = False,
    only: bool = False,
    progress: Progress = ignore,
    tests: Collection[str] = (),
    asks: Asks = everything,
) -> tuple[list[Timeline], Machine]:
    """One timeline for each entry, and one for each module's functions that none of them reaches.

    An entry is a module, or `module/function`. With `only`, there are the entries' timelines alone, of each of
    them. `progress` is told how many entries are done, and of how many. The modules `tests` are run as a test
    runner does. Of functions that no entry reaches those are run that may do what `asks` names; with `library` all.
    Raises `NoSuchFunction`.
    """
    machine = Machine(program, knowledge)
    out = on_large_stack(lambda: _all(machine, list(entries), None if library else asks, only, progress, tests))
    seeded, numerical = seeded_streams(out), _numerical(knowledge)
    titles = {name: row.title for name, row in knowledge.streams.items()}
    paths = {name: module.path for name, module in program.modules.items()}
    for timeline in out:
        timeline.seeded, timeline.numerical = seeded, numerical
        timeline.titles, timeline.paths = titles, paths
        timeline.library = library
    return out, machine


def _all(
    machine: Machine, entries: list[str], asks: Asks | None, only: bool, progress: Progress, tests: Collection[str]
) -> list[Timeline]:
    out = []
    activations = {}
    imported: set[str] = set()
    mentions = Mentions(machine.program, machine.knowledge)
    harness = _harness(machine, mentions) if tests else None
    # What a test imports need not be run for itself, unless it has a main block: it comes last, and is left out.
    late = imported_modules(machine.program)
    for count, entry in enumerate(sorted(entries, key=late.__contains__)):
        progress(count, len(entries))
        module, _, function = entry.partition("/")
        if entry in imported and not (only or machine.program.modules[module].summary.main):
            continue
        tested = run_tests(machine, harness, module, function) if harness is not None and module in tests else None
        if tested is not None:
            activations[entry] = tested
        elif function:
            try:
                activations[entry] = run_function(machine, module, function)
            except NoSuchFunction:
                if only:
                    raise
        else:
            activations[entry] = run_entry(machine, entry, not only and is_test(machine.program.modules[entry]))
        imported |= machine.imported.keys() - {module}
    for entry in filter(activations.__contains__, entries):
        name, _, function = entry.partition("/")
        module_file = machine.program.modules[name]
        if only or module_file.summary.main or entry not in imported:
            path = f"{module_file.path}:{function}" if function else module_file.path
            done = flatten(activations[entry], machine.stream_index, machine.separate)
            out.append(Timeline(name, path, True, done))
    return out if only else out + _unreached(machine, mentions, out, asks)


def _harness(machine: Machine, mentions: Mentions) -> Harness:
    """What runs tests; it is not even imported where none are asked for."""
    from seedlint.flow.harness import Harness

    return Harness(machine, mentions)


def _unreached(machine: Machine, mentions: Mentions, reached: list[Timeline], asks: Asks | None) -> list[Timeline]:
    """The timelines of functions that no entry reaches, and of modules that none imports.

    What they seed is found first, since that decides what else is asked of them; without `asks` all is.
    """
    modules = list(machine.program.modules)
    activations = {name: Activation(name) for name in modules}
    numerical = _numerical(machine.knowledge)
    passes: list[Callable[[CallRow], bool] | None] = [None]
    if asks is not None:
        passes = [lambda row: not unseeded.isdisjoint(row.seeds), lambda row: asks(row, unseeded)]
    unseeded = numerical - seeded_streams(reached)
    reached_bodies = frozenset(machine.executed)
    told = reached_bodies if asks is not None else frozenset[int]()
    for interesting in passes:
        chosen = mentions.that_lead_to(interesting, directly=True) if interesting else None
        if chosen is not None:
            machine.read.methods |= chosen.names.methods
        machine.runs = {}
        for name in modules:
            names = chosen.defined(name) if chosen is not None else None
            if names is None or names:
                run_unreached(machine, activations[name], reached_bodies, names)
        made = [
            Timeline(
                name,
                machine.program.modules[name].path,
                False,
                flatten(done, machine.stream_index, machine.separate, told),
            )
            for name, done in activations.items()
            if done.events
        ]
        unseeded = numerical - seeded_streams([*reached, *made])
    machine.read.searched |= mentions.lexicons.keys()
    _once(made)
    return made


def _once(timelines: Iterable[Timeline]) -> None:
    """Leave each draw where the fewest calls lead to it: what calls the function is not to blame as well."""
    nearest: dict[tuple[Spot, str], Moment] = {}
    for timeline in timelines:
        for moment in timeline.of("draw"):
            key = (moment.inner, moment.stream)
            if key not in nearest or len(moment.chain) < len(nearest[key].chain):
                nearest[key] = moment
    for timeline in timelines:
        timeline.keep(lambda moment: moment.kind != "draw" or nearest[moment.inner, moment.stream] is moment)


def _numerical(knowledge: Knowledge) -> frozenset[str]:
    """The streams that numbers are drawn from."""
    return frozenset(name for name, row in knowledge.streams.items() if row.numerical)


def seeded_streams(timelines: Iterable[Timeline]) -> frozenset[str]:
    """The streams that some timeline seeds, with whatever: what is wrong with a seed stands at the seed."""
    return frozenset(moment.stream for timeline in timelines for moment in timeline.of("seed"))


def _begin(machine: Machine, entry: str, activation: Activation) -> None:
    machine.state = machine.initial
    machine.imported = {}
    machine.flags = {}
    machine.writes.begin()
    machine.during = frozenset()
    machine.declared = {}
    machine.main = machine.group = entry
    machine.most_instances = MOST_INSTANCES
    machine.steps = machine.depth = machine.conditional = 0
    machine.entered, machine.runs, machine.partial = set(), {}, Memo()
    machine.long = LONG
    machine.frame = Frame(Scope(entry), activation)


def _share_instances(machine: Machine) -> None:
    """Count the objects that this run makes among those that all tests make."""
    machine.group, machine.most_instances = "<tests>", MOST_TESTED


def run_entry(machine: Machine, entry: str, as_test: bool = False) -> Activation:
    """Run one entry as `python entry.py` would; `as_test` says that it makes what all tests make."""
    activation = Activation(entry)
    _begin(machine, entry, activation)
    if as_test:
        _share_instances(machine)
    try:
        imports.run_module(machine, entry, _NOWHERE, as_main="__main__")
    except Terminated:
        return activation
    return activation


def run_tests(machine: Machine, harness: Harness, module: str, function: str = "") -> Activation | None:
    """Run a module's tests, or the one of this name; None if there is none of this name."""
    activation = Activation(module)
    _begin(machine, module, activation)
    _share_instances(machine)
    try:
        found = harness.run(machine, module, function)
    except Terminated:
        return activation
    return activation if found or not function else None


def run_function(machine: Machine, module: str, function: str) -> Activation:
    """Import a module and call one of its functions, with nothing if it can be. Raises `NoSuchFunction`."""
    activation = Activation(module)
    _begin(machine, module, activation)
    try:
        imports.run_module(machine, module, _NOWHERE)
        value = _lookup(machine, module, function)
        args = calls.Arguments([])
        args.more_keywords = args.nobody_knows = not (isinstance(value, Function) and _needs_nothing(value))
        calls.call(machine, value, args, _NOWHERE, function)
    except Terminated:
        return activation
    return activation


def _needs_nothing(function: Function) -> bool:
    """Whether every parameter of a function has a default."""
    return all(given or kind in ("args", "kwargs") for _, kind, _, _, given in function.record[2])


def _lookup(machine: Machine, module: str, function: str) -> Value:
    """The value that a dotted name has after the import of a module."""
    name, *attributes = function.split(".")
    scope = machine.scopes.get(module)
    if scope is None or name not in scope.variables:
        raise NoSuchFunction(module, function)
    value = scope.variables[name]
    for attribute in attributes:
        value = get_attribute(machine, value, attribute)
    return value


def run_unreached(machine: Machine, activation: Activation, reached: Set[int], names: Set[str] | None = None) -> None:
    """Run the functions of a module but for those `reached`, each from a fresh state; those of some names only."""
    module = activation.body
    runs = machine.runs
    _begin(machine, module, activation)
    # What no entry reaches counts as one run: it makes instances of the same classes again and again.
    machine.group, machine.runs, machine.long = "", runs, LONG_UNREACHED
    if module not in machine.scopes:
        with suppress(Terminated):
            imports.run_module(machine, module, _NOWHERE)
    scope = machine.scopes[module]
    for name, value in list(scope.variables.items()):
        if names is not None and name not in names:
            continue
        for function, receiver in _functions(machine, value, scope):
            if id(function.record) in reached:
                continue
            machine.state = machine.initial
            args = calls.Arguments([receiver] if receiver is not None else [])
            args.more_keywords = args.nobody_knows = True
            try:
                calls.call_function(machine, function, args, function.record[1], function.name, running=True)
            except Terminated:
                continue


def _functions(machine: Machine, value: Value, scope: Scope) -> list[tuple[Function, Value | None]]:
    """The functions that a module's value defines, with the object that each is a method of."""
    if isinstance(value, Function):
        decorated = value.scope.outer is not None
        return [(value, None)] if decorated or value.scope is scope else []
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
