"""Numbers for seeds that have none: a call's argument, an assigned value, an option's default."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Sequence

from seedlint.fixes import names
from seedlint.fixes.book import Book, Plan
from seedlint.fixes.remedy import FixDefault, FixValue, FollowLoader, PassSeed
from seedlint.fixes.seeding import seed_entry, seed_run, seed_value, written
from seedlint.fixes.value import (
    NAME,
    WITHOUT_ARGUMENT,
    WITHOUT_OPTION,
    Value,
    at_hand,
    declared_options,
    default_of,
    fixed_default,
)
from seedlint.flow.state import Spot
from seedlint.flow.timeline import Timeline
from seedlint.knowledge.schema import CallRow
from seedlint.rule import Applicability, Report, Rule
from seedlint.syntax.arguments import replace, set_argument
from seedlint.syntax.page import Page
from seedlint.syntax.positions import Change, position_of

_Asked = tuple[type[Rule], Report, Timeline]
_COUNTS = ("range", "trange")
_NAMED = (ast.Attribute, ast.Name)
_BRANCH = "runs that do not take the branch are then seeded"


def default_plans(book: Book, item: _Asked, remedy: FixDefault) -> Iterator[Plan]:
    """Give the option that decides about the seed a fixed default, or seed where the branch is not taken."""
    timeline = item[2]
    message = f"Give {remedy.option or 'the option'} a fixed default."
    for module, page, call in _declarations(book, timeline, remedy.option):
        change = fixed_default(page, call, book.seed)
        if change is not None:
            yield Plan([item], message, [(module, change)], Applicability.UNSAFE, WITHOUT_OPTION)
            return
    otherwise = _otherwise(book, item)
    if otherwise is not None:
        yield Plan([item], "Seed on the other branch as well.", [otherwise], Applicability.UNSAFE, _BRANCH)
    moments = [m for m in timeline.of("draw") if m.exposure == "conditional" and m.stream in remedy.streams]
    seeds = [m for m in timeline.seeds(*remedy.streams) if m.process == "main"] if moments else []
    for way in seed_entry(book, timeline, remedy.streams, [*seeds, *moments]):
        yield Plan([item], "Seed before the branch as well.", way.changes, Applicability.UNSAFE, _BRANCH)
    yield Plan([item], message, [], Applicability.DISPLAY, "what decides is no option whose default is a number")


def _otherwise(book: Book, item: _Asked) -> tuple[str, Change] | None:
    """An `else` with the seeds of the branch that holds the report's, each with the configured number."""
    spot, timeline = item[1].moment.inner, item[2]
    page = book.page(spot.module)
    owner, body, _ = (page.way_to(spot.pos) or [(page.tree, page.tree.body, 0)])[-1]
    if not isinstance(owner, ast.If) or body is not owner.body or owner.orelse:
        return None
    places = {m.inner.pos for m in timeline.seeds() if m.inner.module == spot.module}
    lines = []
    for statement in body:
        if isinstance(statement, ast.Expr) and position_of(statement.value) in places:
            number = seed_value(page, statement)
            if number is None:
                return None
            lines.append(page.offsets.segment(statement).replace(number, str(book.seed), 1))
    if not lines or any("\n" in line for line in lines) or not page.alone([owner], 0):
        return None
    indent = page.indent(owner)
    inner = page.indent(body[0]) if body[0].lineno > owner.lineno else indent + "    "
    change = page.after([owner], 0, ["else:", *(inner.removeprefix(indent) + line for line in lines)])
    return (spot.module, change) if change is not None else None


def _declarations(book: Book, timeline: Timeline, option: str) -> Iterator[tuple[str, Page, ast.Call]]:
    """The calls that declare an option, in the files that the entry runs; its own first."""
    if not option.startswith("-"):
        return
    declared = {moment.inner.module for moment in timeline.of("option") if moment.callee == option}
    steps = {step.spot.module for moment in timeline.moments for step in moment.chain}
    modules = (declared or {timeline.entry, *steps}) & book.sources.keys()
    for module in sorted(modules, key=lambda name: (name != timeline.entry, name)):
        text = book.sources[module].text
        if f'"{option}"' not in text and f"'{option}'" not in text:
            continue
        page = book.page(module)
        for node in page.nodes:
            if isinstance(node, ast.Call) and any(isinstance(a, ast.Constant) and a.value == option for a in node.args):
                named = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                if named in ("add_argument", "option"):
                    yield module, page, node


def value_plans(book: Book, item: _Asked, remedy: FixValue) -> Iterator[Plan]:
    """Give a seed call a number that stays the same."""
    _, report, _ = item
    message = f"Give `{remedy.callee}` a fixed seed."
    if remedy.option:
        for module, page, declared in _declarations(book, item[2], remedy.option):
            change = fixed_default(page, declared, book.seed, any_value=True)
            if change is not None:
                yield Plan([item], f"Give {remedy.option} a fixed default.", [(module, change)])
    spot = report.moment.inner
    page = book.page(spot.module)
    call = page.calls.get(spot.pos)
    reason = "where the changing value comes from cannot be changed here"
    if call is not None:
        seed = _passed_seed(call, *_parameter(book, remedy.callee))
        yield from _option_plans(page, item, spot, seed, book.seed)
        value, looped = _of_turn(page, spot, _value(book, page, spot))
        if looped:
            reason = "it runs in a loop, where a fixed seed would give the same numbers in every turn"
        else:
            for changes in _number_changes(book, page, spot, seed, remedy, value):
                kind = Applicability.UNSAFE if value.reason else Applicability.SAFE
                yield Plan([item], message, [(spot.module, change) for change in changes], kind, value.reason)
        if isinstance(seed, ast.Name):
            yield from _parameter_default(book, item, page, spot, seed.id)
    yield Plan([item], message, [], Applicability.DISPLAY, reason)


def _number_changes(
    book: Book, page: Page, spot: Spot, seed: ast.expr | None, remedy: FixValue, value: Value
) -> Iterator[list[Change]]:
    """Ways to have a fixed number in the place of what a seed call invents."""
    if isinstance(seed, ast.Name):
        assigned = _assignment(page, spot, seed.id)
        invented = _invented(assigned) if assigned is not None else None
        if invented is not None:
            yield [replace(page, invented, str(book.seed))]
    parameter, index = _parameter(book, remedy.callee)
    if parameter:
        changes = _argument(page, spot, parameter, index, value)
        if changes:
            yield changes
    elif remedy.streams and _stands_alone(page, spot):
        function = page.function_around(spot.pos)
        lines = written(book, page, remedy.streams, value.text, spot.pos[0], function.body if function else [])
        if lines is not None and len(lines[0]) == 1:
            start, end = page.offsets.at(*spot.pos[:2]), page.offsets.at(*spot.pos[2:])
            yield [*lines[1], Change(start, end, lines[0][0])]


def _of_turn(page: Page, spot: Spot, value: Value) -> tuple[Value, bool]:
    """(the number with that of the loop's turn added, whether there is a loop that counts none)."""
    owners = [owner for owner, _, _ in page.way_to(spot.pos)]
    inside = [at for at, owner in enumerate(owners) if isinstance(owner, (ast.FunctionDef, ast.AsyncFunctionDef))]
    loops = [o for o in owners[inside[-1] if inside else 0 :] if isinstance(o, (ast.For, ast.While, ast.AsyncFor))]
    if not loops:
        return value, False
    loop = loops[-1]
    counted = isinstance(loop, ast.For) and isinstance(loop.iter, ast.Call) and _called(loop.iter) in _COUNTS
    target = loop.target if isinstance(loop, ast.For) and counted else None
    turn = target.id if isinstance(target, ast.Name) else ""
    return (dataclasses.replace(value, text=f"{value.text} + {turn}"), False) if turn.strip("_") else (value, True)


def _invented(node: ast.expr) -> ast.expr | None:
    """The part of a seed's value that is made up where it stands; None where the value comes from elsewhere."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return _invented(node.values[-1])
    if isinstance(node, ast.IfExp):
        return _invented(node.orelse) or _invented(node.body)
    if isinstance(node, ast.Constant):
        return node if node.value is None else None
    named = (n.attr if isinstance(n, ast.Attribute) else n.id for n in ast.walk(node) if isinstance(n, _NAMED))
    calls = any(isinstance(n, ast.Call) for n in ast.walk(node))
    return node if calls and not any(NAME.fullmatch(name) for name in named) else None


def _option_plans(page: Page, item: _Asked, spot: Spot, seed: ast.expr | None, number: int) -> Iterator[Plan]:
    """A fixed default for the option that a seed call reads, where the program invents a number without it."""
    node = _assignment(page, spot, seed.id) if isinstance(seed, ast.Name) else seed
    declared = declared_options(page)
    if isinstance(node, ast.Attribute) and node.attr in declared:
        change = fixed_default(page, declared[node.attr], number)
        if change is not None:
            reason = "runs without the option get the same numbers each time"
            message = f"Give the option of `{page.offsets.segment(node)}` a fixed default."
            yield Plan([item], message, [(spot.module, change)], Applicability.UNSAFE, reason)


def loader_plans(book: Book, item: _Asked, remedy: FollowLoader) -> Iterator[Plan]:
    """Seed a worker from what its loader gave it."""
    spot = item[1].moment.inner
    page = book.page(spot.module)
    text = f"{remedy.source}(){remedy.bound}"
    message = f"Seed the worker with `{text}`."
    function = page.function_around(spot.pos)
    spelling = names.spelled(page, remedy.source, spot.pos[0], function.body if function else [])
    parameter, index = _parameter(book, remedy.callee)
    change = set_argument(page, spot.pos, parameter, index, f"{spelling}(){remedy.bound}") if parameter else None
    if spelling is None or change is None:
        yield Plan(
            [item], message, [], Applicability.DISPLAY, "the worker's seed does not stand in this program as a call"
        )
    else:
        reason = "the workers draw other numbers than before"
        yield Plan([item], message, [(spot.module, change)], Applicability.UNSAFE, reason)


def argument_plans(book: Book, item: _Asked, remedy: PassSeed) -> Iterator[Plan]:
    """Pass a seed to what would start from the system's entropy."""
    _, report, _ = item
    message = f"Pass a seed to `{remedy.callee}`."
    module = report.moment.inner.module
    given = _given(book.page(module), report.moment.inner)
    plans: list[Plan] = []
    if remedy.parameter and remedy.callee.rpartition(".")[2][:1].islower():
        plans += _constructor_plans(book, item, remedy, message)
        reason = "the object is made in another file, or its arguments are spread"
    else:
        if given:
            yield from _parameter_default(book, item, book.page(module), report.moment.inner, given)
        for spot in dict.fromkeys((report.moment.inner, report.moment.spot)):
            page = book.page(spot.module)
            parameter, index = (remedy.parameter, None) if remedy.parameter else _parameter(book, remedy.callee)
            value = _taken(book, page, spot, remedy.callee) if parameter else None
            if value is not None:
                plans += _passed(item, message, page, spot, value, parameter, index)
        reason = f"`{given}` is decided elsewhere" if given else "no call that could be given a number stands here"
    if report.moment.kind == "draw" and report.moment.stream:
        plans += _seeded(book, item, report.moment.stream)
    yield from sorted(plans, key=lambda plan: plan.applicability is not Applicability.SAFE)
    yield Plan([item], message, [], Applicability.DISPLAY, reason)


def _seeded(book: Book, item: _Asked, stream: str) -> Iterator[Plan]:
    """Seed the stream that is drawn from without a seed of the call's own."""
    _, report, timeline = item
    for way in seed_run(book, timeline, [stream], [report.moment]) if report.moment.process == "main" else ():
        kind = Applicability.UNSAFE if way.reason else Applicability.SAFE
        yield Plan([item], f"Seed {stream} where {timeline.path} begins.", way.changes, kind, way.reason)


def _passed(
    item: _Asked, message: str, page: Page, spot: Spot, value: Value, parameter: str, index: int | None
) -> Iterator[Plan]:
    changes = _argument(page, spot, parameter, index, value)
    if changes:
        kind = Applicability.UNSAFE if value.reason else Applicability.SAFE
        yield Plan([item], message, [(spot.module, change) for change in changes], kind, value.reason)


def _constructor_plans(book: Book, item: _Asked, remedy: PassSeed, message: str) -> Iterator[Plan]:
    """Pass the seed where the object was made whose method draws."""
    owner, _, method = remedy.callee.rpartition(".")
    cls = owner.rpartition(".")[2] or method
    spot = item[1].moment.spot
    page = book.page(spot.module)
    calls = [
        node
        for node in page.nodes
        if isinstance(node, ast.Call) and _called(node) in (cls, method) and node.lineno <= spot.pos[2]
    ]
    for call in sorted(calls, key=lambda node: (_called(node) != cls, -node.lineno, -node.col_offset)):
        if _called(call) == cls or cls[:1].islower():
            place = Spot(spot.module, position_of(call))
            found = list(_passed(item, message, page, place, _value(book, page, place), remedy.parameter, None))
            if found:
                yield from found
                return


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _given(page: Page, spot: Spot) -> str:
    """The name that a call is given as its only argument, or nothing."""
    call = page.calls.get(spot.pos)
    arguments = [*call.args, *(word.value for word in call.keywords)] if call is not None else []
    return arguments[0].id if len(arguments) == 1 and isinstance(arguments[0], ast.Name) else ""


def _parameter_default(book: Book, item: _Asked, page: Page, spot: Spot, name: str) -> Iterator[Plan]:
    """A fixed default for the parameter of the function around, where its default is None."""
    function = page.function_around(spot.pos)
    if function is None:
        return
    default = default_of(function, name)
    if isinstance(default, ast.Constant) and default.value is None:
        message = f"Give the parameter `{name}` of `{function.name}` a fixed default."
        change = replace(page, default, str(book.seed))
        yield Plan([item], message, [(spot.module, change)], Applicability.UNSAFE, WITHOUT_ARGUMENT)


def _argument(page: Page, spot: Spot, parameter: str, index: int | None, value: Value) -> list[Change]:
    """Changes that pass a number, unless something is passed that this place does not make up."""
    call = page.calls.get(spot.pos)
    given = _passed_seed(call, parameter, index) if call is not None else None
    if given is not None and _invented(given) is not given:
        return []
    change = set_argument(page, spot.pos, parameter, index, value.text)
    return [*value.changes, change] if change is not None else []


def _passed_seed(call: ast.Call, parameter: str, index: int | None) -> ast.expr | None:
    """What a call is given for the parameter that takes its seed, which has this name and place."""
    for word in call.keywords if parameter else ():
        if word.arg == parameter:
            return word.value
    return call.args[index] if index is not None and index < len(call.args) else None


def _stands_alone(page: Page, spot: Spot) -> bool:
    """Whether a call is a statement, so that nobody uses its value."""
    _, body, index = page.way_to(spot.pos)[-1]
    statement = body[index]
    return isinstance(statement, ast.Expr) and position_of(statement.value) == spot.pos


def _parameter(book: Book, callee: str) -> tuple[str, int | None]:
    """The parameter of a callable that takes the seed, and its index, as the tables have them."""
    for row in _rows(book, callee):
        if row.seed and row.seed.isidentifier() and row.signature:
            definition = ast.parse(f"def _{row.signature.strip()}: pass").body[0]
            assert isinstance(definition, ast.FunctionDef)
            plain = [a.arg for a in (*definition.args.posonlyargs, *definition.args.args) if a.arg != "self"]
            return row.seed, plain.index(row.seed) if row.seed in plain else None
    return "", None


def _rows(book: Book, callee: str) -> Sequence[CallRow]:
    rows = book.knowledge.calls(callee)
    if rows:
        return rows
    owner, _, name = callee.rpartition(".")
    found = book.knowledge.method(owner, name)
    return found[1] if found else ()


def _taken(book: Book, page: Page, spot: Spot, callee: str) -> Value | None:
    """The seed at hand as a callable takes it, which may be in an object; None if the file cannot name its class."""
    value = _value(book, page, spot)
    passes = next((row.passes for row in _rows(book, callee) if row.passes), None)
    if passes is None:
        return value
    function = page.function_around(spot.pos)
    name = names.spelled(page, passes, spot.pos[0], function.body if function else [])
    return dataclasses.replace(value, text=f"{name}({_parameter(book, passes)[0]}={value.text})") if name else None


def _value(book: Book, page: Page, spot: Spot) -> Value:
    """The seed at hand before the statement of a place."""
    way = page.way_to(spot.pos)
    function = page.function_around(spot.pos)
    body = function.body if function is not None else page.tree.body
    index = next((i for _, found, i in way if found is body), 0)
    return at_hand(page, body, index, function, book.seed)


def _assignment(page: Page, spot: Spot, name: str) -> ast.expr | None:
    """The call whose value a name was last given before a place, in the same body."""
    for _, body, index in reversed(page.way_to(spot.pos)):
        for statement in reversed(body[:index]):
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                target = statement.targets[0]
                if isinstance(target, ast.Name) and target.id == name:
                    return statement.value if not isinstance(statement.value, ast.Constant) else None
    return None
