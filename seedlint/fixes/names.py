"""How a file spells a library's name, and the import that it lacks."""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Iterator

from seedlint.syntax.page import Page, first_line, last_line
from seedlint.syntax.positions import Change

_Import = ast.Import | ast.ImportFrom


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
    found = {name: full for name, full, _ in (*top, *own) if name != "*"}
    best = None
    for name, full in found.items():
        if dotted == full or dotted.startswith(full + "."):
            text = name + dotted[len(full) :]
            best = text if best is None or len(text) < len(best) else best
    owner, _, member = dotted.rpartition(".")
    starred = any(full == f"{owner}.*" for _, full, _ in top)
    return member if best is None and starred and member not in page.names and member not in found else best


def imported_roots(page: Page) -> set[str]:
    """The top-level names of what a file imports."""
    return {full.partition(".")[0] for _, full, _ in bindings(page.tree.body)}


def to_import(page: Page, dotted: str, statement: str) -> tuple[str, str] | None:
    """(how the name is written after the import, the import statement); another alias where the name is taken."""
    node = ast.parse(statement).body[0]
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    alias = node.names[0]
    full = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
    for local in (alias.asname or alias.name.partition(".")[0], alias.name.rpartition(".")[2], f"py_{alias.name}"):
        if not _taken(page, local, full):
            text = (
                statement if local == (alias.asname or alias.name) else f"{statement.partition(' as ')[0]} as {local}"
            )
            return local + dotted[len(full) :], text
    return None


def _taken(page: Page, local: str, full: str) -> bool:
    """Whether a file means something else than the dotted name by a name."""
    imported = {dotted for name, dotted, _ in bindings(page.tree.body) if name == local}
    return (local in page.names and not imported) or bool(imported - {full}) or local in page.bound


# --- where an import goes -----------------------------------------------------------------------------


def add_import(page: Page, statement: str, line: int) -> Change | None:
    """Put an import among those that stand above a line: with its kind, sorted where they are."""
    top = [s for s in page.tree.body if isinstance(s, (ast.Import, ast.ImportFrom)) and last_line(s) < line]
    top = _head(page, top)
    future = [s for s in top if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    usable = [s for s in top if s not in future]
    body = page.tree.body
    new = ast.parse(statement).body[0]
    assert isinstance(new, (ast.Import, ast.ImportFrom))
    if not usable:
        if future:
            return page.after(body, body.index(future[-1]), ["", statement])
        index = 1 if body and _docstring(body[0]) else 0
        return page.under_comments(body, index, [statement, ""]) if index < len(body) else None
    if isinstance(new, ast.ImportFrom):
        for node in usable:
            same = isinstance(node, ast.ImportFrom) and (node.module, node.level) == (new.module, new.level)
            if same:
                joined = join(page, node, statement.partition(" import ")[2])
                return joined or page.after(body, body.index(node), [statement])
    kind = _kind(page, new)
    if not any(_kind(page, node) == kind for node in usable):
        return _own_block(page, usable, kind, statement)
    alike = _alike(page, usable, new)
    for key in (_by_form, _by_module):
        keys = [key(node) for node in alike]
        if keys == sorted(keys) and (len(keys) == 1 or len(set(keys)) > 1):
            later = next((node for node, other in zip(alike, keys, strict=True) if other > key(new)), None)
            if later is not None and (later is not alike[0] or not page.commented(body, body.index(later))):
                return page.before(body, body.index(later), [statement])
            break
    else:
        alike = [node for node in alike if type(node) is type(new)] or alike
    return page.after(body, body.index(alike[-1]), [statement])


def join(page: Page, node: ast.stmt, name: str) -> Change | None:
    """Add a name to those that a line imports from its module: in its place where they are sorted."""
    if not isinstance(node, ast.ImportFrom) or any(alias.name == "*" for alias in node.names):
        return None
    text = page.offsets.segment(node)
    several = node.lineno != node.end_lineno
    spread = several and all(a.lineno != b.lineno for a, b in itertools.pairwise(node.names))
    if "\\" in text or "#" in text or (several and not spread):
        return None
    if not several and node.col_offset + len(text) + len(name) + 2 > page.longest:
        return None
    after = node.names[-1]
    last = page.offsets.at(after.end_lineno or 0, after.end_col_offset or 0)
    indent = " " * after.col_offset
    if spread and node.names[0].lineno == node.lineno:
        return None
    names = [alias.name for alias in node.names]
    if names == sorted(names) or names == sorted(names, key=str.lower):
        exact = names == sorted(names)
        later = next((a for a in node.names if (a.name > name if exact else a.name.lower() > name.lower())), None)
        if later is not None:
            at = page.offsets.at(later.lineno, later.col_offset)
            return Change(at, at, f"{name},\n{indent}" if spread else f"{name}, ")
    return Change(last, last, f",\n{indent}{name}" if spread else f", {name}")


def _head(page: Page, imports: list[_Import]) -> list[_Import]:
    """The imports of the file's head: up to the first definition or loop."""
    for statement in page.tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While)):
            return [s for s in imports if s.lineno < statement.lineno] or imports[:1]
    return imports


def _own_block(page: Page, imports: list[_Import], kind: int, statement: str) -> Change | None:
    """Put an import whose kind the head lacks between those before it and those behind it."""
    body = page.tree.body
    before = [node for node in imports if _kind(page, node) < kind]
    if not before:
        return page.under_comments(body, body.index(imports[0]), [statement, ""])
    parted = page.blank(last_line(before[-1]) + 1)
    return page.after(body, body.index(before[-1]), ["", statement] if parted else [statement])


def _alike(page: Page, imports: list[_Import], new: _Import) -> list[_Import]:
    """The imports of one run of adjacent lines that a new one belongs to: of its kind, of its library if there are."""
    runs: list[list[_Import]] = []
    for node in imports:
        if runs and first_line(node) == last_line(runs[-1][-1]) + 1:
            runs[-1].append(node)
        else:
            runs.append([node])
    kind, root = _kind(page, new), _root(new)
    same = [[node for node in run if _kind(page, node) == kind] for run in runs]
    same = [run for run in same if run]
    library = [run for run in same if any(_root(node) == root for node in run)]
    typed = [run for run in same if any(type(node) is type(new) for node in run)]
    return library[0] if library else same[0] if kind == 0 else (typed or same)[-1]


def _kind(page: Page, node: _Import) -> int:
    """0 for the standard library, 1 for others, 2 for the project's own, 3 for relative imports."""
    if isinstance(node, ast.ImportFrom) and node.level:
        return 3
    if _root(node) in sys.stdlib_module_names:
        return 0
    return 2 if page.own(_root(node)) else 1


def _root(node: _Import) -> str:
    name = (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
    return name.partition(".")[0]


def _by_form(node: _Import) -> tuple[int, str]:
    if isinstance(node, ast.ImportFrom):
        return 1, (node.module or "").lower()
    return 0, node.names[0].name.lower()


def _by_module(node: _Import) -> tuple[int, str]:
    return 0, _by_form(node)[1]


def _docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def standard(dotted: str) -> bool:
    """Whether a name is of the standard library."""
    return dotted.partition(".")[0] in sys.stdlib_module_names
