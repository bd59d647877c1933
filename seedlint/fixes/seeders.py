"""The project's own functions that seed, and how an entry calls them."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seedlint.fixes.book import Book
from seedlint.fixes.names import add_import, bindings, join
from seedlint.fixes.place import Stretch
from seedlint.fixes.value import NAME, Value
from seedlint.flow.state import SEEDED
from seedlint.program.modules import SOURCE_FOLDERS
from seedlint.syntax.page import Function, Page, last_line
from seedlint.syntax.positions import Change

SPEAKS = re.compile(r"seed|reproduc|determinis", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seeder:
    """A function of the project that seeds streams, and needs at most the seed."""

    module: str
    function: Function
    streams: frozenset[str]
    entries: int
    """How many entries of the project call it."""

    def call(self, spelling: str, value: Value) -> str:
        """The call; a default of the function's own stands where no better seed is at hand."""
        args = self.function.args
        fixed = args.defaults and not (isinstance(args.defaults[0], ast.Constant) and args.defaults[0].value is None)
        if not args.args or (fixed and value.text.isdigit()):
            return f"{spelling}()"
        return f"{spelling}({value.text})"


def seeder_for(book: Book, streams: Iterable[str], stretch: Stretch) -> Seeder | None:
    """A function that seeds all these streams; one of the entry's own file is preferred, then what most call."""
    wanted = set(streams)
    found = [seeder for seeder in _seeders(book) if wanted <= seeder.streams]
    found.sort(key=lambda s: (s.module != stretch.module, -s.entries, s.module, s.function.lineno))
    return found[0] if found else None


def _seeders(book: Book) -> list[Seeder]:
    seeded: dict[tuple[str, int], set[str]] = {}
    functions: dict[tuple[str, int], Function] = {}
    entries: dict[tuple[str, int], set[str]] = {}
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
                entries.setdefault(key, set()).add(timeline.entry)
    return [Seeder(k[0], functions[k], frozenset(streams), len(entries[k])) for k, streams in seeded.items()]


def _callable(function: Function) -> bool:
    """Whether a function's name says that it seeds, and one number is all that it needs."""
    args = function.args
    if not SPEAKS.search(function.name) or "worker" in function.name or function.decorator_list:
        return False
    required = args.args[: len(args.args) - len(args.defaults)]
    if args.posonlyargs or any(default is None for default in args.kw_defaults):
        return False
    if not required:
        return not args.args or bool(NAME.fullmatch(args.args[0].arg))
    return len(required) == 1 and (bool(NAME.fullmatch(required[0].arg)) or required[0].arg in ("s", "value", "n"))


def reach(book: Book, seeder: Seeder, stretch: Stretch, line: int) -> tuple[str, list[Change]] | None:
    """(how the function is written at a line of the entry's file, the changes to its imports)."""
    page, name, here = stretch.page, seeder.function.name, stretch.module
    if seeder.module == here:
        inside = stretch.function is not None
        return (name, []) if inside or last_line(seeder.function) < line else None
    for local, full, statement in bindings(page.tree.body):
        if last_line(statement) >= line:
            continue
        level = len(full) - len(full.lstrip("."))
        owner, _, member = full[level:].rpartition(".")
        if isinstance(statement, ast.ImportFrom) and member in (name, "*"):
            if _gives(book, book.program.resolve(here, level, owner), seeder):
                return name if local == "*" else local, []
        elif _gives(book, book.program.resolve(here, level, full[level:]), seeder):
            return f"{local}.{name}", []
    known = {book.program.resolve(here, level, owner) for level, owner in _imports(page)}
    if name in page.names or not (seeder.module in known or _importable(book, seeder.module)):
        return None
    return _imported(book, seeder, stretch, line)


def _imports(page: Page) -> Iterator[tuple[int, str]]:
    """(level, dotted name) of the modules that a file imports names from."""
    for statement in page.tree.body:
        if isinstance(statement, ast.ImportFrom):
            yield statement.level, statement.module or ""


def _gives(book: Book, module: str | None, seeder: Seeder) -> bool:
    """Whether a module holds the function, or imports it from where it stands."""
    if module is None or module == seeder.module:
        return module is not None
    for local, full, statement in bindings(book.page(module).tree.body):
        if local in (seeder.function.name, "*") and isinstance(statement, ast.ImportFrom):
            level = len(full) - len(full.lstrip("."))
            if book.program.resolve(module, level, full[level:].rpartition(".")[0]) == seeder.module:
                return True
    return False


def _importable(book: Book, module: str) -> bool:
    """Whether a module is there to be imported: no notebook, and no script."""
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in module.split(".")):
        return False
    if book.sources[module].kind == "notebook":
        return False
    return not any(timeline.entry == module and timeline.reached for timeline in book.timelines)


def _is_source_folder(base: str) -> bool:
    """Whether what lies in a folder is imported without naming it."""
    return base.rpartition(".")[2] in SOURCE_FOLDERS


def _imported(book: Book, seeder: Seeder, stretch: Stretch, line: int) -> tuple[str, list[Change]] | None:
    """Import the function: with a line that imports from its module already, or a new one."""
    page, name, program = stretch.page, seeder.function.name, book.program
    for statement in page.tree.body:
        if isinstance(statement, ast.ImportFrom) and last_line(statement) < line:
            owner = program.resolve(stretch.module, statement.level, statement.module or "")
            change = join(page, statement, name) if _gives(book, owner, seeder) else None
            if change is not None:
                return name, [change]
    package = seeder.module.rpartition(".")[0]
    module = package if package and _gives(book, package if package in program.modules else None, seeder) else ""
    for target in (module, seeder.module) if module else (seeder.module,):
        above = [base for base in program.bases(stretch.module, False) if not base or target.startswith(f"{base}.")]
        for base in sorted(above, key=lambda base: not _is_source_folder(base)):
            dotted = target.removeprefix(f"{base}.") if base else target
            if program.resolve(stretch.module, 0, dotted) == target:
                change = add_import(page, f"from {dotted} import {name}", line)
                return (name, [change]) if change is not None else None
    return None
