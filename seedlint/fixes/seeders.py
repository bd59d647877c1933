"""The project's own functions that seed, and how an entry calls them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from seedlint.fixes.book import Book
from seedlint.fixes.names import LONGEST_LINE, bindings
from seedlint.fixes.place import Stretch
from seedlint.fixes.value import NAME, Value
from seedlint.flow.state import SEEDED
from seedlint.syntax.page import Function, last_line
from seedlint.syntax.positions import Change

_SPEAKS = re.compile(r"seed|reproduc|determinis", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seeder:
    """A function of the project that seeds streams, and needs at most the seed."""

    module: str
    function: Function
    streams: frozenset[str]

    def call(self, spelling: str, value: Value) -> str:
        """The call; a default of the function's own stands where no better seed is at hand."""
        args = self.function.args
        if not args.args or (args.defaults and value.text.isdigit()):
            return f"{spelling}()"
        return f"{spelling}({value.text})"


def seeder_for(book: Book, streams: Iterable[str], stretch: Stretch) -> Seeder | None:
    """A function that seeds all these streams; one of the entry's own file is preferred."""
    wanted = set(streams)
    found = [seeder for seeder in _seeders(book) if wanted <= seeder.streams]
    found.sort(key=lambda s: (s.module != stretch.module, s.module, s.function.lineno))
    return found[0] if found else None


def _seeders(book: Book) -> list[Seeder]:
    seeded: dict[tuple[str, int], set[str]] = {}
    functions: dict[tuple[str, int], Function] = {}
    for timeline in book.timelines:
        for seed in timeline.of("seed"):
            if seed.state.kind != SEEDED:
                continue
            page = book.page(seed.inner.module)
            function = page.function_around(seed.inner.pos)
            if function is not None and function in page.tree.body and _callable(function):
                key = (seed.inner.module, function.lineno)
                functions[key] = function
                seeded.setdefault(key, set()).add(seed.stream)
    return [Seeder(key[0], functions[key], frozenset(streams)) for key, streams in seeded.items()]


def _callable(function: Function) -> bool:
    """Whether a function's name says that it seeds, and one number is all that it needs."""
    args = function.args
    if not _SPEAKS.search(function.name) or "worker" in function.name or function.decorator_list:
        return False
    required = args.args[: len(args.args) - len(args.defaults)]
    if args.posonlyargs or any(default is None for default in args.kw_defaults):
        return False
    if not required:
        return not args.args or bool(NAME.fullmatch(args.args[0].arg))
    return len(required) == 1 and (bool(NAME.fullmatch(required[0].arg)) or required[0].arg in ("s", "value", "n"))


def reach(book: Book, seeder: Seeder, stretch: Stretch, line: int) -> tuple[str, list[Change]] | None:
    """(how the function is written at a line of the entry's file, the changes to its imports)."""
    page, name = stretch.page, seeder.function.name
    if seeder.module == stretch.module:
        inside = stretch.function is not None
        return (name, []) if inside or last_line(seeder.function) < line else None
    for local, full, statement in bindings(page.tree.body):
        if last_line(statement) >= line:
            continue
        level = len(full) - len(full.lstrip("."))
        owner, _, member = full[level:].rpartition(".")
        if isinstance(statement, ast.ImportFrom):
            if member == name and book.program.resolve(stretch.module, level, owner) == seeder.module:
                return local, []
            if book.program.resolve(stretch.module, level, full[level:]) == seeder.module:
                return f"{local}.{name}", []
        elif book.program.resolve(stretch.module, 0, full) == seeder.module:
            return f"{local}.{name}", []
    if name in page.names:
        return None
    return _imported(book, seeder, stretch, line)


def _imported(book: Book, seeder: Seeder, stretch: Stretch, line: int) -> tuple[str, list[Change]] | None:
    """Import the function: with a line that imports from its module already, or a new one."""
    page, name = stretch.page, seeder.function.name
    body = page.tree.body
    last = None
    for index, statement in enumerate(body):
        if not isinstance(statement, (ast.Import, ast.ImportFrom)) or last_line(statement) >= line:
            continue
        last = index
        if isinstance(statement, ast.ImportFrom):
            owner = book.program.resolve(stretch.module, statement.level, statement.module or "")
            text = page.offsets.segment(statement)
            if owner == seeder.module and any(alias.name == "*" for alias in statement.names):
                return name, []
            short = len(text) + len(name) + 2 <= LONGEST_LINE
            if owner == seeder.module and short and not {"(", "\n", "\\"} & set(text):
                end = page.offsets.end(statement)
                return name, [Change(end, end, f", {name}")]
    for base in book.program.bases(stretch.module, False):
        dotted = seeder.module.removeprefix(f"{base}.") if base else seeder.module
        if book.program.resolve(stretch.module, 0, dotted) == seeder.module and last is not None:
            change = page.after(body, last, [f"from {dotted} import {name}"])
            return (name, [change]) if change is not None else None
    return None
