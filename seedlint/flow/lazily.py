"""What a module gives that its top level does not bind: names that are imported when they are first asked for."""

from __future__ import annotations

from collections.abc import Iterator

from seedlint.flow import calls, imports
from seedlint.flow.machine import Frame, Machine
from seedlint.flow.values import UNKNOWN, Const, Function, Value
from seedlint.index.summary import Block, Expression, Statement

_HOOK = "__getattr__"
_FOR_TYPES = "TYPE_CHECKING"


def given(m: Machine, module: str, name: str) -> Value:
    """What a module's own `__getattr__` gives for a name, or the import of it that the module shows to type checkers.

    Packages that replace themselves by an object which imports on demand list what it gives under `TYPE_CHECKING`.
    """
    scope, file = m.scopes[module], m.program.modules.get(module)
    if name.startswith("__") or file is None or ("lazily", module, name) in m.active:
        return UNKNOWN
    m.active.add(("lazily", module, name))
    try:
        hook = scope.variables.get(_HOOK)
        pos = m.line_of(None)
        if isinstance(hook, Function):
            return calls.call_function(m, hook, calls.Arguments([Const(name)]), pos, _HOOK)
        for statement in _shown(file.summary.body):
            for member, alias in statement[4]:
                if (alias or member) == name:
                    return _imported(m, Frame(scope, m.frame.activation), statement, member)
        return UNKNOWN
    finally:
        m.active.discard(("lazily", module, name))


def _imported(m: Machine, frame: Frame, statement: Statement, member: str) -> Value:
    """What one of a statement's imports gives, as the module itself would import it."""
    _, _, level, dotted, _, pos = statement
    frame.way, frame.at = m.frame.way, m.frame.at
    with m.within(frame):
        owner = imports.import_module(m, level, dotted, pos)
        return imports.member(m, frame.scope.module, level, dotted, owner, member, pos)


def _shown(block: Block) -> Iterator[Statement]:
    """The imports of names that stand under `if TYPE_CHECKING:`."""
    for statement in block:
        if statement[0] == "if" and _asks_for_types(statement[2]):
            yield from (inner for inner in statement[3] if inner[0] == "from")


def _asks_for_types(test: Expression) -> bool:
    return test is not None and test[0] in ("name", "attr") and test[-1] == _FOR_TYPES
