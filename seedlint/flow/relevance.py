"""Which functions can matter at all, told from the names that they mention, before any of them is run.

A value of a library reaches a function through a name: an import, something of its module, an annotation,
its class. So a function that mentions, directly or through what it mentions, nothing with a row of
interest does nothing of interest when it is called with arguments that nobody knows; and what it does
through other functions and classes of the project these do too, when they are run for themselves. Only
modules that import a described library, or take one or something relevant from another module, are looked
into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import Any

from seedlint.flow.lexicon import Chain, Lexicon, Unit, is_attribute
from seedlint.flow.signatures import parsed
from seedlint.knowledge import Knowledge
from seedlint.knowledge.schema import CallRow
from seedlint.program.modules import Program

_IMPLICIT = ("__call__", "__iter__", "__next__", "__getitem__", "__enter__")
"""Methods that run without their name being written."""
_DEEPEST_VALUE = 4
"""A row's value may name another callable; further names are not followed."""


class Imports:
    """Who imports whom in a program, and the libraries that each module imports."""

    def __init__(self, program: Program, knowledge: Knowledge) -> None:
        self.importers: dict[str, set[str]] = {}
        self.roots: dict[str, set[str]] = {}
        for name, module in program.modules.items():
            roots = self.roots[name] = set()
            for level, dotted in module.summary.imports:
                target = program.resolve(name, level, dotted)
                if target is not None and target != name:
                    self.importers.setdefault(target, set()).add(name)
                elif not level and not program.contains(name, level, dotted):
                    roots |= {dotted.partition(".")[0], knowledge.canonical(dotted).partition(".")[0]}
        self.all_roots = frozenset().union(*self.roots.values())


class Names:
    """Which dotted names of libraries lead to a row of interest, and which method names may.

    Of libraries that no module of the program imports, nothing is of interest.
    """

    def __init__(self, imports: Imports, knowledge: Knowledge, interesting: Callable[[CallRow], bool]) -> None:
        self.knowledge = knowledge
        self.interesting = interesting
        self.methods: set[str] = set()
        self.namespaces: set[str] = set()
        self._known: dict[str, bool] = {}
        for name in knowledge.names():
            if name.partition(".")[0] in imports.all_roots and any(map(interesting, knowledge.calls(name))):
                owner, _, last = name.rpartition(".")
                if knowledge.class_(owner) is not None or any(row.anywhere for row in knowledge.calls(name)):
                    self.methods.add(last)
                self.namespaces.add(owner)

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


class Mentions:
    """A program by the names that its functions mention; read once for several questions."""

    def __init__(self, program: Program, knowledge: Knowledge) -> None:
        self.program = program
        self.knowledge = knowledge
        self.imports = Imports(program, knowledge)
        self.lexicons: dict[str, Lexicon] = {}

    def that_lead_to(self, interesting: Callable[[CallRow], bool], directly: bool = False) -> Relevance:
        """The names that lead to a row of interest; `directly` leaves out what leads there by a call in the project."""
        names = Names(self.imports, self.knowledge, interesting)
        return Relevance(self.program, self.imports, names, self.lexicons, directly)


class _Question:
    """A module's question about one of its names, with what was asked of all modules to answer it."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.asked: set[tuple[str, Chain]] = set()


class Relevance:
    """The names of each module that lead to a row of interest; `lexicons` keeps what was read for the next."""

    def __init__(
        self, program: Program, imports: Imports, names: Names, lexicons: dict[str, Lexicon], directly: bool
    ) -> None:
        self.program = program
        self.names = names
        self.directly = directly
        self.relevant: dict[str, set[str]] = {}
        self._lexicons = lexicons
        self._stars: dict[str, tuple[set[str], set[str]]] = {}
        self._askers: dict[str, set[str]] = {}
        """The modules whose names led to a module, by the latter: they are looked into again when it changes."""
        described = {name.partition(".")[0] for name in names.namespaces}
        waiting = {module for module, roots in imports.roots.items() if not roots.isdisjoint(described)}
        handing_on = list(waiting)
        while handing_on:
            module = handing_on.pop()
            takers = {name for name in imports.importers.get(module, ()) if self._takes(name, module)} - waiting
            waiting |= takers
            handing_on += takers
        while waiting:
            module = waiting.pop()
            if self._grow(module):
                waiting |= imports.importers.get(module, set()) | self._askers.get(module, set())

    def has(self, module: str, name: str) -> bool:
        """Whether what a module binds to a name may do something of interest."""
        return name in self.relevant.get(module, ())

    def defined(self, module: str) -> Set[str]:
        """What a module defines itself of interest."""
        relevant = self.relevant.get(module)
        return relevant & self._lexicon(module).units.keys() if relevant else frozenset()

    def _grow(self, module: str) -> bool:
        """Find what became relevant in a module; whether anything did."""
        lexicon, relevant = self._lexicon(module), self.relevant.setdefault(module, set())
        before = len(relevant)
        for level, dotted in lexicon.stars:
            owner = self.program.resolve(module, level, dotted)
            relevant |= self.relevant.get(owner or "", set())
        for name, targets in lexicon.imports.items():
            if name not in relevant and any(
                last and self._reaches(module, level, dotted, (last,), _Question(module))
                for level, dotted, last in targets
            ):
                relevant.add(name)
        known: dict[Chain, bool] = {}
        units = lexicon.units.items()
        found = {name for name, unit in units if self._unit_matters(module, lexicon, unit, known)} - relevant
        while found:
            relevant |= found
            handed = (name for name in found if self._hands_on(lexicon, name))
            found = {user for name in handed for user in lexicon.users.get(name, ())} - relevant
        return len(relevant) > before

    def _hands_on(self, lexicon: Lexicon, name: str) -> bool:
        """Whether what a definition leads to is of interest where its name is mentioned."""
        return not self.directly or name in lexicon.handed_on

    def _takes(self, importer: str, module: str) -> bool:
        """Whether a module takes from another what that has imported itself."""
        bound = self._lexicon(module).imports
        return any(
            statement[0] == "from"
            and any(name == "*" or name in bound for name, _ in statement[4])
            and self.program.resolve(importer, statement[2], statement[3]) == module
            for statement in self.program.modules[importer].summary.body
        )

    def _lexicon(self, module: str) -> Lexicon:
        lexicon = self._lexicons.get(module)
        if lexicon is None:
            lexicon = self._lexicons[module] = Lexicon(self.program.modules[module].summary.body)
        return lexicon

    def _unit_matters(self, module: str, lexicon: Lexicon, unit: Unit, known: dict[Chain, bool]) -> bool:
        """Whether a unit mentions anything of interest; `known` holds the answers for this module's names so far."""
        if not unit.attributes.isdisjoint(self.names.methods):
            return True
        for chain in unit.chains:
            if chain not in known:
                known[chain] = self._chain_matters(module, lexicon, chain, _Question(module))
            if known[chain]:
                return True
        return False

    def _chain_matters(self, module: str, lexicon: Lexicon, chain: Chain, question: _Question) -> bool:
        """Whether a name in a module leads to something of interest."""
        if (module, chain) in question.asked:
            return False
        question.asked.add((module, chain))
        first, rest = chain[0], chain[1:]
        if first in lexicon.units and first in self.relevant[module] and self._hands_on(lexicon, first):
            return True
        for level, dotted, name in lexicon.imports.get(first, ()):
            if self._reaches(module, level, dotted, (name, *rest) if name else rest, question):
                return True
        if first not in lexicon.units and first not in lexicon.imports:
            names, libraries = self._behind_stars(module)
            if first in names:
                return any(self._reaches(module, level, dotted, chain, question) for level, dotted in lexicon.stars)
            return any(self.names.matter(".".join((library, *chain))) for library in libraries)
        return False

    def _behind_stars(self, module: str) -> tuple[set[str], set[str]]:
        """(the names that star imports may bring into a module, the libraries of which they bring all names)."""
        found = self._stars.get(module)
        if found is None:
            names, libraries = found = self._stars[module] = (set(), set())
            seen, waiting = {module}, [module]
            while waiting:
                here = waiting.pop()
                for level, dotted in self._lexicon(here).stars:
                    owner = self.program.resolve(here, level, dotted)
                    if owner is None:
                        libraries.add(dotted)
                    elif owner not in seen:
                        seen.add(owner)
                        waiting.append(owner)
                        names |= self._lexicon(owner).units.keys() | self._lexicon(owner).imports.keys()
        return found

    def _reaches(self, module: str, level: int, dotted: str, rest: Chain, question: _Question) -> bool:
        """Whether `dotted` followed by `rest` is of interest: of a library, or of the project."""
        owner = self.program.resolve(module, level, dotted)
        if owner is None and level == 0 and not self.program.contains(module, level, dotted):
            if self.names.matter(".".join((dotted, *rest))):
                return True
            if not self.program.has_folder(module, level, dotted):
                return False
        base = owner if owner is not None else dotted
        while rest and f"{base}.{rest[0]}" in self.program.modules:
            base, rest = f"{base}.{rest[0]}", rest[1:]
        if base not in self.program.modules:
            return False
        self._askers.setdefault(base, set()).add(question.module)
        relevant = self.relevant.setdefault(base, set())
        if not rest:
            return bool(relevant)
        lexicon = self._lexicon(base)
        if rest[0] in relevant and (not self.directly or rest[0] in lexicon.imports):
            return True
        return self._chain_matters(base, lexicon, rest, question)


def chains(tree: Any) -> Iterator[Chain]:
    """The dotted names in a tree, each as long as it is written; a plain name is one of length one."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if node and is_attribute(node):
            parts = []
            while node and is_attribute(node):
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
