"""Which functions can matter at all, told from the names that they mention, before any of them is run.

A value of a library reaches a function through a name: an import, something of its module, an annotation,
its class. So a function that mentions, directly or through what it mentions, nothing with a row of
interest does nothing of interest when it is called with arguments that nobody knows. Only modules that
import a described library, or something relevant from another module, are looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from seedlint.flow.library import parsed
from seedlint.knowledge import Knowledge
from seedlint.knowledge.schema import CallRow
from seedlint.program.modules import Program

Chain = tuple[str, ...]
"""A dotted name as it is written: `np.random.rand` is ("np", "random", "rand")."""
_IMPLICIT = ("__call__", "__iter__", "__next__", "__getitem__", "__enter__")
"""Methods that run without their name being written."""
_DEEPEST_VALUE = 4
"""A row's value may name another callable; further names are not followed."""


class Names:
    """Which dotted names of libraries lead to a row of interest, and which method names may."""

    def __init__(self, knowledge: Knowledge, interesting: Callable[[CallRow], bool]) -> None:
        self.knowledge = knowledge
        self.interesting = interesting
        self.methods: set[str] = set()
        self.namespaces: set[str] = set()
        self._known: dict[str, bool] = {}
        for name in knowledge.names():
            if any(map(interesting, knowledge.calls(name))):
                owner, _, last = name.rpartition(".")
                if knowledge.class_(owner) is not None or any(row.anywhere for row in knowledge.calls(name)):
                    self.methods.add(last)
                while owner:
                    self.namespaces.add(owner)
                    owner = owner.rpartition(".")[0]

    def matter(self, dotted: str, depth: int = 0) -> bool:
        """Whether something of interest may be done with the object of this name."""
        found = self._known.get(dotted)
        if found is None:
            found = self._known[dotted] = self._matters(dotted, depth)
        return found

    def _matters(self, dotted: str, depth: int) -> bool:
        rows = self.knowledge.calls(dotted)
        classes = {dotted, *(row.type for row in rows if row.type), *(row.makes for row in rows if row.makes)}
        if any(map(self.interesting, rows)) or any(map(self._acts_silently, classes)):
            return True
        if depth < _DEEPEST_VALUE:
            texts = [text for row in rows for text in (row.value, *row.runs) if text]
            if any(self.matter(".".join(chain), depth + 1) for text in texts for chain in chains(parsed(text))):
                return True
        if rows or self.knowledge.class_(dotted) is not None:
            return False
        return self.knowledge.canonical(dotted) in self.namespaces

    def _acts_silently(self, cls: str) -> bool:
        found = [self.knowledge.method(cls, name) for name in _IMPLICIT]
        return any(self.interesting(row) for item in found if item is not None for row in item[1])


class _Unit:
    """What one name of a module stands for: the names and attributes that its definition mentions."""

    __slots__ = ("attributes", "chains")

    def __init__(self) -> None:
        self.chains: set[Chain] = set()
        self.attributes: set[str] = set()


class _Lexicon:
    """One module by its names: the units that it defines, and what its imports bind."""

    def __init__(self, body: Iterable[Any]) -> None:
        self.units: dict[str, _Unit] = {}
        self.imports: dict[str, list[tuple[int, str, str]]] = {}
        self.stars: list[tuple[int, str]] = []
        self.relevant: set[str] = set()
        self._read(body)

    def _read(self, body: Iterable[Any]) -> None:
        for statement in body:
            kind = statement[0]
            if kind in ("def", "class"):
                self._mention([statement[2][0]], statement)
            elif kind == "assign":
                self._mention([target[1] for target in statement[2] if target and target[0] == "name"], statement)
            elif kind == "annotate":
                self._mention([statement[2]], statement)
            elif kind in ("import", "from"):
                self._mention([], statement)
            else:
                blocks = [part for part in statement[2:] if _is_block(part)]
                self._mention([], [part for part in statement[2:] if not _is_block(part)])
                for block in blocks:
                    self._read(block)
                if kind == "try":
                    for handler in statement[3]:
                        self._read(handler[2])

    def _mention(self, names: list[str], tree: Any) -> None:
        unit = _Unit()
        for node in _nodes(tree):
            if _is_attribute(node):
                unit.attributes.add(node[2])
            elif node[0] == "import":
                for dotted, alias in node[2]:
                    bound, target = (alias, dotted) if alias else (dotted.partition(".")[0],) * 2
                    self.imports.setdefault(bound, []).append((0, target, ""))
            elif node[0] == "from":
                for name, alias in node[4]:
                    if name == "*":
                        self.stars.append((node[2], node[3]))
                    else:
                        self.imports.setdefault(alias or name, []).append((node[2], node[3], name))
        unit.chains.update(chains(tree))
        for name in names:
            known = self.units.setdefault(name, unit)
            if known is not unit:
                known.chains |= unit.chains
                known.attributes |= unit.attributes


class Relevance:
    """The names of each module that lead to a row of interest."""

    def __init__(self, program: Program, names: Names) -> None:
        self.program = program
        self.names = names
        self._lexicons: dict[str, _Lexicon] = {}
        self._importers: dict[str, set[str]] = {}
        waiting = self._first_modules()
        while waiting:
            module = waiting.pop()
            if self._grow(module):
                waiting |= self._importers.get(module, set())

    def has(self, module: str, name: str) -> bool:
        """Whether what a module binds to a name may do something of interest."""
        lexicon = self._lexicons.get(module)
        return lexicon is not None and name in lexicon.relevant

    def any(self, module: str) -> bool:
        """Whether a module defines anything of interest."""
        lexicon = self._lexicons.get(module)
        return lexicon is not None and bool(lexicon.relevant)

    def _first_modules(self) -> set[str]:
        """The modules that import a described library; notes who imports whom on the way."""
        roots = {name.partition(".")[0] for name in self.names.namespaces}
        out = set()
        for name, module in self.program.modules.items():
            for level, dotted in module.summary.imports:
                target = self.program.resolve(name, level, dotted)
                if target is not None and target != name:
                    self._importers.setdefault(target, set()).add(name)
                elif not level and dotted.partition(".")[0] in roots:
                    out.add(name)
        return out

    def _grow(self, module: str) -> bool:
        """Find what became relevant in a module; whether anything did."""
        lexicon = self._lexicons.get(module)
        if lexicon is None:
            lexicon = self._lexicons[module] = _Lexicon(self.program.modules[module].summary.body)
        before = len(lexicon.relevant)
        for level, dotted in lexicon.stars:
            owner = self.program.resolve(module, level, dotted)
            if owner is not None and owner in self._lexicons:
                lexicon.relevant |= self._lexicons[owner].relevant
        for name, targets in lexicon.imports.items():
            if name not in lexicon.relevant and any(self._target_matters(module, *target) for target in targets):
                lexicon.relevant.add(name)
        changed = True
        while changed:
            changed = False
            for name, unit in lexicon.units.items():
                if name not in lexicon.relevant and self._unit_matters(module, lexicon, unit):
                    lexicon.relevant.add(name)
                    changed = True
        return len(lexicon.relevant) > before

    def _unit_matters(self, module: str, lexicon: _Lexicon, unit: _Unit) -> bool:
        if not unit.attributes.isdisjoint(self.names.methods):
            return True
        return any(self._chain_matters(module, lexicon, chain) for chain in unit.chains)

    def _chain_matters(self, module: str, lexicon: _Lexicon, chain: Chain) -> bool:
        first = chain[0]
        if first in lexicon.units and first in lexicon.relevant:
            return True
        for level, dotted, name in lexicon.imports.get(first, ()):
            rest = [part for part in (name, *chain[1:]) if part]
            if self._reaches(module, level, dotted, rest):
                return True
        if first not in lexicon.units and first not in lexicon.imports:
            for level, dotted in lexicon.stars:
                if self._reaches(module, level, dotted, list(chain)):
                    return True
        return False

    def _target_matters(self, module: str, level: int, dotted: str, name: str) -> bool:
        """Whether an import binds something of the project that is relevant, or a callable of interest."""
        return bool(name) and self._reaches(module, level, dotted, [name])

    def _reaches(self, module: str, level: int, dotted: str, rest: list[str]) -> bool:
        """Whether `dotted` followed by `rest` is of interest: of a library, or of the project."""
        owner = self.program.resolve(module, level, dotted)
        if owner is None and level == 0 and not self.program.contains(module, level, dotted):
            return self.names.matter(".".join((dotted, *rest)))
        base = owner if owner is not None else dotted
        while rest and f"{base}.{rest[0]}" in self.program.modules:
            base, rest = f"{base}.{rest[0]}", rest[1:]
        lexicon = self._lexicons.get(base)
        if lexicon is None:
            return False
        return rest[0] in lexicon.relevant if rest else bool(lexicon.relevant)


def chains(tree: Any) -> Iterator[Chain]:
    """The dotted names in a tree, each as long as it is written; a plain name is one of length one."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if node and _is_attribute(node):
            parts = []
            while node and _is_attribute(node):
                parts.append(node[2])
                node = node[1]
            if node and node[0] == "name":
                yield (node[1], *reversed(parts))
                continue
        elif node and node[0] == "name" and len(node) == 2 and isinstance(node[1], str):
            yield (node[1],)
            continue
        if node:
            stack += [part for part in node if type(part) in (tuple, list)]


def _nodes(tree: Any) -> Iterator[Any]:
    """Every tuple in a tree that has a kind."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if node:
            if isinstance(node[0], str) and len(node) > 2:
                yield node
            stack += [part for part in node if type(part) in (tuple, list)]


def _is_attribute(node: Any) -> bool:
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
