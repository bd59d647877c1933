"""A module by the names that its definitions mention, told without running anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Chain = tuple[str, ...]
"""A dotted name as it is written: `np.random.rand` is ("np", "random", "rand")."""
_BODY = 3
"""Where a function's statements stand in it."""


class Unit:
    """What a tree mentions: dotted names, attributes, and the imports that it holds."""

    __slots__ = ("attributes", "chains", "imports")

    def __init__(self) -> None:
        self.chains: set[Chain] = set()
        self.attributes: set[str] = set()
        self.imports: list[Any] = []


def mentions(tree: Any) -> Unit:
    """What a statement, or a block of these, mentions."""
    unit = Unit()
    stack = [tree] if tree else []
    while stack:
        node = stack.pop()
        kind = node[0]
        if kind == "name" and len(node) == 2 and type(node[1]) is str:
            unit.chains.add((node[1],))
            continue
        if kind == "attr" and is_attribute(node):
            parts = []
            while node and is_attribute(node):
                parts.append(node[2])
                node = node[1]
            unit.attributes.update(parts)
            if node and node[0] == "name":
                unit.chains.add((node[1], *reversed(parts)))
            elif node:
                stack.append(node)
            continue
        if kind == "import" or kind == "from":
            unit.imports.append(node)
        elif type(kind) is int:
            continue
        stack += [part for part in node if type(part) is tuple and part]
    return unit


def gives_function(body: Any) -> bool:
    """Whether a function's statements give back a function or class that they define, as decorators do."""
    names: set[str] = set()
    returned: list[Any] = []
    for node in _nodes(body):
        if node[0] == "def" or node[0] == "class":
            names.add(node[2][0])
        elif node[0] == "return" and len(node) == 3:
            returned.append(node[2])
    return any(
        any(node[0] == "lambda" for node in _nodes(tree)) or any(chain[0] in names for chain in mentions(tree).chains)
        for tree in returned
    )


def _nodes(tree: Any) -> Iterator[Any]:
    """A tree and all that is not empty in it; trees may be deeper than calls can be."""
    stack = [tree] if tree else []
    while stack:
        node = stack.pop()
        yield node
        stack += [part for part in node if type(part) is tuple and part]


class Lexicon:
    """One module by its names: the units that it defines, and what its imports bind."""

    def __init__(self, body: Iterable[Any]) -> None:
        self.units: dict[str, Unit] = {}
        self.handed_on: set[str] = set()
        """Names through which what they mention reaches their users: variables, and functions that give back others."""
        self.imports: dict[str, list[tuple[int, str, str]]] = {}
        self.stars: list[tuple[int, str]] = []
        self._read(body)
        self.users: dict[str, set[str]] = {}
        for name, unit in self.units.items():
            for chain in unit.chains:
                if chain[0] in self.units:
                    self.users.setdefault(chain[0], set()).add(name)

    def _read(self, body: Iterable[Any]) -> None:
        for statement in body:
            kind = statement[0]
            if kind in ("def", "class"):
                name = statement[2][0]
                if kind == "def" and gives_function(statement[2][_BODY]):
                    self.handed_on.add(name)
                self._mention([name], statement)
            elif kind == "assign":
                names = [target[1] for target in statement[2] if target and target[0] == "name"]
                self.handed_on.update(names)
                self._mention(names, statement)
            elif kind == "annotate":
                self.handed_on.add(statement[2])
                self._mention([statement[2]], statement)
            elif kind == "import" or kind == "from":
                self._mention([], statement)
            else:
                for part in statement[2:]:
                    if _is_block(part):
                        self._read(part)
                if kind == "try":
                    for handler in statement[3]:
                        self._read(handler[2])

    def _mention(self, names: list[str], tree: Any) -> None:
        unit = mentions(tree)
        for statement in unit.imports:
            self._bind(statement)
        for name in names:
            known = self.units.setdefault(name, unit)
            if known is not unit:
                known.chains |= unit.chains
                known.attributes |= unit.attributes

    def _bind(self, statement: Any) -> None:
        """Note what an import binds; a parameter that is called `from` cannot be, since it is a keyword."""
        if statement[0] == "import":
            for dotted, alias in statement[2]:
                bound, target = (alias, dotted) if alias else (dotted.partition(".")[0],) * 2
                self.imports.setdefault(bound, []).append((0, target, ""))
            return
        for name, alias in statement[4]:
            if name == "*":
                self.stars.append((statement[2], statement[3]))
            else:
                self.imports.setdefault(alias or name, []).append((statement[2], statement[3], name))


def is_attribute(node: Any) -> bool:
    """Whether a tuple is `base.name`, and not a parameter or function that is called `attr`."""
    return node[0] == "attr" and len(node) == 3 and isinstance(node[2], str)


def _is_block(part: Any) -> bool:
    """Whether a part of a statement is a list of statements."""
    return (
        isinstance(part, tuple)
        and bool(part)
        and isinstance(part[0], tuple)
        and len(part[0]) > 1
        and isinstance(part[0][0], str)
        and isinstance(part[0][1], int)
        and all(isinstance(item, tuple) for item in part)
    )
