"""A late seed is moved above the draw, or the draw below the seed, where nothing that they read stands between."""

from __future__ import annotations

import ast

from seedlint.fixes.book import Book, Plan
from seedlint.fixes.place import spots_of
from seedlint.fixes.remedy import SeedEarlier
from seedlint.fixes.seeders import SPEAKS
from seedlint.flow.state import Spot
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Applicability, Report, Rule
from seedlint.syntax.page import Page, first_line, last_line
from seedlint.syntax.positions import Change, position_of

_REASON = "the draws behind the seed will give other numbers"


def moves(book: Book, item: tuple[type[Rule], Report, Timeline], remedy: SeedEarlier) -> tuple[list[Plan], Plan]:
    """(ways to move the seed above the draw or the draw below the seed, what is shown where there are none)."""
    _, report, timeline = item
    message = f"Move the seed at {timeline.place(remedy.seed)} above the draw."
    seed = next((m for m in timeline.seeds() if m.spot == remedy.seed and m.order > report.moment.order), None)
    if seed is None:
        return [], Plan([item], message, [], Applicability.DISPLAY, "the seed runs in another place")
    meeting = _meeting(book, report.moment, seed)
    reason = "the seed and the draw lie in different bodies"
    out = []
    if meeting is not None:
        page, module, body, at, late = meeting
        moved, why = _move_up(page, body, at, late) if _only_seeds(body[late], seed) else ([], reason)
        if moved:
            out.append(Plan([item], message, [(module, change) for change in moved], Applicability.UNSAFE, _REASON))
        lowered = _move_down(page, body, at, late)
        if lowered:
            text = f"Move the draw below the seed at {timeline.place(remedy.seed)}."
            out.append(Plan([item], text, [(module, change) for change in lowered], Applicability.UNSAFE, _REASON))
        reason = why or reason
    return out, Plan([item], message, [], Applicability.DISPLAY, reason)


def _only_seeds(statement: ast.stmt, seed: Moment) -> bool:
    """Whether a statement does nothing but seed, so that it can be run before others."""
    if isinstance(statement, ast.If):
        inner = [*statement.body, *statement.orelse]
        return any(_only_seeds(s, seed) for s in inner) and all(isinstance(s, (ast.Expr, ast.Assign)) for s in inner)
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    return position_of(statement.value) == seed.inner.pos or bool(SPEAKS.search(ast.unparse(statement.value.func)))


def _meeting(book: Book, draw: Moment, seed: Moment) -> tuple[Page, str, list[ast.stmt], int, int] | None:
    """The body in which the ways to draw and seed part, and the statement of each."""
    mine, theirs = spots_of(draw), spots_of(seed)
    depth = 0
    while depth < min(len(mine), len(theirs)) - 1 and mine[depth] == theirs[depth]:
        depth += 1
    one, other = mine[depth], theirs[depth]
    if one.module != other.module:
        return None
    return _parting(book.page(one.module), one.module, one, other)


def _parting(page: Page, module: str, one: Spot, other: Spot) -> tuple[Page, str, list[ast.stmt], int, int] | None:
    for (_, body, at), (_, others, late) in zip(page.way_to(one.pos), page.way_to(other.pos), strict=False):
        if body is not others:
            return None
        if at != late:
            return (page, module, body, at, late) if at < late else None
    return None


def _move_up(page: Page, body: list[ast.stmt], at: int, late: int) -> tuple[list[Change], str]:
    """Move the seeds that stand together above the draw, or to where what they read is bound."""
    end = late
    while end + 1 < len(body) and _seed_like(body[end + 1], body[late]):
        end += 1
    group = body[late : end + 1]
    reads = _reads(group)
    target = at
    for index in range(at, late):
        bound = _binds(body[index]) & reads
        if bound:
            name = sorted(bound)[0]
            return [], f"the seed reads `{name}`, which is bound at line {first_line(body[index])}, behind the draw"
    if any(isinstance(s, (ast.Return, ast.Break, ast.Continue)) for s in body[at:late]):
        return [], "the seed does not follow the draw on every run"
    first, last = _lines(page, body, late, end)
    text = page.offsets.text[page.offsets.line_start(first) : page.offsets.line_start(last + 1)]
    if _other_cell(page, first, first_line(body[target])):
        return [], "the seed stands in a later cell"
    if not page.alone(body, late) or _shares(body, end):
        return [], "the seed shares its line with other statements"
    change = page.before(body, target, [])
    if change is None:
        return [], "the draw shares its line with other statements"
    if not text.endswith("\n"):
        text += "\n"
    removed = Change(page.offsets.line_start(first), page.offsets.line_start(last + 1), "")
    return [Change(change.start, change.start, text), _with_blank(page, removed, first, last)], ""


def _move_down(page: Page, body: list[ast.stmt], at: int, late: int) -> list[Change]:
    """Move a plain statement that draws below the seed, if nothing between has to do with it."""
    statement = body[at]
    if not isinstance(statement, (ast.Assign, ast.Expr, ast.AnnAssign)) or late - at > 12:
        return []
    binds, reads = _binds(statement), _reads([statement])
    between = body[at + 1 : late + 1]
    if any(_binds(s) & (reads | binds) or _reads([s]) & binds or not isinstance(s, _PLAIN) for s in between):
        return []
    if not page.alone(body, at) or _shares(body, at):
        return []
    first, last = _lines(page, body, at, at)
    text = page.offsets.text[page.offsets.line_start(first) : page.offsets.line_start(last + 1)]
    change = page.after(body, late, [])
    if change is None or not text.endswith("\n") or _other_cell(page, first, last_line(body[late])):
        return []
    removed = Change(page.offsets.line_start(first), page.offsets.line_start(last + 1), "")
    return [removed, Change(change.start, change.start, text)]


_PLAIN = (ast.Assign, ast.AnnAssign, ast.Expr, ast.If, ast.Import, ast.ImportFrom)


def _with_blank(page: Page, removed: Change, first: int, last: int) -> Change:
    """Take a blank line along where the removed lines leave two behind."""
    if first > 1 and page.blank(first - 1) and page.blank(last + 1) and last + 1 < len(page.offsets.lines):
        return Change(removed.start, page.offsets.line_start(last + 2), "")
    return removed


def _lines(page: Page, body: list[ast.stmt], start: int, end: int) -> tuple[int, int]:
    """The lines of some statements with the comments directly above."""
    change = page.before(body, start, [])
    first = first_line(body[start]) if change is None else page.offsets.place(change.start)[0]
    return first, last_line(body[end])


def _shares(body: list[ast.stmt], index: int) -> bool:
    return index + 1 < len(body) and first_line(body[index + 1]) <= last_line(body[index])


def _other_cell(page: Page, one: int, other: int) -> bool:
    return page.source.locate(one)[0] != page.source.locate(other)[0]


def _seed_like(statement: ast.stmt, seed: ast.stmt) -> bool:
    """Whether a statement is a seed beside another: a call of the same shape that names a seed."""
    text = ast.unparse(statement)
    return type(statement) is type(seed) and isinstance(statement, ast.Expr) and "seed" in text.partition("(")[0]


def _reads(statements: list[ast.stmt]) -> set[str]:
    nodes = [node for statement in statements for node in ast.walk(statement)]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _binds(statement: ast.stmt) -> set[str]:
    out = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            out.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            out.add(node.name)
        elif isinstance(node, ast.alias):
            out.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            base = node.value
            while isinstance(base, (ast.Attribute, ast.Subscript)):
                base = base.value
            if isinstance(base, ast.Name):
                out.add(base.id)
    return out
