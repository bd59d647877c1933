"""Imports: the first one of a module runs its top level, there and then."""

from __future__ import annotations

import posixpath
import re
from functools import reduce

from seedlint.flow import execute, iterate
from seedlint.flow.activation import Activation, Edge
from seedlint.flow.machine import Frame, Machine
from seedlint.flow.state import State, join_states
from seedlint.flow.values import UNKNOWN, WIDEST_UNION, Alternatives, Const, External, Module, Scope, Value
from seedlint.index.summary import Position, Statement

_MODULE_NAME = re.compile(r"\.+\w*|\.*[^\W\d]\w*\.[\w.]*")
"""How a dotted name begins that names more than its first part, or is relative."""


def execute_import(m: Machine, s: Statement) -> bool:
    """Run `import a.b as c`."""
    _, _, names, pos = s
    for dotted, alias in names:
        value = import_module(m, 0, dotted, pos)
        if alias:
            m.assign(alias, value)
        else:
            first = dotted.partition(".")[0]
            m.assign(first, _first(m, first, dotted, value))
    return True


def _first(m: Machine, first: str, dotted: str, value: Value) -> Value:
    if first == dotted:
        return value
    if isinstance(value, Module):
        return Module(value.name[: len(value.name) - len(dotted) + len(first)])
    return External(first)


def execute_from(m: Machine, s: Statement) -> bool:
    """Run `from a.b import c as d`."""
    _, _, level, dotted, names, pos = s
    importer = m.frame.scope.module
    owner = import_module(m, level, dotted, pos)
    for name, alias in names:
        if name == "*":
            _import_star(m, owner)
            continue
        m.assign(alias or name, member(m, importer, level, dotted, owner, name, pos))
    return True


def member(m: Machine, importer: str, level: int, dotted: str, owner: Value, name: str, pos: Position) -> Value:
    """What `from dotted import name` gives, where `owner` is what the module itself is."""
    if isinstance(owner, Module):
        scope = m.scopes.get(owner.name)
        if scope is not None and name in scope.variables:
            return scope.variables[name]
    child = m.program.resolve(importer, level, f"{dotted}.{name}" if dotted else name)
    if child is not None:
        run_module(m, child, pos)
        return Module(child)
    if isinstance(owner, External):
        from seedlint.flow.attribute import get_attribute

        return get_attribute(m, owner, name)
    if isinstance(owner, Module):
        from seedlint.flow.attribute import get_attribute

        return get_attribute(m, owner, name)
    return UNKNOWN


def _import_star(m: Machine, owner: Value) -> None:
    if isinstance(owner, External):
        m.frame.scope.take_stars([owner.name])
    elif isinstance(owner, Module):
        scope = m.scopes.get(owner.name)
        if scope is not None:
            names = _public_names(m, scope)
            for name, value in list(scope.variables.items()):
                if name in names if names is not None else not name.startswith("_"):
                    m.assign(name, value)
            m.frame.scope.take_stars(scope.external_stars)


def _public_names(m: Machine, scope: Scope) -> set[str] | None:
    """What `__all__` lists, if it is known."""
    items = iterate.known_items(m, scope.variables["__all__"]) if "__all__" in scope.variables else None
    if items is None:
        return None
    return {str(item.value) for item in items if isinstance(item, Const)}


def import_module(m: Machine, level: int, dotted: str, pos: Position) -> Value:
    """Import a module of the project, running what it needs; else it belongs to a library."""
    importer = m.frame.scope.module
    target = m.program.resolve(importer, level, dotted) if importer in m.program.modules else None
    if target is None:
        if level or m.program.contains(importer, level, dotted):
            return Module(dotted) if not level else UNKNOWN
        return External(dotted)
    _run_packages(m, target, pos)
    run_module(m, target, pos)
    return Module(target)


def _run_packages(m: Machine, target: str, pos: Position) -> None:
    """Run the packages that a module lies in, before it is imported."""
    parent = target.rpartition(".")[0]
    while parent:
        if parent in m.program.modules and parent != m.frame.scope.module:
            run_module(m, parent, pos)
        parent = parent.rpartition(".")[0]


def may_name_module(m: Machine, begin: str) -> bool:
    """Whether a folder of the project has modules whose names begin so, as the running module would import them."""
    importer = m.frame.scope.module
    if _MODULE_NAME.fullmatch(begin) is None or importer not in m.program.modules:
        return False
    rest = begin.lstrip(".")
    folder = rest.rpartition(".")[0]
    return not folder or m.program.has_folder(importer, len(begin) - len(rest), folder)


def import_any(m: Machine, begin: str, end: str, pos: Position) -> Value:
    """Import one of the project's modules whose names begin and end so, nobody knows which."""
    names = sorted(_named(m, begin, end))
    if not 0 < len(names) <= WIDEST_UNION:
        return UNKNOWN
    _run_packages(m, names[0], pos)
    state = m.state
    out: list[State] = []
    for name in names:
        m.state = state
        with m.maybe():
            run_module(m, name, pos)
        out.append(m.state)
    m.state = reduce(lambda one, other: join_states(one, other, m.here(pos)), out)
    return Module(names[0]) if len(names) == 1 else Alternatives(map(Module, names))


def _named(m: Machine, begin: str, end: str) -> list[str]:
    """The modules of one folder that one more name, between a beginning and an end, would import."""
    importer = m.frame.scope.module
    if importer not in m.program.modules:
        return []
    rest = begin.lstrip(".")
    for base in m.program.bases_of_import(importer, len(begin) - len(rest)):
        start = f"{base}.{rest}" if base else rest
        found = [
            name
            for name in m.program.modules
            if name.startswith(start) and name.endswith(end) and "." not in name[len(start) : len(name) - len(end)]
        ]
        if found:
            return found
    return []


def run_script(m: Machine, path: str, as_name: str, pos: Position) -> None:
    """Run a script of the project as `%run` does: each time anew, its names handed to the running body."""
    folder = posixpath.dirname(m.program.modules[m.frame.scope.module].path)
    name = m.program.at(posixpath.normpath(posixpath.join(folder, path))) or m.program.at(posixpath.normpath(path))
    if name is None or ("script", name) in m.active:
        return
    m.active.add(("script", name))
    try:
        run_module(m, name, pos, as_main=as_name)
    finally:
        m.active.discard(("script", name))
    scope = m.scopes[name]
    for variable, value in list(scope.variables.items()):
        if not variable.startswith("__"):
            m.assign(variable, value)
    m.frame.scope.take_stars(scope.external_stars)


def run_module(m: Machine, name: str, pos: Position, as_main: str | None = None) -> None:
    """Run a module's top level, unless this process already has."""
    if name in m.imported and as_main is None:
        return
    m.imported[name] = None
    shape = ("module", name, as_main)
    done = m.memo.find(shape, m.state)
    if done is None:
        done = _run(m, name, as_main, shape)
    if done.events:
        m.record(Edge(m.here(pos), f"import {name}" if as_main is None else name, done, "import"))
    m.add_imports(done.imported)
    m.set_flags(done.flags)
    if done.out is not None and not done.quiet:
        m.state = done.out


def _run(m: Machine, name: str, as_main: str | None, shape: tuple[str, str, str | None]) -> Activation:
    module = m.program.modules[name]
    scope = m.scopes.get(name)
    if scope is None:
        scope = m.scopes[name] = Scope(name)
    scope.variables["__name__"] = Const(as_main or name)
    scope.variables["__file__"] = UNKNOWN
    activation = Activation(name)
    start, imported, flags = m.state, len(m.imported), m.flags
    depth, conditional = m.depth, m.conditional
    m.depth, m.conditional = 0, 0
    written = m.writes.mark()
    m.clock.now += 1
    with m.within(Frame(scope, activation, block=module.summary.body)):
        execute.execute(m, module.summary.body)
    m.depth, m.conditional = depth, conditional
    m.writes.forget(written)
    activation.imported, activation.flags = m.take_imports(imported), m.changed_flags(flags)
    activation.out = m.state
    activation.quiet = not activation.events and m.state == start
    m.state = start
    m.memo.keep(shape, start, activation)
    return activation
