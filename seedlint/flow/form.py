"""What a body asks of a value for its form alone: nobody sees which numbers are in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seedlint.flow.activation import Edge, Event
from seedlint.flow.exposure import captured, exposed, targets
from seedlint.flow.lexicon import is_attribute, mentions
from seedlint.flow.machine import Machine
from seedlint.index.summary import Block, Expression, Statement

_FORM = frozenset(
    {"device", "dim", "dtype", "element_size", "ndim", "nelement", "numel", "requires_grad", "shape", "size"}
)
"""What tells of a value how it looks, and not what it holds."""
MODES = frozenset({"eval", "train"})
SAME = frozenset({"cpu", "cuda", "double", "float", "half", "to"}) | MODES
"""Methods that give back what they are called on."""
_ITEMS = frozenset({"buffers", "parameters"})
_NAMED_ITEMS = frozenset({"named_buffers", "named_parameters"})
"""Methods that give what a module holds, the latter in pairs of a name and an item."""
PRINT = ("name", "print")
_Aliases = dict[str, str]
"""Variables that hold an item of what another holds."""


def loop_only_looks(m: Machine, loop: Statement) -> bool:
    """Whether a loop of the running body asks of its items for their form alone, and nothing else reads them."""
    if id(loop) not in m.looking:
        m.looking[id(loop)] = _loop_only_looks(m.frame.block, loop)
    return m.looking[id(loop)]


def _loop_only_looks(block: Block, loop: Statement) -> bool:
    items = targets(loop[2])
    asked = [chain[1:] for chain in mentions(loop[4]).chains if chain[0] in items]
    if not items or not asked or not all(map(_is_form, asked)):
        return False
    at = next((i for i, statement in enumerate(block) if statement is loop), None)
    later = exposed(block[at + 1 :]) if at is not None else None
    return later is not None and items.isdisjoint(later | captured(block))


def assigned_to_look(m: Machine, s: Statement) -> bool:
    """Whether a function asks what it assigns to a variable here, and wherever it reads that, for its form alone."""
    bound, block, function = s[2], m.frame.block, m.frame.function
    if function is None or len(bound) != 1 or bound[0] is None or bound[0][0] != "name":
        return False
    if not {bound[0][1], f"^{bound[0][1]}"}.isdisjoint(function.record[6]):
        return False  # others read it
    names = m.measured.get(id(block))
    if names is None:
        names = m.measured[id(block)] = _measured(block)
    return bound[0][1] in names


def only_builds(events: Iterable[Event | Edge]) -> bool:
    """Whether all that is drawn goes into modules that are made: nothing is trained, or printed, by the way."""
    seen: set[int] = set()
    stack = list(events)
    while stack:
        event = stack.pop()
        if isinstance(event, Edge):
            if event.mode != "module" and id(event.target) not in seen:
                seen.add(id(event.target))
                stack += event.target.events
        elif event.kind == "draw" and not event.detail.get("module"):
            return False
    return True


def _measured(block: Block) -> frozenset[str]:
    """The variables that a block asks for their form and for nothing else."""
    uses = Uses()
    uses.each(block, {})
    return frozenset(uses.measured - uses.read)


def _is_form(parts: tuple[str, ...]) -> bool:
    """Whether what follows a value's name asks for its form."""
    parts = parts[1:] if parts[:1] == ("data",) else parts
    return bool(parts) and parts[0] in _FORM


class Uses:
    """Tells the variables that a tree asks for their form from those that it reads otherwise."""

    def __init__(self) -> None:
        self.measured: set[str] = set()
        self.read: set[str] = set()

    def each(self, nodes: Iterable[Any], of: _Aliases) -> None:
        """Note what several trees use."""
        for node in nodes:
            if type(node) is tuple and node:
                self.tree(node, of)

    def tree(self, node: Any, of: _Aliases) -> None:
        """Note what a tree uses; a variable that stands for another's item is counted as the other too."""
        kind = node[0]
        if kind == "name" and len(node) == 2 and type(node[1]) is str:
            self._note(self.read, node[1], of)
        elif kind == "attr" and is_attribute(node):
            self._attribute(node, of)
        elif kind == "assign" and type(node[1]) is int:
            self._assign(node, of)
        elif kind == "for" and len(node) == 7:
            self._clause(node[2], node[3], node[4:6], of)
        elif kind == "gen" and len(node) == 3 and type(node[2]) is tuple:
            loop = node[2][3][0]  # a function that loops over its argument
            self._clause(loop[2], node[1], loop[4:], of)
        elif kind == "call" and node[1] == PRINT:
            # A module is printed without its weights.
            self.each((arg for arg in node[2] if arg and (arg[0] != "name" or arg[1] in of)), of)
        elif kind == "comp" and len(node) == 4 and _is_clauses(node[3]):
            for target, iterable, conditions, _ in node[3]:
                of = self._clause(target, iterable, conditions, of)
            self.each(node[2], of)
        else:
            self.each(node, of)

    def _note(self, where: set[str], name: str, of: _Aliases) -> None:
        where.add(name)
        if name in of:
            where.add(of[name])

    def _attribute(self, node: Any, of: _Aliases) -> None:
        name, parts = _chain(node)
        if name is None:
            self.each(node, of)
        else:
            self._note(self.measured if _is_form(parts) else self.read, name, of)

    def _assign(self, s: Statement, of: _Aliases) -> None:
        """Note what an assignment uses; `x = x.to(device)` leaves to a variable what it holds."""
        _, _, bound, value = s
        name, parts = _chain(value[1]) if value and value[0] == "call" else (None, ())
        if name is not None and len(parts) == 1 and parts[0] in SAME and bound == (("name", name),):
            self.each(value[2:4], of)
            return
        self.each((target for target in bound if target and target[0] != "name"), of)
        self.each((value,), of)

    def _clause(self, target: Expression, iterable: Expression, inner: Iterable[Any], of: _Aliases) -> _Aliases:
        """Note what a loop, or a comprehension's clause, uses; which variables stand for others' items within it."""
        holder, item = _item(target, iterable)
        if holder is None or item is None:
            self.each((iterable, target if target and target[0] != "name" else None), of)
        else:
            of = {**of, item: holder}
        self.each(inner, of)
        return of


def _item(target: Expression, iterable: Expression) -> tuple[str | None, str | None]:
    """The variable whose items are iterated by `for item in holder.parameters()`, and that which holds one."""
    holder, parts = _chain(iterable[1]) if iterable and iterable[0] == "call" else (None, ())
    if len(parts) != 1 or not target:
        return None, None
    if parts[0] in _NAMED_ITEMS and target[0] == "seq" and len(target[2]) == 2:
        target = target[2][1]
    elif parts[0] not in _ITEMS:
        return None, None
    return holder, target[1] if target and target[0] == "name" else None


def _chain(node: Any) -> tuple[str | None, tuple[str, ...]]:
    """The variable at the root of `root.a.b`, if one stands there, and the attributes after it."""
    parts: list[str] = []
    while node and is_attribute(node):
        parts.append(node[2])
        node = node[1]
    return node[1] if node and node[0] == "name" else None, tuple(reversed(parts))


def _is_clauses(part: Any) -> bool:
    """Whether a part holds a comprehension's clauses; a parameter may be called `comp`."""
    return type(part) is tuple and bool(part) and type(part[0]) is tuple
