"""Seeds for the streams of a run: beside those it has, or where its entry begins."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from seedlint.fixes import names
from seedlint.fixes.book import Book
from seedlint.fixes.place import Stretch, spots_of, stretch_before
from seedlint.fixes.seeders import reach, seeder_for
from seedlint.fixes.value import Value, at_hand
from seedlint.flow.state import SEEDED
from seedlint.flow.timeline import Moment, Timeline
from seedlint.knowledge.schema import RecipeRow
from seedlint.syntax.page import Page, first_line, last_line
from seedlint.syntax.positions import Change

Changes = list[tuple[str, Change]]
_LOSES = "the run seeds this stream before, and will give other numbers"


@dataclass(frozen=True, slots=True)
class Way:
    """Changes that seed; `reason` says why they are not safe, where they are not."""

    changes: Changes
    reason: str = ""


def seed_run(book: Book, timeline: Timeline, streams: Sequence[str], draws: Sequence[Moment]) -> Iterator[Way]:
    """Ways to seed streams before some draws of a run, the most natural first."""
    way = beside(book, timeline, streams, draws)
    if way is not None:
        yield way
    yield from seed_entry(book, timeline, streams, draws)


def seed_entry(book: Book, timeline: Timeline, streams: Sequence[str], draws: Sequence[Moment]) -> Iterator[Way]:
    """Seeds where the entry begins, before all these moments."""
    stretch = stretch_before(book, timeline, draws) if draws else None
    if stretch is None:
        return
    way, index = _at_entry(book, streams, stretch)
    if way.changes:
        lost = any(not _behind(stretch, index, seed, draws) for seed in _seeded(timeline, streams))
        yield Way(way.changes, way.reason or (_LOSES if lost else ""))


def _seeded(timeline: Timeline, streams: Sequence[str]) -> list[Moment]:
    return [m for stream in streams for m in timeline.seeds(stream) if m.process == "main" and m.state.kind == SEEDED]


def _behind(stretch: Stretch, index: int, seed: Moment, draws: Sequence[Moment]) -> bool:
    """Whether a seed runs only after the statement of a stretch at `index`."""
    for spot in spots_of(seed):
        if spot.module == stretch.module:
            for _, body, at in stretch.page.way_to(spot.pos):
                if body is stretch.body:
                    return at >= index
    return all(seed.order > draw.order for draw in draws)


# --- beside the seeds that are there ------------------------------------------------------------------


def beside(book: Book, timeline: Timeline, streams: Sequence[str], draws: Sequence[Moment]) -> Way | None:
    """Seeds for more streams behind a seed that the run reaches in time, with the same number."""
    order = min(draw.order for draw in draws)
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
            lost = any(_replaces(other, seed, streams) for other in book.timelines)
            return Way([(seed.inner.module, c) for c in (*imports, change)], _LOSES if lost else "")
    return None


def _replaces(timeline: Timeline, seed: Moment, streams: Sequence[str]) -> bool:
    """Whether a run seeds one of the streams before it comes to a seed's place."""
    there = [m.order for m in timeline.seeds() if m.inner == seed.inner]
    return bool(there) and any(m.order < max(there) for m in _seeded(timeline, streams))


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


def _at_entry(book: Book, streams: Sequence[str], stretch: Stretch) -> tuple[Way, int]:
    """(the way to seed in a stretch, the index at which it does)."""
    page, body = stretch.page, stretch.body
    value = at_hand(page, body, stretch.bound, stretch.function, book.seed)
    index = max(stretch.top, value.after + 1)
    inner = stretch.function.body if stretch.function else []
    for row in recipes_for(book, page, streams):
        index = max(index, _imported_at(page, row, body, stretch.bound))
    if value.changes and f"seed({value.text}" in page.offsets.text:
        return Way([(stretch.module, change) for change in value.changes], value.reason), index
    lines, imports = calls(book, streams, stretch, value, _line_at(body, index), inner) or ([], [])
    if not lines:
        return Way([]), index
    woken = _uncommented(page, body, stretch.bound, lines) if not imports and not value.changes else None
    if woken is not None:
        return Way([(stretch.module, woken)]), index
    change = put(page, body, index, lines)
    changes = [*value.changes, *imports, change] if change is not None else []
    return Way([(stretch.module, c) for c in changes], value.reason), index


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


def calls(
    book: Book, streams: Sequence[str], stretch: Stretch, value: Value, line: int, inner: list[ast.stmt]
) -> tuple[list[str], list[Change]] | None:
    """The project's own function, a framework's that is in use, else plain calls."""
    seeder = seeder_for(book, streams, stretch)
    if seeder is not None:
        reached = reach(book, seeder, stretch, line)
        if reached is not None:
            return [seeder.call(reached[0], value)], reached[1]
    return written(book, stretch.page, streams, value.text, line, inner)


def put(page: Page, body: list[ast.stmt], index: int, lines: list[str]) -> Change | None:
    """Put lines at an index of a body, with blank lines where its statements have them."""
    top = body is page.tree.body
    if index == 0:
        apart = top and isinstance(body[0], (ast.Import, ast.ImportFrom))
        return _parted(page, page.before(body, 0, [*lines, ""] if apart else lines))
    before = body[index - 1]
    behind = last_line(before) + 1
    imports = isinstance(before, (ast.Import, ast.ImportFrom))
    if imports or (top and isinstance(before, (ast.Try, ast.If))):
        lines = ["", *lines]
        if not page.blank(behind):
            lines.append("")
    elif top and isinstance(before, (ast.FunctionDef, ast.ClassDef)):
        return page.before(body, index, [*lines, ""]) if index < len(body) else None
    elif _docstring(before) and page.blank(behind) and index < len(body):
        return _parted(page, page.before(body, index, lines))
    change = _parted(page, page.after(body, index - 1, lines))
    if change is None and index < len(body):
        return page.before(body, index, [line for line in lines if line])
    return change


def _parted(page: Page, change: Change | None) -> Change | None:
    """Part lines from a comment that follows them and is of what comes behind."""
    if change is None or not change.content.endswith("\n"):
        return change
    follows = page.offsets.text[change.start : page.offsets.text.find("\n", change.start)].lstrip()
    parted = follows.startswith("#") and not change.content.endswith("\n\n")
    return Change(change.start, change.end, change.content + "\n") if parted else change


def _docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _imported_at(page: Page, row: RecipeRow, body: list[ast.stmt], bound: int) -> int:
    """The index behind the statement of a body that imports what a recipe calls, and the imports that follow it."""
    dotted = call_name(row)
    for index, statement in enumerate(body[:bound]):
        for _, full, _ in names.bindings([statement]):
            if dotted == full or dotted.startswith(full + "."):
                cell = page.source.locate(statement.lineno)[0]
                while index + 1 < bound and isinstance(body[index + 1], (ast.Import, ast.ImportFrom)):
                    if page.source.locate(body[index + 1].lineno)[0] != cell:
                        break
                    index += 1
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
