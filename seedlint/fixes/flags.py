"""Determinism settings beside the seeds, or changed where they are made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from seedlint.fixes import names
from seedlint.fixes.book import Book, Plan
from seedlint.fixes.remedy import CallBeside, SetFlags, SetVariable
from seedlint.fixes.seeding import filled, seed_value
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Applicability, Report, Rule
from seedlint.syntax.arguments import replace
from seedlint.syntax.page import Page, first_line, last_line
from seedlint.syntax.positions import Change

_SLOWER = "the run may become slower"
_Asked = tuple[type[Rule], Report, Timeline]


def flag_plans(book: Book, item: _Asked, remedy: SetFlags) -> Iterator[Plan]:
    """Give flags their values: where the run sets them already, else behind the seed."""
    _, report, timeline = item
    message = "Set " + ", ".join(f"`{_attribute(book, flag)} = {value}`" for flag, value in remedy.flags.items()) + "."
    changes: list[tuple[str, Change]] = []
    lacking: dict[str, str] = {}
    for flag, value in remedy.flags.items():
        settings = timeline.flags(flag)
        if settings:
            changes += [(m.inner.module, c) for m in settings if (c := _changed(book, m, value)) is not None]
        else:
            lacking[flag] = value
    if lacking:
        beside = _beside(book, report.moment, lacking)
        if not beside:
            yield Plan(
                [item],
                message,
                [],
                Applicability.DISPLAY,
                "no seed of the project's own stands where the flag could go",
            )
            return
        changes += beside
    changes = list(dict.fromkeys(changes))
    if not changes:
        yield Plan([item], message, [], Applicability.DISPLAY, "the flag is set in a way that cannot be changed here")
    elif remedy.harmless:
        yield Plan([item], message, changes)
    else:
        yield Plan([item], message, changes, Applicability.UNSAFE, _SLOWER)


def _attribute(book: Book, flag: str) -> str:
    return book.knowledge.attribute_of(flag) or flag


def _changed(book: Book, setting: Moment, value: str) -> Change | None:
    """The change of an assignment to a flag; None if it has the value, or is no assignment."""
    page = book.page(setting.inner.module)
    way = page.way_to(setting.inner.pos)
    statement = way[-1][1][way[-1][2]] if way else None
    if not isinstance(statement, ast.Assign) or page.offsets.segment(statement.value) == value:
        return None
    return replace(page, statement.value, value)


def call_plans(book: Book, item: _Asked, remedy: CallBeside) -> Iterator[Plan]:
    """Put a call behind the first seed of the run that lies in the project's own code."""
    _, _, timeline = item
    message = f"Call `{remedy.callee}{remedy.arguments}` beside the seed."
    for seed in timeline.seeds(*remedy.streams):
        page = book.page(seed.inner.module)
        way = page.way_to(seed.inner.pos)
        number = seed_value(page, way[-1][1][way[-1][2]]) if way else None
        if seed.process != "main" or number is None:
            continue
        changes = _behind(book, seed, {remedy.callee: filled(remedy.arguments, number)})
        if changes:
            applicability = Applicability.UNSAFE if remedy.reason else Applicability.SAFE
            yield Plan([item], message, changes, applicability, remedy.reason)
            return
    yield Plan(
        [item], message, [], Applicability.DISPLAY, "no seed of the project's own stands where the call could go"
    )


def _beside(book: Book, seed: Moment, flags: dict[str, str]) -> list[tuple[str, Change]]:
    """Assignments behind the statement that seeds, and the seeds that follow it."""
    return _behind(book, seed, {_attribute(book, flag): f" = {value}" for flag, value in flags.items()})


def _behind(book: Book, seed: Moment, wanted: dict[str, str]) -> list[tuple[str, Change]]:
    """Lines that begin with a dotted name, behind the statement that seeds and the seeds that follow it."""
    if seed.kind != "seed":
        return []
    page = book.page(seed.inner.module)
    way = page.way_to(seed.inner.pos)
    if not way:
        return []
    _, body, index = way[-1]
    while index + 1 < len(body) and isinstance(body[index + 1], ast.Expr) and "seed" in ast.unparse(body[index + 1]):
        index += 1
    function = page.function_around(seed.inner.pos)
    line = last_line(body[index]) + 1
    lines, imports = [], []
    for dotted, rest in wanted.items():
        spelling = names.spelled(page, dotted, line, function.body if function else [])
        if spelling is None:
            root = dotted.partition(".")[0]
            change = names.add_import(page, f"import {root}", line)
            if change is None:
                return []
            imports.append(change)
            spelling = dotted
        lines.append(spelling + rest)
    change = page.after(body, index, lines)
    return [(seed.inner.module, c) for c in (*dict.fromkeys(imports), change)] if change is not None else []


def variable_plans(book: Book, item: _Asked, remedy: SetVariable) -> Iterator[Plan]:
    """Set an environment variable above the imports of libraries in the entry's file."""
    _, _, timeline = item
    variable = book.knowledge.variable_of(remedy.flag) or remedy.flag
    message = f"Set `{variable}={remedy.value}` before the libraries are imported."
    page = book.page(timeline.entry)
    body = page.tree.body
    index = next((i for i, s in enumerate(body) if _third_party(s)), None)
    if index is None:
        yield Plan([item], message, [], Applicability.DISPLAY, "the entry imports no library itself")
        return
    line = first_line(body[index])
    spelling = names.spelled(page, "os.environ", line, [])
    head = [] if spelling else ["import os"]
    text = f'{spelling or "os.environ"}["{variable}"] = "{remedy.value}"'
    later = _later_import(page, line) if not spelling else None
    if later is not None:
        head = ["import os"]
    change = page.before(body, index, [*head, *([""] if head else []), text, ""])
    if change is not None:
        yield Plan([item], message, [(timeline.entry, change)])


def _later_import(page: Page, line: int) -> ast.stmt | None:
    return next((s for name, full, s in names.bindings(page.tree.body) if full == "os" and s.lineno >= line), None)


def _third_party(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import):
        return not all(names.standard(alias.name) for alias in statement.names)
    return isinstance(statement, ast.ImportFrom) and not names.standard(statement.module or "")
