"""Which variables a block may read before it assigns them: what it can tell its second pass from its first by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seedlint.flow.lexicon import mentions
from seedlint.flow.machine import Machine
from seedlint.flow.values import Value
from seedlint.index.summary import Block, Expression, Statement

_BY_TEXT = frozenset({"eval", "exec", "globals", "locals", "vars"})
"""Functions that read variables which are not named where they are called."""
_NESTED = frozenset({"lambda", "gen"})
_Names = set[str]


def alike(m: Machine, block: Block, before: Mapping[str, Value], after: Mapping[str, Value]) -> bool:
    """Whether a block of the running body, and what it calls, find the same in two sets of variables."""
    if id(block) not in m.exposed:
        m.exposed[id(block)] = exposed(block)
    names, frame = m.exposed[id(block)], m.frame
    if id(frame.block) not in m.captured:
        m.captured[id(frame.block)] = captured(frame.block)
    if names is None:
        return before == after
    return all(before.get(name) == after.get(name) for name in names | m.captured[id(frame.block)])


def exposed(block: Block) -> frozenset[str] | None:
    """The variables that a block may read before it assigns them; None where any may be."""
    names = _named(block)
    if not names.isdisjoint(_BY_TEXT):
        return None
    walk = _Walk()
    walk.block(block, set())
    return frozenset(walk.read)


def captured(block: Block) -> frozenset[str]:
    """The variables that functions mention which a block defines: these read them whenever they are called."""
    out: _Names = set()
    stack: list[Any] = list(block)
    while stack:
        node = stack.pop()
        if (node[0] in ("def", "class") and len(node) == 3) or (node[0] in _NESTED and type(node[-1]) is tuple):
            out |= _named(node)
        else:
            stack += [part for part in node if type(part) is tuple and part]
    return frozenset(out)


def _named(tree: Any) -> _Names:
    return {chain[0] for chain in mentions(tree).chains}


def targets(target: Expression) -> frozenset[str]:
    """The variables that a target binds."""
    return frozenset(_Walk().targets((target,), set()))


class _Walk:
    """Follows a block in order; `bound` holds what is assigned by then on every way."""

    def __init__(self) -> None:
        self.read: _Names = set()

    def block(self, block: Block, bound: _Names) -> _Names | None:
        """What is bound at the end of a block; None if control does not get there."""
        for statement in block:
            after = self.statement(statement, bound)
            if after is None:
                return None
            bound = after
        return bound

    def statement(self, s: Statement, bound: _Names) -> _Names | None:
        """What is bound after a statement."""
        kind = s[0]
        if kind in ("break", "continue"):
            return None
        if kind in ("expr", "assert", "return", "raise"):
            self.expressions(s[2:], bound)
            return None if kind in ("return", "raise") else bound
        if kind == "assign":
            self.expression(s[3], bound)
            return self.targets(s[2], bound)
        if kind == "annotate":
            self.expressions(s[3:5], bound)
            return bound | {s[2]} if s[4] is not None else bound
        if kind == "augment":
            self.expressions((s[2], s[4]), bound)
            return self.targets((s[2],), bound)
        if kind in ("import", "from"):
            names = s[2] if kind == "import" else s[4]
            return bound | {alias or name.partition(".")[0] for name, alias in names}
        return self.compound(s, bound)

    def compound(self, s: Statement, bound: _Names) -> _Names | None:
        """What is bound after a statement that holds others."""
        kind = s[0]
        if kind == "if":
            self.expression(s[2], bound)
            return _joined(self.block(s[3], bound), self.block(s[4], bound))
        if kind == "while":
            self.expression(s[2], bound)
            self.block(s[3], bound)
            self.block(s[4], bound)
            return bound
        if kind == "for":
            self.expression(s[3], bound)
            self.block(s[4], self.targets((s[2],), bound))
            self.block(s[5], bound)
            return bound
        if kind == "try":
            return self.guarded(s, bound)
        if kind == "with":
            for context, target, _ in s[2]:
                self.expression(context, bound)
                bound = self.targets((target,), bound)
            return self.block(s[3], bound)
        if kind == "match":
            self.expression(s[2], bound)
            for names, pattern, guard, body in s[3]:
                inner = bound | set(names)
                self.expressions((pattern, guard), inner)
                self.block(body, inner)
            return bound
        self.read |= _named(s)  # a function or a class
        return bound | {s[2][0]}

    def guarded(self, s: Statement, bound: _Names) -> _Names | None:
        """What is bound after a `try`."""
        _, _, body, handlers, orelse, final = s
        after = self.block(body, bound)
        ends = [self.block(orelse, after) if after is not None else None]
        for types, name, handler in handlers:
            self.expressions((types,), bound)
            ends.append(self.block(handler, bound | {name} if name else bound))
        left = _joined(*ends)
        done = self.block(final, bound if left is None else left)
        return None if left is None else done

    def targets(self, targets: Iterable[Expression], bound: _Names) -> _Names:
        """What is bound once these targets are assigned."""
        for target in targets:
            if target is None:
                continue
            if target[0] == "name":
                bound = bound | {target[1]}
            elif target[0] == "seq":
                bound = self.targets(target[2], bound)
            elif target[0] == "star":
                bound = self.targets((target[1],), bound)
            else:
                self.expression(target, bound)
        return bound

    def expressions(self, expressions: Iterable[Any], bound: _Names) -> None:
        """Follow several expressions."""
        for e in expressions:
            self.expression(e, bound)

    def expression(self, e: Any, bound: _Names) -> None:
        """Follow an expression; what it binds by `:=` counts as read."""
        if e is None:
            return
        kind = e[0]
        if kind == "name":
            if e[1] not in bound:
                self.read.add(e[1])
        elif kind == "call":
            self.expression(e[1], bound)
            self.expressions(e[2], bound)
            self.expressions((value for _, value in e[3]), bound)
        elif kind == "dict":
            for pair in e[1]:
                self.expressions(pair, bound)
        elif kind == "comp":
            for target, iterable, conditions, _ in e[3]:
                self.expression(iterable, bound)
                bound = self.targets((target,), bound)
                self.expressions(conditions, bound)
            self.expressions(e[2], bound)
        elif kind in _NESTED:
            self.read |= _named(e)
        elif kind in ("and", "or", "slice"):
            self.expressions(e[1], bound)
        elif kind in ("seq", "op"):
            self.expressions(e[2], bound)
        elif kind == "walrus":
            self.read.add(e[1])
            self.expression(e[2], bound)
        elif kind in _PARTS:
            begin, end = _PARTS[kind]
            self.expressions(e[begin:end], bound)
        else:
            self.read |= _named(e)


_PARTS = {
    "const": (1, 1), "attr": (1, 2), "index": (1, 3), "not": (1, 2), "cmp": (2, 4), "choice": (1, 4),
    "star": (1, 2), "await": (1, 2), "yield": (1, 2), "yieldfrom": (1, 2),
}  # fmt: skip
"""Which items of an expression of each kind are expressions."""


def _joined(*ways: _Names | None) -> _Names | None:
    """What is bound on all of several ways that control may have taken."""
    falls = [way for way in ways if way is not None]
    return set.intersection(*falls) if falls else None
