"""Rewrites a file so that chosen calls tell an observer what they do; nothing else in it changes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping

from seedlint.index.summary import Position
from seedlint.sources.source import split_lines
from seedlint.verify.probe.standins import SEEDING

OBSERVER = "_seedlint_"


def instrument(
    text: str, points: Mapping[Position, int], repeated: Collection[int] = ()
) -> tuple[str, set[int]]:  # fmt: skip
    """The text with every point wrapped, and the points for which there was an expression.

    A call is told with its function, the value of any other expression once it is there; that of a
    point that is to be `repeated`, with a function that computes it.
    """
    tree = ast.parse(text)
    chosen: dict[int, ast.expr] = {}
    for node in ast.walk(tree):
        point = points.get(position(node) or (0, 0, 0, 0)) if isinstance(node, ast.expr) else None
        if point is not None and isinstance(node, ast.expr):
            chosen.setdefault(point, node)
    formatted = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    if any(id(node) in formatted for node in chosen.values()):
        # Before Python 3.12 the positions inside a formatted string are not those of the text.
        wrapped = _Wrap({id(node): point for point, node in chosen.items()}, repeated).visit(tree)
        return ast.unparse(ast.fix_missing_locations(wrapped)) + "\n", set(chosen)
    inserts: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for point, node in chosen.items():
        target = node.func if isinstance(node, ast.Call) else node
        before = f"{OBSERVER}.{_method(node, point, repeated)}({point}, "
        before += "lambda: " if target is node and point in repeated else ""
        start, end = (target.lineno, target.col_offset), (target.end_lineno or 0, target.end_col_offset or 0)
        size = (end[0] - start[0]) * 10_000 + end[1] - start[1]
        inserts.setdefault(start, []).append((-size, before))
        inserts.setdefault(end, []).append((size - 1_000_000_000, ")"))
    return _insert(text, inserts), set(chosen)


class _Wrap(ast.NodeTransformer):
    """Wraps expressions in a tree."""

    def __init__(self, points: Mapping[int, int], repeated: Collection[int]) -> None:
        self.points = points
        self.repeated = repeated

    def visit(self, node: ast.AST) -> ast.AST:
        """Wrap the node if it is chosen, after what is inside it."""
        point = self.points.get(id(node))
        out: ast.AST = self.generic_visit(node)
        if point is None:
            return out
        if isinstance(out, ast.Call):
            out.func = _told("call", point, out.func)
            return out
        assert isinstance(out, ast.expr)
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        value = ast.Lambda(nothing, out) if point in self.repeated else out
        return _told(_method(out, point, self.repeated), point, value)


def _method(node: ast.expr, point: int, repeated: Collection[int]) -> str:
    """What the observer is told of an expression."""
    return "call" if isinstance(node, ast.Call) else "compute" if point in repeated else "watch"


def _told(method: str, point: int, value: ast.expr) -> ast.expr:
    observer = ast.Attribute(ast.Name(OBSERVER, ast.Load()), method, ast.Load())
    return ast.Call(observer, [ast.Constant(point), value], [])


def position(node: ast.AST) -> Position | None:
    """A node's span, as Summaries give it."""
    if not isinstance(node, ast.expr | ast.stmt):
        return None
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _insert(text: str, inserts: Mapping[tuple[int, int], Iterable[tuple[int, str]]]) -> str:
    """Insert text at positions whose columns count bytes; at one place ends come before starts, outer starts first."""
    lines = [line.encode("utf-8") for line in split_lines(text)]
    for (number, column), parts in sorted(inserts.items(), reverse=True):
        line = lines[number - 1]
        added = "".join(part for _, part in sorted(parts)).encode("utf-8")
        lines[number - 1] = line[:column] + added + line[column:]
    return b"\n".join(lines).decode("utf-8")


class _Tolerant(ast.NodeTransformer):
    """Steps over statements that fail, their names becoming stand-ins."""

    def __init__(self, path: str) -> None:
        self.path = path

    def body(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """The statements, each guarded."""
        return [part for statement in statements for part in self.guarded(statement)]

    def guarded(self, node: ast.stmt) -> list[ast.stmt]:
        """One statement, and what runs before it."""
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return [node]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = self.body(node.body)
            return [node]
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                    part.body = self.body(part.body)
            return [node]
        if isinstance(node, ast.If):
            # That a value cannot be true or false is a failure too.
            truth = ast.UnaryOp(ast.Not(), ast.UnaryOp(ast.Not(), node.test))
            before, node.test = self.hoisted(ast.copy_location(truth, node.test), node)
            node.body, node.orelse = self.body(node.body), self.body(node.orelse)
            return [*before, node]
        if isinstance(node, ast.For):
            before, node.iter = self.hoisted(node.iter, node)
            node.body, node.orelse = self.body(node.body), self.body(node.orelse)
            return [*before, node]
        if isinstance(node, ast.While):
            node.body = self.body(node.body)
            return [node]
        if isinstance(node, ast.With):
            out: list[ast.stmt] = []
            for item in node.items:
                before, item.context_expr = self.hoisted(item.context_expr, node)
                out += before
            node.body = self.body(node.body)
            return [*out, node]
        if isinstance(node, ast.Return) and node.value is not None and not _suspends(node):
            before, node.value = self.hoisted(node.value, node)
            return [*before, node]
        if isinstance(node, ast.Raise):
            return [*ast.parse(f"{OBSERVER}.raises()").body, node]
        simple = ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Import, ast.ImportFrom
        if isinstance(node, simple) and not _suspends(node):
            return [self.attempt(node, [node], _names(node))]
        return [node]

    def hoisted(self, value: ast.expr, node: ast.stmt) -> tuple[list[ast.stmt], ast.expr]:
        """An expression computed beforehand."""
        if isinstance(value, ast.Name | ast.Constant) or _suspends(value) or _binds(value):
            return [], value
        name = f"_seedlint_{value.lineno}_{value.col_offset}"
        assign = ast.Assign([ast.Name(name, ast.Store())], value)
        return [self.attempt(node, [assign], [name])], ast.Name(name, ast.Load())

    def attempt(self, node: ast.stmt, body: list[ast.stmt], names: list[str]) -> ast.stmt:
        """Statements in whose place stand-ins for `names` are bound when they fail."""
        method = "lost" if any(_seeds(part) for part in body) else "skipped"
        told = "".join(f", {name!r}" for name in names)
        call = f"{OBSERVER}.{method}({f'{self.path}:{node.lineno}'!r}, _seedlint_error_{told})"
        handler = ast.parse(f"{', '.join(names)}, = {call}" if names else call).body
        return ast.Try(
            body, [ast.ExceptHandler(ast.Name("Exception", ast.Load()), "_seedlint_error_", handler)], [], []
        )


def tolerant(text: str, path: str) -> str:
    """The program, stepping over statements that fail: what they would have bound becomes a stand-in."""
    tree = ast.parse(text)
    tree.body = _Tolerant(path).body(tree.body)
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _seeds(node: ast.AST) -> bool:
    """Whether something is called whose name says that it may seed."""
    functions = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    names = [getattr(function, "attr", getattr(function, "id", "")) for function in functions]
    return any(SEEDING.search(name) for name in names)


def _names(node: ast.stmt) -> list[str]:
    """The plain names that a statement binds."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(a.asname or a.name.partition(".")[0]) for a in node.names if a.name != "*"]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    found: list[str] = []
    for target in targets:
        if target is None or isinstance(node, ast.AugAssign):
            continue
        if isinstance(target, ast.Attribute):
            found.append(ast.unparse(target))
            continue
        found += [n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return list(dict.fromkeys(found))


def _suspends(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in ast.walk(node))


def _binds(node: ast.AST) -> bool:
    return any(isinstance(part, ast.NamedExpr) for part in ast.walk(node))
