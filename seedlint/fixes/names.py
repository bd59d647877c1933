"""How a file spells a library's name, and the import that it lacks."""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Iterator

from seedlint.syntax.page import Page, first_line, last_line
from seedlint.syntax.positions import Change

LONGEST_LINE = 88
"""Imports are joined up to this length."""


def bindings(body: list[ast.stmt]) -> Iterator[tuple[str, str, ast.stmt]]:
    """(local name, dotted name, statement) of each import of a body; those under `if`, `try` and `with` as well."""
    for statement in body:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if alias.asname:
                    yield alias.asname, alias.name, statement
                else:
                    root = alias.name.partition(".")[0]
                    yield root, root, statement
        elif isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                module = "." * statement.level + (statement.module or "")
                yield alias.asname or alias.name, f"{module}.{alias.name}", statement
        elif isinstance(statement, (ast.If, ast.Try, ast.With)):
            yield from bindings(statement.body)


def spelled(page: Page, dotted: str, line: int, inner: list[ast.stmt]) -> str | None:
    """How a dotted name is written at a line of a file, `inner` being the function's body around it."""
    top = [found for found in bindings(page.tree.body) if inner or last_line(found[2]) < line]
    own = [found for found in bindings(inner) if last_line(found[2]) < line]
    found = {name: full for name, full, _ in (*top, *own)}
    best = None
    for name, full in found.items():
        if dotted == full or dotted.startswith(full + "."):
            text = name + dotted[len(full) :]
            best = text if best is None or len(text) < len(best) else best
    return best


def imported_roots(page: Page) -> set[str]:
    """The top-level names of what a file imports."""
    return {full.partition(".")[0] for _, full, _ in bindings(page.tree.body)}


def to_import(page: Page, dotted: str, statement: str) -> tuple[str, str] | None:
    """(how the name is written after the import, the import statement); another alias where the name is taken."""
    node = ast.parse(statement).body[0]
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    alias = node.names[0]
    full = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
    taken = page.names | {name for name, _, _ in bindings(page.tree.body)}
    for local in (alias.asname or alias.name.partition(".")[0], alias.name.rpartition(".")[2], f"py_{alias.name}"):
        if local not in taken:
            text = (
                statement if local == (alias.asname or alias.name) else f"{statement.partition(' as ')[0]} as {local}"
            )
            return local + dotted[len(full) :], text
    return None


def add_import(page: Page, statement: str, line: int) -> Change | None:
    """Put an import among those that stand above a line: with its kind, sorted where they are."""
    top = [s for s in page.tree.body if isinstance(s, (ast.Import, ast.ImportFrom)) and last_line(s) < line]
    top = _first_run(page, top)
    future = [s for s in top if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    usable = [s for s in top if s not in future]
    body = page.tree.body
    if not usable:
        if future:
            return page.after(body, body.index(future[-1]), ["", statement])
        index = 1 if body and _docstring(body[0]) else 0
        return page.before(body, index, [statement, ""]) if index < len(body) else None
    joined = _joined(page, usable, statement)
    if joined is not None:
        return joined
    block = _block(page, usable, statement)
    key = _key(ast.parse(statement).body[0])
    keys = [_key(s) for s in block]
    if keys == sorted(keys) and all(a != b for a, b in itertools.pairwise(keys)):
        for node, other in zip(block, keys, strict=True):
            if other > key:
                return page.before(body, body.index(node), [statement])
    return page.after(body, body.index(block[-1]), [statement])


def _joined(page: Page, imports: list[ast.Import | ast.ImportFrom], statement: str) -> Change | None:
    """Add a name to a line that imports from its module already, where the line stays short."""
    new = ast.parse(statement).body[0]
    if not isinstance(new, ast.ImportFrom):
        return None
    addition = statement.partition(" import ")[2]
    for node in imports:
        if isinstance(node, ast.ImportFrom) and (node.module, node.level) == (new.module, new.level):
            text = page.offsets.segment(node)
            if len(text) + len(addition) + 2 <= LONGEST_LINE and not {"(", "\n", "\\", "*"} & set(text):
                end = page.offsets.end(node)
                return Change(end, end, f", {addition}")
    return None


def _first_run(page: Page, imports: list[ast.Import | ast.ImportFrom]) -> list[ast.Import | ast.ImportFrom]:
    """The imports of the file's head: up to the first definition or loop."""
    for statement in page.tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While)):
            return [s for s in imports if s.lineno < statement.lineno] or imports[:1]
    return imports


def _block(page: Page, imports: list[ast.Import | ast.ImportFrom], statement: str) -> list[ast.stmt]:
    """The run of adjacent import lines that suits a new one: of the same kind, the standard library's first."""
    runs: list[list[ast.stmt]] = []
    for node in imports:
        if runs and first_line(node) == last_line(runs[-1][-1]) + 1:
            runs[-1].append(node)
        else:
            runs.append([node])
    new = ast.parse(statement).body[0]
    kind = _kind(new)
    same = [run for run in runs if any(_kind(node) == kind for node in run)]
    typed = [run for run in same if any(_kind(node) == kind and type(node) is type(new) for node in run)]
    run = same[0] if kind == 0 and same else (typed or same)[-1] if same else runs[0] if kind == 0 else runs[-1]
    alike = [node for node in run if _kind(node) == kind and type(node) is type(new)]
    return alike or [node for node in run if _kind(node) == kind] or run


def _kind(node: ast.stmt) -> int:
    """0 for the standard library, 1 for others, 2 for relative imports."""
    if isinstance(node, ast.ImportFrom):
        if node.level:
            return 2
        name = node.module or ""
    else:
        assert isinstance(node, ast.Import)
        name = node.names[0].name
    return 0 if name.partition(".")[0] in sys.stdlib_module_names else 1


def _key(node: ast.stmt) -> tuple[int, str]:
    if isinstance(node, ast.ImportFrom):
        return 1, (node.module or "").lower()
    assert isinstance(node, ast.Import)
    return 0, node.names[0].name.lower()


def _docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def standard(dotted: str) -> bool:
    """Whether a name is of the standard library."""
    return dotted.partition(".")[0] in sys.stdlib_module_names
