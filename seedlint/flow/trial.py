"""A script that tries modules out: it makes them, runs them, and shows no more than the form of what they give."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seedlint.flow import attribute, definitions, library
from seedlint.flow.exposure import exposed, targets
from seedlint.flow.form import MODES, PRINT, SAME, Uses
from seedlint.flow.lexicon import is_attribute, mentions
from seedlint.flow.machine import Machine
from seedlint.flow.values import (
    UNKNOWN,
    Class,
    Container,
    External,
    ExternalObject,
    Function,
    Object,
    Value,
    alternatives,
)
from seedlint.index.summary import Block, Expression, Position, Statement
from seedlint.knowledge.schema import CallRow

_CALLS = frozenset({"call", "await", "yield", "yieldfrom"})
"""Expressions that run something else."""
_HOLDS_FUNCTION = {"def": 2, "lambda": 1, "gen": 2}
"""Where the function lies in a node of this kind."""


def tried_out(m: Machine, s: Statement) -> bool:
    """Whether the program's own file asks what it assigns here for its form alone, and all that it makes of it."""
    frame = m.frame
    if frame.function is not None or frame.scope.module != m.main or frame.scope.outer is not None:
        return False
    known = m.tried.get(id(frame.block))
    if known is None:
        known = m.tried[id(frame.block)] = _tried(m, frame.block)
    names, made = known
    bound = _bound(s[2])
    return bool(bound) and bound <= names and _Trial(m, names, made).is_plain(s[3])


def _tried(m: Machine, block: Block) -> tuple[frozenset[str], frozenset[str]]:
    """The variables of which somebody sees the form, and nobody more, and those of them that hold modules.

    The former are looked for among the most variables of which none is read by anything but these.
    """
    m.read.executed.setdefault(m.frame.scope.module, set()).update(_functions(block))
    made = _made(m, block)
    names = frozenset(name for s in _assignments(block) for name in _bound(s[2]))
    while True:
        uses = _Trial(m, names, made)
        uses.each(block, {})
        if uses.read.isdisjoint(names):
            asked = _led_to(block, uses.measured & names, names)
            return asked, made & asked
        names -= uses.read


def _functions(block: Block) -> Iterable[Position]:
    """Where the functions of a block lie, also those within others: what they mention counts, run or not."""
    stack: list[Any] = list(block)
    while stack:
        node = stack.pop()
        at = _HOLDS_FUNCTION.get(node[0]) if type(node[0]) is str else None
        if at is not None and len(node) > at and type(node[at]) is tuple and len(node[at]) == 7:
            yield node[at][1]
        stack += [part for part in node if type(part) is tuple and part]


def _led_to(block: Block, asked: Iterable[str], names: frozenset[str]) -> frozenset[str]:
    """The variables of `names` that go into those whose form is asked for, and these."""
    out: set[str] = set()
    new = set(asked)
    while new:
        out |= new
        into = [s[3] for s in _assignments(block) if not new.isdisjoint(_bound(s[2]))]
        new = {chain[0] for value in into for chain in mentions(value).chains if chain[0] in names} - out
    return frozenset(out)


def _made(m: Machine, block: Block) -> frozenset[str]:
    """The variables that hold modules wherever they are assigned."""
    modules: set[str] = set()
    others: set[str] = set()
    for s in _assignments(block):
        (modules if _makes_module(m, s[3]) else others).update(_bound(s[2]))
    return frozenset(modules - others)


def _makes_module(m: Machine, value: Any) -> bool:
    """Whether an expression constructs a module, and perhaps puts it somewhere."""
    while value and _is_setting(value):
        value = value[1][1]
    return bool(value) and value[0] == "call" and _is_module(m, _meant(m, value[1]))


def _is_call(node: Any) -> bool:
    """Whether a node is a call; a parameter may be called `call`."""
    return node[0] == "call" and type(node[1]) is tuple


def _is_setting(value: Any) -> bool:
    """Whether a call of a method only puts what it is called on somewhere, or into a mode."""
    return _is_call(value) and value[1][0] == "attr" and value[1][2] in SAME


def _is_module(m: Machine, value: Value) -> bool:
    """Whether a class's instances are modules that a call runs, and that train and convert as all modules do."""
    if isinstance(value, Class):
        own = [definitions.find_in_class(value, name) for name in SAME]
        return library.is_module(m, value) and not any(isinstance(method, Function) for method in own)
    return isinstance(value, External) and library.call_name(m, m.knowledge.canonical(value.name)) is not None


def _meant(m: Machine, callee: Any) -> Value:
    """The one thing that a dotted name means now, looked up without any effect."""
    if callee and callee[0] == "name":
        value = m.frame.scope.variables.get(callee[1], UNKNOWN)
    elif callee and is_attribute(callee):
        owner = _meant(m, callee[1])
        value = attribute.get_attribute(m, owner, callee[2]) if isinstance(owner, External) else UNKNOWN
    else:
        return UNKNOWN
    return value if len(list(alternatives(value))) == 1 else UNKNOWN


def _assignments(block: Iterable[Any]) -> Iterable[Statement]:
    """The assignments of a block and of the blocks within it, but for those of functions and classes."""
    stack = list(block)
    while stack:
        node = stack.pop()
        if node[0] == "assign" and type(node[1]) is int:
            yield node
        elif not _defines(node):
            stack += [part for part in node if type(part) is tuple and part]


def _defines(node: Any) -> bool:
    return node[0] in ("def", "class") and len(node) == 3 and type(node[2]) is tuple


def _bound(to: Iterable[Expression]) -> frozenset[str]:
    """The variables that an assignment binds; none if it stores anything elsewhere."""
    parts = list(to)
    plain = all(part and (part[0] == "name" or (part[0] == "seq" and _bound(part[2]))) for part in parts)
    return frozenset().union(*map(targets, parts)) if plain else frozenset()


class _Trial(Uses):
    """Tells the variables that are read from those that go only into others of `names`; `made` hold modules."""

    def __init__(self, m: Machine, names: frozenset[str], made: frozenset[str]) -> None:
        super().__init__()
        self.m, self.names, self.made = m, names, made

    def tree(self, node: Any, of: dict[str, str]) -> None:
        """Note what a tree reads; what is given to a summary of a module is not, nor is a module that is printed."""
        if _defines(node):
            self.read |= _free(node)
        elif node[0] == "assign" and type(node[1]) is int and _bound(node[2]) and _bound(node[2]) <= self.names:
            self._into(node[3], of)
        elif _is_call(node) and self._summarises(node[1]):
            self.measured |= {chain[0] for arg in _arguments(node) for chain in mentions(arg).chains}
            self._given(node, of)
        elif _is_setting(node) and self._is_made(node[1][1]):
            self.each(_arguments(node), of)
        elif _is_call(node) and node[1] == PRINT:
            self.each((arg for arg in _arguments(node) if arg[0] != "name" or arg[1] not in self.made), of)
        else:
            super().tree(node, of)

    def is_plain(self, value: Any) -> bool:
        """Whether an expression does no more than draw, make modules and run those that are tried out."""
        return bool(value) and value[0] in ("call", "seq") and self._is_plain(value)

    def _is_plain(self, value: Any) -> bool:
        if value[0] == "seq":
            return all(part and self._is_plain(part) for part in value[2])
        if value[0] == "call":
            parts = [value[1][1]] if _is_setting(value) else []
            plain = self._gives(value) and not self._changes_others(value)
            return plain and all(map(self._is_plain, [*parts, *_arguments(value)]))
        return _CALLS.isdisjoint(_kinds(value))

    def _changes_others(self, call: Any) -> bool:
        """Whether a library may draw into what is given to it, and others read."""
        if not any(row.draws for row in _rows(self.m, _meant(self.m, call[1]))):
            return False
        given = {chain[0] for arg in _arguments(call) for chain in mentions(arg).chains} - self.names
        values = [self.m.frame.scope.variables.get(name) for name in given]
        return any(value == UNKNOWN or isinstance(value, (Container, ExternalObject, Object)) for value in values)

    def _into(self, value: Any, of: dict[str, str]) -> None:
        """Note what is read where a variable of `names` is given a value."""
        if value is None or value[0] == "name":
            return
        if value[0] == "seq":
            for part in value[2]:
                self._into(part, of)
        elif _is_call(value) and self._gives(value):
            self._given(value, of)
        else:
            self.each((value,), of)

    def _given(self, call: Any, of: dict[str, str]) -> None:
        """Note what the arguments of a call read; so for what a method that gives the same is called on."""
        if _is_setting(call):
            self._into(call[1][1], of)
        for arg in _arguments(call):
            self._into(arg, of)

    def _gives(self, call: Any) -> bool:
        """Whether a call makes a module, runs one that is tried out, or gives what a library draws."""
        callee = call[1]
        if _is_setting(call):
            return callee[2] not in MODES or self._is_made(callee[1])
        if self._is_made(callee):
            return True
        value = _meant(self.m, callee)
        return _is_module(self.m, value) or any(row.draws for row in _rows(self.m, value))

    def _is_made(self, value: Any) -> bool:
        """Whether a variable holds a module that is tried out, or an expression makes one."""
        return bool(value) and (value[1] in self.made if value[0] == "name" else _makes_module(self.m, value))

    def _summarises(self, callee: Expression) -> bool:
        return any(row.looks for row in _rows(self.m, _meant(self.m, callee)))


def _rows(m: Machine, value: Value) -> tuple[CallRow, ...]:
    """What tables say of a library's callable."""
    return tuple(m.knowledge.calls(m.knowledge.canonical(value.name))) if isinstance(value, External) else ()


def _arguments(call: Any) -> list[Any]:
    return [arg for arg in (*call[2], *(value for _, value in call[3])) if arg is not None]


def _kinds(tree: Any) -> Iterable[str]:
    """The kinds of all nodes of an expression."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if type(node[0]) is str:
            yield node[0]
        stack += [part for part in node if type(part) is tuple and part]


def _free(node: Any) -> frozenset[str]:
    """The variables that a function or class reads from around it."""
    kind, _, record = node
    if kind == "class":
        inner = [_free(part) if _defines(part) else {chain[0] for chain in mentions(part).chains} for part in record[5]]
        around = {chain[0] for part in record[2:5] for chain in mentions(part).chains}
        return frozenset(around.union(*inner))
    body = exposed(record[3])
    if body is None:
        body = frozenset(chain[0] for chain in mentions(record[3]).chains)
    parameters = {parameter[0] for parameter in record[2]}
    around = {chain[0] for part in (record[2], record[4]) for chain in mentions(part).chains}
    return frozenset((body - parameters) | around | {name.lstrip("^") for name in record[6]})
