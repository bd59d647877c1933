"""Where on an entry's path a seed comes before every draw that lacks it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from seedlint.fixes.book import Book
from seedlint.flow.state import Spot
from seedlint.flow.timeline import Moment, Timeline
from seedlint.syntax.page import Function, Page

_HEAD = (ast.Import, ast.ImportFrom)
_STARTS = re.compile(r"main|run|train|cli")
_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.For, ast.While)
_SIMPLE = (
    *_HEAD,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.Expr,
    ast.If,
    ast.Try,
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The statements of one body that run before the first draw, which lies at or below `bound`."""

    page: Page
    module: str
    body: list[ast.stmt]
    bound: int
    function: Function | None = None

    @property
    def top(self) -> int:
        """The first index at which a seed looks at home: behind the docstring, the first imports and the options."""
        index = 1 if self.body and _docstring(self.body[0]) else 0
        index = min(self._behind_imports(index), self.bound)
        for i in range(index, self.bound):
            if _parses_options(self.body[i]):
                return i + 1
        return index

    def _behind_imports(self, index: int) -> int:
        skipped, start, locate = 0, index, self.page.source.locate
        for i in range(index, self.bound):
            statement = self.body[i]
            if index > start and locate(statement.lineno)[0] != locate(self.body[index - 1].lineno)[0]:
                break
            if isinstance(statement, ast.Delete) and i == index:
                index = i + 1
            elif isinstance(statement, (*_HEAD, ast.Global, ast.Nonlocal)) or _imports_only(statement):
                index, skipped = i + 1, 0
            elif isinstance(statement, _DEFINITIONS) or self.function is not None or skipped > 3:
                break
            else:
                skipped += 1
        return index


def spots_of(moment: Moment) -> list[Spot]:
    """The places that lead from the entry to a moment, its own last."""
    return [step.spot for step in moment.chain[1:]] + [moment.inner]


def stretch_before(book: Book, timeline: Timeline, moments: Sequence[Moment]) -> Stretch | None:
    """The innermost body of the entry's own file that all runs to these moments pass through."""
    page = book.page(timeline.entry)
    ways = [spots_of(moment) for moment in moments]
    depth = 0
    current = _within(page, timeline.entry, page.tree.body, ways, depth)
    while current is not None:
        inner = _main_block(current, ways, depth)
        if inner is None:
            inner = _called(book, timeline, current, ways, depth)
            depth += 1
        if inner is None:
            return None if _library(book, timeline, current) else current
        current = inner
    return None


def _library(book: Book, timeline: Timeline, stretch: Stretch) -> bool:
    """Whether the entry is a package's module that does no more than import what draws."""
    modules = book.program.modules
    package = modules.get(timeline.entry.rpartition(".")[0])
    imports = isinstance(stretch.body[stretch.bound], _HEAD)
    return imports and package is not None and package.package and not modules[timeline.entry].summary.main


def _within(
    page: Page, module: str, body: list[ast.stmt], ways: list[list[Spot]], depth: int, function: Function | None = None
) -> Stretch | None:
    """The part of a body before the first of its statements that leads to a moment."""
    indexes = []
    for way in ways:
        if len(way) <= depth or way[depth].module != module:
            return None
        index = next((i for _, found, i in page.way_to(way[depth].pos) if found is body), None)
        if index is None:
            return None
        indexes.append(index)
    return Stretch(page, module, body, min(indexes), function)


def _main_block(outer: Stretch, ways: list[list[Spot]], depth: int) -> Stretch | None:
    """The body of `if __name__ == "__main__":`, where everything lies in it."""
    statement = outer.body[outer.bound]
    if not isinstance(statement, ast.If) or "__name__" not in ast.unparse(statement.test):
        return None
    return _within(outer.page, outer.module, statement.body, ways, depth, outer.function)


def _called(book: Book, timeline: Timeline, outer: Stretch, ways: list[list[Spot]], depth: int) -> Stretch | None:
    """The body of a function that the only statement left calls, if it belongs to this entry alone."""
    calls = {way[depth] for way in ways}
    if len(calls) > 1 or any(len(way) < depth + 2 for way in ways):
        return None
    if any(not isinstance(s, (*_HEAD, ast.FunctionDef, ast.ClassDef)) for s in outer.body[: outer.bound]):
        main = outer.body is not outer.page.tree.body
        if not all(isinstance(s, (*_HEAD, ast.Expr) if main else _SIMPLE) for s in outer.body[: outer.bound]):
            return None
    spot = ways[0][depth + 1]
    if spot.module != timeline.entry:
        return None
    chain = [f for f in outer.page.way_to(spot.pos) if isinstance(f[0], (ast.FunctionDef, ast.AsyncFunctionDef))]
    function = chain[0][0] if chain else None
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or function not in outer.page.tree.body:
        return None
    if outer.body is outer.page.tree.body and not _STARTS.search(function.name):
        return None
    if _shared(book, timeline, function) or _often(outer.page, ways[0][depth], function):
        return None
    return _within(outer.page, outer.module, function.body, ways, depth + 1, function)


def _shared(book: Book, timeline: Timeline, function: Function) -> bool:
    """Whether another entry runs a function."""
    first, last = function.lineno, function.end_lineno or function.lineno
    return any(
        spot.module == timeline.entry and first <= spot.pos[0] <= last
        for other in book.timelines
        if other.reached and other is not timeline
        for moment in other.moments
        for spot in spots_of(moment)
    )


def _often(page: Page, call: Spot, function: Function) -> bool:
    """Whether a function runs more than once: it is called in a loop, or in several places."""
    if any(isinstance(owner, (ast.For, ast.AsyncFor, ast.While)) for owner, _, _ in page.way_to(call.pos)):
        return True
    calls = [node for node in page.nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return sum(1 for node in calls if isinstance(node.func, ast.Name) and node.func.id == function.name) > 1


def _imports_only(statement: ast.stmt) -> bool:
    if not isinstance(statement, (ast.Try, ast.If)):
        return False
    return any(isinstance(s, _HEAD) for s in statement.body) and "__name__" not in ast.unparse(statement)


def _parses_options(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Call) and ast.unparse(value.func).endswith(("parse_args", "parse_known_args"))


def _docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
