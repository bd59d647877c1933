"""Seeds for the streams of a run: beside those it has, or where its entry begins."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from seedlint.fixes import names
from seedlint.fixes.book import Book
from seedlint.fixes.place import Stretch, stretch_before
from seedlint.fixes.seeders import reach, seeder_for
from seedlint.fixes.value import Value, at_hand
from seedlint.flow.state import SEEDED
from seedlint.flow.timeline import Moment, Timeline
from seedlint.knowledge.schema import RecipeRow
from seedlint.syntax.page import Page, first_line, last_line
from seedlint.syntax.positions import Change

Changes = list[tuple[str, Change]]


def seed_run(book: Book, timeline: Timeline, streams: Sequence[str], draws: Sequence[Moment]) -> Iterator[Changes]:
    """Ways to seed streams before some draws of a run, the most natural first."""
    beside = _beside(book, timeline, streams, min(draw.order for draw in draws))
    if beside:
        yield beside
    yield from seed_entry(book, timeline, streams, draws)


def seed_entry(book: Book, timeline: Timeline, streams: Sequence[str], draws: Sequence[Moment]) -> Iterator[Changes]:
    """Seeds where the entry begins, before all these moments."""
    stretch = stretch_before(book, timeline, draws) if draws else None
    found = _at_entry(book, streams, stretch) if stretch is not None else []
    if found:
        yield found


# --- beside the seeds that are there ------------------------------------------------------------------


def _beside(book: Book, timeline: Timeline, streams: Sequence[str], order: int) -> Changes:
    """Seeds for more streams behind a seed that the run reaches in time, with the same number."""
    seeds = [m for m in timeline.of("seed") if m.process == "main" and m.state.kind == SEEDED and m.order < order]
    for seed in seeds:
        page = book.page(seed.inner.module)
        way = page.way_to(seed.inner.pos)
        if not way or not isinstance(way[-1][1][way[-1][2]], ast.Expr):
            continue
        _, body, index = way[-1]
        value = seed_value(page, body[index])
        there = {m.stream for m in timeline.seeds() if m.inner.module == seed.inner.module and _covers(body, m)}
        if value is None or there & set(streams):
            continue
        spans = {other.inner.pos[0] for other in seeds if other.inner.module == seed.inner.module}
        while index + 1 < len(body) and body[index + 1].lineno in spans and isinstance(body[index + 1], ast.Expr):
            index += 1
        owner = page.function_around(seed.inner.pos)
        inner = owner.body if owner is not None else []
        wanted = written(book, page, streams, value, last_line(body[index]) + 1, inner)
        if wanted is None:
            continue
        lines, imports = wanted
        change = page.after(body, index, lines)
        if change is not None:
            return [(seed.inner.module, c) for c in (*imports, change)]
    return []


def _covers(body: list[ast.stmt], seed: Moment) -> bool:
    """Whether a seed stands in a body."""
    return any(s.lineno <= seed.inner.pos[0] <= last_line(s) for s in body)


def seed_value(page: Page, statement: ast.stmt) -> str | None:
    """The text of the number that a seed call is given, if two calls may share it."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return None
    call = statement.value
    given = [*call.args, *(word.value for word in call.keywords)][:1]
    if not given or isinstance(given[0], (ast.Starred, ast.Call)):
        return None
    return page.offsets.segment(given[0])


# --- at the entry -------------------------------------------------------------------------------------


def _at_entry(book: Book, streams: Sequence[str], stretch: Stretch) -> Changes:
    page, body = stretch.page, stretch.body
    value = at_hand(page, body, stretch.bound, stretch.function, book.seed)
    index = max(stretch.top, value.after + 1)
    inner = stretch.function.body if stretch.function else []
    for row in recipes_for(book, page, streams):
        index = max(index, _imported_at(page, row, body, stretch.bound))
    line = _line_at(body, index)
    if value.changes and f"seed({value.text}" in page.offsets.text:
        return [(stretch.module, change) for change in value.changes]
    lines, imports = _calls(book, streams, stretch, value, line, inner) or ([], [])
    if not lines:
        return []
    woken = _uncommented(page, body, stretch.bound, lines) if not imports and not value.changes else None
    if woken is not None:
        return [(stretch.module, woken)]
    change = _put(page, body, index, stretch, lines)
    if change is None:
        return []
    return [(stretch.module, c) for c in (*value.changes, *imports, change)]


def _uncommented(page: Page, body: list[ast.stmt], bound: int, lines: list[str]) -> Change | None:
    """The change that makes a statement of a comment that holds the only call that is wanted, with its own number."""
    if len(lines) > 1 or bound == 0 or not lines[0].endswith(")"):
        return None
    called = re.escape(lines[0].partition("(")[0])
    indent = page.indent(body[bound])
    pattern = re.compile(rf"{re.escape(indent)}(# ?){called}\(\d+\)\s*(#.*)?")
    begins, ends = last_line(body[bound - 1]) + 1, first_line(body[bound])
    floor = _behind_imports(body, bound)
    for line in range(min(floor, begins), ends):
        match = pattern.fullmatch(page.offsets.lines[line - 1])
        if match:
            start = page.offsets.starts[line - 1] + len(indent)
            return Change(start, start + len(match[1]), "")
    return None


def _behind_imports(body: list[ast.stmt], bound: int) -> int:
    """The line behind the last import before a statement."""
    imports = [s for s in body[:bound] if isinstance(s, (ast.Import, ast.ImportFrom))]
    return last_line(imports[-1]) + 1 if imports else first_line(body[bound])


def _line_at(body: list[ast.stmt], index: int) -> int:
    return first_line(body[index]) if index < len(body) else last_line(body[-1]) + 1


def _calls(
    book: Book, streams: Sequence[str], stretch: Stretch, value: Value, line: int, inner: list[ast.stmt]
) -> tuple[list[str], list[Change]] | None:
    """The project's own function, a framework's that is in use, else plain calls."""
    seeder = seeder_for(book, streams, stretch)
    if seeder is not None:
        reached = reach(book, seeder, stretch, line)
        if reached is not None:
            return [seeder.call(reached[0], value)], reached[1]
    return written(book, stretch.page, streams, value.text, line, inner)


def _put(page: Page, body: list[ast.stmt], index: int, stretch: Stretch, lines: list[str]) -> Change | None:
    """Put lines at an index of a body, with blank lines where its statements have them."""
    if index == 0:
        apart = body is page.tree.body and isinstance(body[0], (ast.Import, ast.ImportFrom))
        return page.before(body, 0, [*lines, ""] if apart else lines)
    before = body[index - 1]
    behind = last_line(before) + 1
    if body is page.tree.body and isinstance(before, (ast.Import, ast.ImportFrom, ast.Try, ast.If)):
        lines = ["", *lines]
        if not page.blank(behind):
            lines.append("")
    elif body is page.tree.body and isinstance(before, (ast.FunctionDef, ast.ClassDef)):
        return page.before(body, index, [*lines, ""]) if index < len(body) else None
    change = page.after(body, index - 1, lines)
    if change is None and index < len(body):
        return page.before(body, index, [line for line in lines if line])
    return change


def _imported_at(page: Page, row: RecipeRow, body: list[ast.stmt], bound: int) -> int:
    """The index behind the statement of a body that imports what a recipe calls."""
    dotted = call_name(row)
    for index, statement in enumerate(body[:bound]):
        for _, full, _ in names.bindings([statement]):
            if dotted == full or dotted.startswith(full + "."):
                return index + 1
    return 0


# --- which calls --------------------------------------------------------------------------------------


def written(
    book: Book, page: Page, streams: Iterable[str], value: str, line: int, inner: list[ast.stmt]
) -> tuple[list[str], list[Change]] | None:
    """(the calls that seed streams, the imports they need) as a file writes them at a line."""
    rows = recipes_for(book, page, streams)
    if not rows:
        return None
    lines, imports = [], []
    for row in rows:
        dotted = call_name(row)
        spelling = names.spelled(page, dotted, line, inner)
        if spelling is None:
            lacking = names.to_import(page, dotted, row.statement)
            if lacking is None:
                return None
            spelling, statement = lacking
            change = names.add_import(page, statement, line)
            if change is None:
                return None
            imports.append(change)
        lines.append(spelling + filled(row.call[len(dotted) :], value))
    return lines, imports


def call_name(row: RecipeRow) -> str:
    """The dotted name that a recipe calls."""
    return row.call.partition("(")[0]


def filled(arguments: str, value: str) -> str:
    """Arguments with the seed's text in the place of `seed`."""
    return re.sub(r"\bseed\b", lambda _: value, arguments)


def recipes_for(book: Book, page: Page, streams: Iterable[str]) -> list[RecipeRow]:
    """The fewest calls that seed the streams and as little else as may be; none if one stream has no recipe."""
    wanted = set(streams)
    roots = names.imported_roots(page)
    usable = [row for row in book.knowledge.recipes() if not row.framework or call_name(row).partition(".")[0] in roots]
    whole = next((row for row in usable if row.framework and wanted <= set(row.streams)), None)
    if whole is not None:
        return [whole]
    chosen = []
    while wanted:
        rows = [row for row in usable if not row.framework and wanted & set(row.streams)]
        if not rows:
            return []
        best = max(rows, key=lambda row: (len(wanted & set(row.streams)), -len(row.streams)))
        chosen.append(best)
        wanted -= set(best.streams)
    return sorted(chosen, key=lambda row: (not names.standard(call_name(row)), call_name(row)))
