"""One pass over `ast` that keeps what can matter for execution order."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from seedlint.index.summary import (
    GENERATOR_ARGUMENT,
    GENERATOR_EXPRESSION,
    Block,
    Expression,
    Position,
    Statement,
    Summary,
)

LONGEST_TEXT = 200
"""Longer strings are never an option's name, a path or a key."""

LONGEST_LITERAL = 1000
"""Longer lists and dictionaries of nothing but literals are data, whose items decide nothing."""

_Handler = Callable[["Lowering", Any], Any]


class Lowering:
    """Turns one module's syntax tree into a Summary."""

    def __init__(self) -> None:
        self.imports: dict[tuple[int, str], None] = {}
        self.main = False
        self.tests: set[str] = set()
        self.generator = False
        self.outer: list[str] = []

    def module(self, tree: ast.Module) -> Summary:
        """Summarise a module."""
        body = self.block(tree.body)
        return Summary(body, tuple(self.imports), self.main, frozenset(self.tests))

    def block(self, statements: list[ast.stmt]) -> Block:
        """Lower a list of statements, leaving out those that cannot matter."""
        out = []
        for statement in statements:
            lowered = _STATEMENTS[type(statement)](self, statement)
            if lowered is not None:
                out.append(lowered)
        return tuple(out)

    def expression(self, node: ast.expr | None) -> Expression:
        """Lower one expression."""
        if node is None:
            return None
        handler = _EXPRESSIONS.get(type(node))
        return handler(self, node) if handler else None

    def many(self, nodes: list[Any]) -> tuple[Expression, ...]:
        """Lower several expressions."""
        return tuple([self.expression(node) for node in nodes])

    def operation(self, operator: str, nodes: list[Any]) -> Expression:
        """Keep an operation only if one of its operands is kept."""
        operands = self.many(nodes)
        return ("op", operator, operands) if any(operands) else None

    def function(self, node: Any, name: str, body: list[ast.stmt] | ast.expr) -> tuple[Any, ...]:
        """Lower a function, method or lambda."""
        generator, outer = self.generator, self.outer
        self.generator, self.outer = False, []
        lowered = self.block(body) if isinstance(body, list) else (("return", node.lineno, self.expression(body)),)
        flags: tuple[str, ...] = ("generator",) if self.generator else ()
        if isinstance(node, ast.AsyncFunctionDef):
            flags += ("async",)
        names = tuple(self.outer)
        self.generator, self.outer = generator, outer
        return (
            name,
            position(node),
            self.parameters(node.args),
            lowered,
            self.many(getattr(node, "decorator_list", [])),
            flags,
            names,
        )

    def parameters(self, args: ast.arguments) -> tuple[tuple[Any, ...], ...]:
        """Lower a parameter list."""
        out = []
        plain = args.posonlyargs + args.args
        missing = len(plain) - len(args.defaults)
        for i, arg in enumerate(plain):
            default = self.expression(args.defaults[i - missing]) if i >= missing else None
            given = "given" if i >= missing else ""
            kind = "positional" if i < len(args.posonlyargs) else "plain"
            out.append((arg.arg, kind, default, self.expression(arg.annotation), given))
        if args.vararg:
            out.append((args.vararg.arg, "args", None, None, ""))
        for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            given = "given" if value is not None else ""
            out.append((arg.arg, "keyword", self.expression(value), self.expression(arg.annotation), given))
        if args.kwarg:
            out.append((args.kwarg.arg, "kwargs", None, None, ""))
        return tuple(out)


def position(node: Any) -> Position:
    """The span of a node, as `ast` counts."""
    return (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def _constant(self: Lowering, node: ast.Constant) -> Expression:
    value = node.value
    if isinstance(value, str):
        return ("const", value) if len(value) <= LONGEST_TEXT else None
    if value is None or isinstance(value, (bool, int, float)):
        return ("const", value)
    return None


def _call(self: Lowering, node: ast.Call) -> Expression:
    keywords = tuple([(word.arg, self.expression(word.value)) for word in node.keywords])
    return ("call", self.expression(node.func), self.many(node.args), keywords, position(node))


def _joined(self: Lowering, node: ast.JoinedStr) -> Expression:
    return self.operation("fmt", node.values)


def _formatted(self: Lowering, node: ast.FormattedValue) -> Expression:
    """A value in an f-string; one that is not written as `str` does is only something computed from it."""
    if node.conversion == -1 and node.format_spec is None:
        return self.expression(node.value)
    return self.operation("format", [node.value])


def _compare(self: Lowering, node: ast.Compare) -> Expression:
    left = self.expression(node.left)
    parts = []
    for operator, right in zip(node.ops, node.comparators, strict=True):
        value = self.expression(right)
        parts.append(("cmp", _COMPARISONS[type(operator)], left, value))
        left = value
    return parts[0] if len(parts) == 1 else ("and", tuple(parts))


def _comprehension(kind: str) -> _Handler:
    def lower(self: Lowering, node: Any) -> Expression:
        clauses = tuple(
            (self.expression(g.target), self.expression(g.iter), self.many(g.ifs), position(g.iter))
            for g in node.generators
        )
        items = [node.key, node.value] if kind == "dict" else [node.elt]
        return ("comp", kind, self.many(items), clauses)

    return lower


def _generator(self: Lowering, node: ast.GeneratorExp) -> Expression:
    """A generator expression is a function that is given its first iterable."""
    first, *rest = node.generators
    body: Block = (("expr", node.lineno, ("yield", self.expression(node.elt))),)
    for clause in (*reversed(rest), first):
        for test in reversed(clause.ifs):
            body = (("if", node.lineno, self.expression(test), body, ()),)
        iterable = ("name", GENERATOR_ARGUMENT) if clause is first else self.expression(clause.iter)
        target = self.expression(clause.target)
        body = (("for", node.lineno, target, iterable, body, (), position(clause.iter)),)
    parameters = ((GENERATOR_ARGUMENT, "plain", None, None, ""),)
    function = (GENERATOR_EXPRESSION, position(node), parameters, body, (), ("generator",), ())
    return ("gen", self.expression(first.iter), function)


def _yield(self: Lowering, node: ast.Yield) -> Expression:
    self.generator = True
    return ("yield", self.expression(node.value))


def _yield_from(self: Lowering, node: ast.YieldFrom) -> Expression:
    self.generator = True
    return ("yieldfrom", self.expression(node.value), position(node))


def _unary(self: Lowering, node: ast.UnaryOp) -> Expression:
    if isinstance(node.op, ast.Not):
        return ("not", self.expression(node.operand))
    if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        if isinstance(value, (int, float)):
            return ("const", -value)
    return self.operation("unary", [node.operand])


def _sequence(kind: str) -> _Handler:
    def lower(self: Lowering, node: Any) -> Expression:
        if len(node.elts) > LONGEST_LITERAL and _is_data(node):
            return None
        return ("seq", kind, self.many(node.elts), position(node))

    return lower


def _is_data(node: ast.expr) -> bool:
    """Whether a literal holds nothing but literals."""
    return not any(isinstance(part, (ast.Call, ast.Name, ast.Lambda)) for part in ast.walk(node))


def _dict(self: Lowering, node: ast.Dict) -> Expression:
    if len(node.keys) > LONGEST_LITERAL and _is_data(node):
        return None
    pairs = zip(node.keys, node.values, strict=True)
    return ("dict", tuple([(self.expression(k), self.expression(v)) for k, v in pairs]), position(node))


def _named(self: Lowering, node: ast.NamedExpr) -> Expression:
    return ("walrus", node.target.id, self.expression(node.value))


def _slice(self: Lowering, node: ast.Slice) -> Expression:
    bounds = (node.lower, node.upper, node.step)
    return ("slice", tuple([("const", None) if bound is None else self.expression(bound) for bound in bounds]))


_EXPRESSIONS: dict[type, _Handler] = {
    ast.Constant: _constant,
    ast.Name: lambda self, node: ("name", node.id),
    ast.Attribute: lambda self, node: ("attr", self.expression(node.value), node.attr),
    ast.Call: _call,
    ast.Subscript: lambda self, node: (
        "index",
        self.expression(node.value),
        self.expression(node.slice),
        position(node),
    ),
    ast.List: _sequence("list"),
    ast.Tuple: _sequence("tuple"),
    ast.Set: _sequence("set"),
    ast.Dict: _dict,
    ast.BoolOp: lambda self, node: ("or" if isinstance(node.op, ast.Or) else "and", self.many(node.values)),
    ast.UnaryOp: _unary,
    ast.BinOp: lambda self, node: self.operation(type(node.op).__name__, [node.left, node.right]),
    ast.Compare: _compare,
    ast.IfExp: lambda self, node: (
        "choice",
        self.expression(node.test),
        self.expression(node.body),
        self.expression(node.orelse),
    ),
    ast.JoinedStr: _joined,
    ast.FormattedValue: _formatted,
    ast.Slice: _slice,
    ast.ListComp: _comprehension("list"),
    ast.SetComp: _comprehension("set"),
    ast.GeneratorExp: _generator,
    ast.DictComp: _comprehension("dict"),
    ast.Lambda: lambda self, node: ("lambda", self.function(node, "<lambda>", node.body)),
    ast.Starred: lambda self, node: ("star", self.expression(node.value)),
    ast.NamedExpr: _named,
    ast.Await: lambda self, node: ("await", self.expression(node.value)),
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}

_COMPARISONS: dict[type, str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def _expression_statement(self: Lowering, node: ast.Expr) -> Statement | None:
    if isinstance(node.value, ast.Constant):
        return None
    value = self.expression(node.value)
    return ("expr", node.lineno, value) if value is not None else None


def _assign(self: Lowering, node: ast.Assign) -> Statement:
    return ("assign", node.lineno, self.many(node.targets), self.expression(node.value))


def _annotate(self: Lowering, node: ast.AnnAssign) -> Statement:
    annotation, value = self.expression(node.annotation), self.expression(node.value)
    if isinstance(node.target, ast.Name):
        given = "given" if node.value is not None else ""
        return ("annotate", node.lineno, node.target.id, annotation, value, given)
    return ("assign", node.lineno, (self.expression(node.target),), value)


def _if(self: Lowering, node: ast.If) -> Statement:
    test = self.expression(node.test)
    if isinstance(node.test, ast.Compare) and _names_main(test):
        self.main = True
    return ("if", node.lineno, test, self.block(node.body), self.block(node.orelse))


def _names_main(test: Expression) -> bool:
    return test in (
        ("cmp", "==", ("name", "__name__"), ("const", "__main__")),
        ("cmp", "==", ("const", "__main__"), ("name", "__name__")),
    )


def _for(self: Lowering, node: ast.For | ast.AsyncFor) -> Statement:
    return (
        "for",
        node.lineno,
        self.expression(node.target),
        self.expression(node.iter),
        self.block(node.body),
        self.block(node.orelse),
        position(node.iter),
    )


def _try(self: Lowering, node: Any) -> Statement:
    handlers = tuple((self.expression(h.type), h.name, self.block(h.body)) for h in node.handlers)
    return (
        "try",
        node.lineno,
        self.block(node.body),
        handlers,
        self.block(node.orelse),
        self.block(node.finalbody),
    )


def _with(self: Lowering, node: ast.With | ast.AsyncWith) -> Statement:
    items = tuple(
        (self.expression(i.context_expr), self.expression(i.optional_vars), position(i.context_expr))
        for i in node.items
    )
    return ("with", node.lineno, items, self.block(node.body))


def _match(self: Lowering, node: ast.Match) -> Statement:
    cases = []
    for case in node.cases:
        names = tuple(n.name for n in ast.walk(case.pattern) if isinstance(n, (ast.MatchAs, ast.MatchStar)) and n.name)
        value = None
        if isinstance(case.pattern, ast.MatchValue):
            value = self.expression(case.pattern.value)
        wild = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
        cases.append((names, ("any",) if wild else value, self.expression(case.guard), self.block(case.body)))
    return ("match", node.lineno, self.expression(node.subject), tuple(cases))


def _import(self: Lowering, node: ast.Import) -> Statement:
    for alias in node.names:
        self.imports[(0, alias.name)] = None
    return ("import", node.lineno, tuple((a.name, a.asname) for a in node.names), position(node))


def _import_from(self: Lowering, node: ast.ImportFrom) -> Statement:
    module = node.module or ""
    self.imports[(node.level, module)] = None
    for alias in node.names:
        if alias.name != "*":
            self.imports[(node.level, f"{module}.{alias.name}" if module else alias.name)] = None
    names = tuple((a.name, a.asname) for a in node.names)
    return ("from", node.lineno, node.level, module, names, position(node))


def _def(self: Lowering, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Statement:
    if node.name.startswith("test_"):
        self.tests.add(node.name)
    return ("def", node.lineno, self.function(node, node.name, node.body))


def _class(self: Lowering, node: ast.ClassDef) -> Statement:
    bases = self.many(node.bases)
    if any(b and b[-1] == "TestCase" for b in bases):
        self.tests.add(node.name)
    keywords = tuple((k.arg, self.expression(k.value)) for k in node.keywords)
    decorators = self.many(node.decorator_list)
    record = (node.name, position(node), bases, keywords, decorators, self.block(node.body))
    return ("class", node.lineno, record)


def _global(self: Lowering, node: ast.Global) -> None:
    self.outer += node.names


def _nonlocal(self: Lowering, node: ast.Nonlocal) -> None:
    self.outer += ["^" + name for name in node.names]


_STATEMENTS: dict[type, _Handler] = {
    ast.Expr: _expression_statement,
    ast.Assign: _assign,
    ast.AnnAssign: _annotate,
    ast.AugAssign: lambda self, node: (
        "augment",
        node.lineno,
        self.expression(node.target),
        type(node.op).__name__,
        self.expression(node.value),
    ),
    ast.If: _if,
    ast.While: lambda self, node: (
        "while",
        node.lineno,
        self.expression(node.test),
        self.block(node.body),
        self.block(node.orelse),
    ),
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.Try: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Match: _match,
    ast.Return: lambda self, node: ("return", node.lineno, self.expression(node.value)),
    ast.Raise: lambda self, node: ("raise", node.lineno, self.expression(node.exc)),
    ast.Break: lambda self, node: ("break", node.lineno),
    ast.Continue: lambda self, node: ("continue", node.lineno),
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.FunctionDef: _def,
    ast.AsyncFunctionDef: _def,
    ast.ClassDef: _class,
    ast.Assert: lambda self, node: ("assert", node.lineno, self.expression(node.test)),
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.Delete: lambda self, node: None,
    ast.Pass: lambda self, node: None,
}
for _name in ("TryStar", "TypeAlias"):
    if hasattr(ast, _name):
        _STATEMENTS[getattr(ast, _name)] = _try if _name == "TryStar" else lambda self, node: None
