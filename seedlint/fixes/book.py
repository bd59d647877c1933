"""The pages of a program, opened when a fix needs them, and the changes that are planned on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seedlint.flow.timeline import Timeline
from seedlint.knowledge import Knowledge
from seedlint.program.modules import Program
from seedlint.rule import Applicability, Edit, Report, Rule
from seedlint.sources.source import Source
from seedlint.syntax.page import Page
from seedlint.syntax.positions import Change


@dataclass(slots=True)
class Book:
    """What plans are made on: a project's analysis, and one page for each of its modules."""

    program: Program
    knowledge: Knowledge
    sources: Mapping[str, Source]
    timelines: Sequence[Timeline]
    seed: int
    _pages: dict[str, Page] = field(default_factory=dict)

    def page(self, module: str) -> Page:
        """The page of a module."""
        page = self._pages.get(module)
        if page is None:
            page = self._pages[module] = Page(self.sources[module], lambda root: self._own(module, root))
        return page

    def _own(self, module: str, root: str) -> bool:
        """Whether a root that a module imports is of the project."""
        return self.program.resolve(module, 0, root) is not None or self.program.contains(module, 0, root)


@dataclass(slots=True)
class Plan:
    """Changes that take reports away together, by module; without changes, only what should be done and why not."""

    reports: list[tuple[type[Rule], Report, Timeline]]
    message: str
    changes: list[tuple[str, Change]] = field(default_factory=list)
    applicability: Applicability = Applicability.SAFE
    reason: str = ""

    def edits(self, book: Book) -> tuple[Edit, ...]:
        """The changes as reports show them."""
        return tuple(book.page(module).edit(change) for module, change in self.changes)

    def degraded(self, reason: str) -> Plan:
        """The same plan, shown and not applied."""
        return Plan(self.reports, self.message, self.changes, Applicability.DISPLAY, reason)
