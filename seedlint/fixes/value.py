"""Which seed is at hand where a fix goes: an option, a constant, a parameter, else the configured number."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from seedlint.syntax.arguments import replace, set_argument
from seedlint.syntax.page import Function, Page
from seedlint.syntax.positions import Change, position_of

NAME = re.compile(r"(?:(?:random|manual|global|rng|default|base|fixed)_?)?seed(?:_(?:value|number))?", re.IGNORECASE)
_OPTION = re.compile(r"--((?:(?:random|manual|global|rng)[-_]?)?seed)", re.IGNORECASE)
_PARSES = ("parse_args", "parse_known_args")
_PARSER = re.compile(r"_?(?:(?:get|parse|make|build|load)?_?(?:arg|opt)\w*(?:_parser)?|parse)")
WITHOUT_ARGUMENT = "every caller that leaves it out gets the same numbers"
WITHOUT_OPTION = "runs without the option are then seeded, and do what the program does only when it is given"


@dataclass(frozen=True, slots=True)
class Value:
    """A seed's text, and the index in the body after which it is there (-1: from the start).

    `reason` says what the changes that it needs do to the program, where they do more than give it the seed.
    """

    text: str
    after: int = -1
    changes: tuple[Change, ...] = field(default=())
    reason: str = ""


def at_hand(page: Page, body: list[ast.stmt], bound: int, function: Function | None, number: int) -> Value:
    """The seed to use in a body before its statement `bound`."""
    return next(_candidates(page, body, bound, function, number), Value(str(number)))


def _candidates(
    page: Page, body: list[ast.stmt], bound: int, function: Function | None, number: int
) -> Iterator[Value]:
    declared = declared_options(page)
    for index in range(bound - 1, -1, -1):
        imported = _imported(body[index])
        if imported:
            yield Value(imported, index)
        name, value = _assigned(body[index])
        if name is None or value is None:
            continue
        if NAME.fullmatch(name) and _fixed(value, declared):
            yield Value(name, index)
        option = _parsed(value, declared)
        if option is not None and not _reassigned(body[index + 1 : bound], name):
            yield _of_option(page, f"{name}.{option}", index, declared, number)
    if function is not None:
        for arg in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
            if NAME.fullmatch(arg.arg):
                yield _of_parameter(page, function, arg, number)
            elif declared and _uses(function, arg.arg, declared):
                yield _of_option(page, f"{arg.arg}.{next(iter(declared))}", -1, declared, number)
            elif not declared and (setting := _seeds_with(function, arg.arg)):
                yield Value(setting)
    if body is not page.tree.body:
        for statement in page.tree.body:
            if imported := _imported(statement):
                yield Value(imported)
            name, value = _assigned(statement)
            if name is not None and value is not None and name not in _own_names(function):
                if NAME.fullmatch(name) and _fixed(value, {}):
                    yield Value(name)
                option = _parsed(value, declared)
                if option is not None:
                    yield _of_option(page, f"{name}.{option}", -1, declared, number)


def _of_parameter(page: Page, function: Function, arg: ast.arg, number: int) -> Value:
    """A parameter, which gets a fixed default in the place of None."""
    default = default_of(function, arg.arg)
    if isinstance(default, ast.Constant) and default.value is None:
        return Value(arg.arg, -1, (replace(page, default, str(number)),), WITHOUT_ARGUMENT)
    return Value(arg.arg)


def _seeds_with(function: Function, name: str) -> str:
    """The setting, an attribute of a parameter, that the function gives to a seed already, or nothing."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and "seed" in node.func.attr:
            for given in node.args:
                if isinstance(given, ast.Attribute) and isinstance(given.value, ast.Name) and given.value.id == name:
                    return f"{name}.{given.attr}" if NAME.fullmatch(given.attr) else ""
    return ""


def default_of(function: Function, name: str) -> ast.expr | None:
    """The default of a function's parameter."""
    plain = [*function.args.posonlyargs, *function.args.args]
    pairs = [*zip(plain[len(plain) - len(function.args.defaults) :], function.args.defaults, strict=True)]
    pairs += [(a, d) for a, d in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if d is not None]
    return next((default for arg, default in pairs if arg.arg == name), None)


def _of_option(page: Page, text: str, after: int, declared: dict[str, ast.Call], number: int) -> Value:
    """An option of parsed arguments, which gets a fixed default if it has none."""
    option = text.rpartition(".")[2]
    changes = _given_default(page, declared[option], number)
    read = any(isinstance(node, ast.Attribute) and node.attr == option for node in page.nodes)
    return Value(text, after, changes, WITHOUT_OPTION if changes and read else "")


def _imported(statement: ast.stmt) -> str:
    """The constant that a statement imports and whose name says that it is a seed, or nothing."""
    if not isinstance(statement, ast.ImportFrom):
        return ""
    found = (alias for alias in statement.names if alias.name.isupper() and NAME.fullmatch(alias.name))
    return next((alias.asname or alias.name for alias in found), "")


def _own_names(function: Function | None) -> set[str]:
    if function is None:
        return set()
    return {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _assigned(statement: ast.stmt) -> tuple[str | None, ast.expr | None]:
    """The name that a statement binds, and its value."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Tuple) and target.elts:
            target = target.elts[0]
            if not (isinstance(statement.value, ast.Call) and _parses(statement.value)):
                return None, None
        if isinstance(target, ast.Name):
            return target.id, statement.value
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id, statement.value
    return None, None


def _fixed(value: ast.expr, declared: dict[str, ast.Call]) -> bool:
    """Whether an expression is a number, or an option that names a seed and has a fixed default."""
    if isinstance(value, ast.Constant):
        return isinstance(value.value, int) and not isinstance(value.value, bool)
    if isinstance(value, ast.Attribute) and value.attr in declared:
        return _default(declared[value.attr]) is not None
    return False


def _reassigned(statements: list[ast.stmt], name: str) -> bool:
    return any(_assigned(statement)[0] == name for statement in statements)


def _parsed(value: ast.expr, declared: dict[str, ast.Call]) -> str | None:
    """The seed option of parsed arguments, where an expression parses them."""
    if not declared or not isinstance(value, ast.Call):
        return None
    return next(iter(declared)) if _parses(value) else None


def _parses(call: ast.Call) -> bool:
    """Whether a call gives parsed arguments, by its name."""
    called = call.func
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name in _PARSES or bool(_PARSER.fullmatch(name))


def declared_options(page: Page) -> dict[str, ast.Call]:
    """The seed options that a file declares, by attribute, each with its `add_argument` call."""
    found: dict[str, ast.Call] = {}
    if "seed" not in page.offsets.text.lower():
        return found
    commands = {name for statement in page.nodes if (name := _command_parser(statement))}
    for node in page.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
            if isinstance(node.func.value, ast.Name) and node.func.value.id in commands:
                continue
            for arg in node.args:
                match = (
                    _OPTION.fullmatch(arg.value)
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                    else None
                )
                if match:
                    found[_dest(node) or match[1].replace("-", "_")] = node
    return {name: call for name, call in found.items() if _numeric(call)}


def _command_parser(node: ast.AST) -> str | None:
    """The name of a parser that only one of several commands has."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
        return None
    called, target = node.value.func, node.targets[0]
    command = isinstance(called, ast.Attribute) and called.attr == "add_parser"
    return target.id if command and isinstance(target, ast.Name) else None


def _dest(call: ast.Call) -> str | None:
    for word in call.keywords:
        if word.arg == "dest" and isinstance(word.value, ast.Constant):
            return str(word.value.value)
    return None


def _numeric(call: ast.Call) -> bool:
    """Whether an option is a number: by its type, or by its default."""
    for word in call.keywords:
        if word.arg == "type":
            return isinstance(word.value, ast.Name) and word.value.id == "int"
    return isinstance(_default(call), int)


def _default(call: ast.Call) -> int | None:
    for word in call.keywords:
        if word.arg == "default" and isinstance(word.value, ast.Constant) and isinstance(word.value.value, int):
            return word.value.value
    return None


def _given_default(page: Page, call: ast.Call, number: int) -> tuple[Change, ...]:
    """The change that gives an option a fixed default, if it has none."""
    if _default(call) is not None or any(word.arg == "required" for word in call.keywords):
        return ()
    change = fixed_default(page, call, number)
    return (change,) if change is not None else ()


def fixed_default(page: Page, call: ast.Call, number: int, any_value: bool = False) -> Change | None:
    """Make the default of a declared option a number; None where its default is an expression, save for `any_value`."""
    for word in call.keywords:
        if word.arg == "default":
            return replace(page, word.value, str(number)) if any_value or _literal(word.value) else None
    return set_argument(page, position_of(call), "default", None, str(number))


def _literal(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, ast.Constant) and not isinstance(node.value, (str, bool))


def _uses(function: Function, name: str, declared: dict[str, ast.Call]) -> bool:
    """Whether a function takes parsed arguments under this name."""
    if name in ("args", "opt", "opts", "options", "hparams", "hp"):
        return True
    return any(
        isinstance(node, ast.Attribute) and node.attr in declared and isinstance(node.value, ast.Name)
        and node.value.id == name
        for node in ast.walk(function)
    )  # fmt: skip
