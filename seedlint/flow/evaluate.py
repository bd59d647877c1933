"""Evaluates expressions in execution order, doing what their calls do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seedlint.flow import (
    attribute,
    calls,
    containers,
    definitions,
    dynamic,
    execute,
    iterate,
    library,
    narrowing,
    texts,
)
from seedlint.flow.machine import Machine
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Alternatives,
    Class,
    Const,
    Container,
    Entropy,
    External,
    ExternalObject,
    Function,
    Lazy,
    Module,
    Object,
    Option,
    Slice,
    Through,
    Tuple,
    Value,
    View,
    alternatives,
    any_of,
    constant,
    join,
    truth,
)
from seedlint.index.summary import Expression, Position

_TRUE, _FALSE = Const(True), Const(False)
_NO_POSITION: Position = (0, 0, 0, 0)


def evaluate(m: Machine, e: Expression) -> Value:
    """The value of an expression."""
    if e is None:
        return UNKNOWN
    return _HANDLERS[e[0]](m, e)


def _name(m: Machine, e: Any) -> Value:
    """A variable; that of the running body, which most are, without a search."""
    frame, name = m.frame, e[1]
    if name not in frame.global_names:
        value = frame.scope.variables.get(name)
        if value is not None:
            return value
    return m.lookup(name)


def _attr(m: Machine, e: Any) -> Value:
    return attribute.get_attribute(m, evaluate(m, e[1]), e[2])


def _call(m: Machine, e: Any) -> Value:
    _, function, args, keywords, pos = e
    if function is not None and function[0] == "name" and function[1] == "super" and not args:
        return calls.zero_argument_super(m)
    callee = evaluate(m, function)
    values = calls.Arguments()
    for arg in args:
        if arg is not None and arg[0] == "star":
            values.spread(m, evaluate(m, arg[1]), pos)
        else:
            values.positional.append(evaluate(m, arg))
    for name, arg in keywords:
        if name is None:
            values.spread_keywords(m, evaluate(m, arg))
        else:
            values.keywords[name] = evaluate(m, arg)
    return calls.call(m, callee, values, pos, spelled(function))


def spelled(e: Expression) -> str:
    """How a callee is written, for the trace."""
    if e is None:
        return "(...)"
    if e[0] == "name":
        return str(e[1])
    if e[0] == "attr":
        return f"{spelled(e[1])}.{e[2]}"
    if e[0] == "call":
        return f"{spelled(e[1])}(...)"
    if e[0] == "index":
        return f"{spelled(e[1])}[...]"
    return "(...)"


def _index(m: Machine, e: Any) -> Value:
    owner, key = evaluate(m, e[1]), evaluate(m, e[2])
    return any_of([_item(m, part, key, e[3]) for part in alternatives(owner)])


def _item(m: Machine, owner: Value, key: Value, pos: Position) -> Value:
    if isinstance(owner, Container):
        containers.make_missing(m, owner, key, pos)
        return containers.get_item(m, owner, key)
    if isinstance(owner, ExternalObject) and owner.cls == containers.RECORD:
        owner = Tuple(tuple(iterate.known_items(m, owner) or ()))
    if isinstance(owner, Tuple):
        if isinstance(key, Const) and isinstance(key.value, int) and -len(owner.items) <= key.value < len(owner.items):
            return owner.items[key.value]
        return containers.sliced(m, owner, key) if isinstance(key, Slice) else iterate.element(m, owner)
    if isinstance(owner, View):
        if isinstance(key, Const) and isinstance(key.value, str):
            return attribute.get_attribute(m, owner.value, key.value)
        return attribute.any_attribute(m, owner.value)
    if isinstance(owner, Object):
        return calls.call_method(m, owner, "__getitem__", [key], pos)
    if isinstance(owner, ExternalObject):
        return library.call_external_method(m, owner, "__getitem__", [key], pos)
    if isinstance(owner, External):
        return dynamic.loaded_module(m, key) if owner.name == "sys.modules" else UNKNOWN
    if isinstance(owner, Entropy):
        return owner
    return UNKNOWN


def _seq(m: Machine, e: Any) -> Value:
    _, kind, items, pos = e
    values: list[Value] = []
    whole = True
    for item in items:
        if item is not None and item[0] == "star":
            value = evaluate(m, item[1])
            known = iterate.taken_items(m, value, _NO_POSITION)
            whole = whole and known is not None
            values += known if known is not None else [iterate.iterate(m, value, _NO_POSITION)]
        else:
            values.append(evaluate(m, item))
    if kind == "tuple" and whole:
        return Tuple(tuple(values))
    return containers.make_list(m, kind, values, whole, pos)


def _dict(m: Machine, e: Any) -> Value:
    out = containers.make_dict(m, e[2])
    for key, value in e[1]:
        if key is None:
            containers.update(m, out, evaluate(m, value))
        else:
            containers.set_item(m, out, evaluate(m, key), evaluate(m, value), fresh=True)
    return out


def _either(m: Machine, e: Any) -> Value:
    """`or` and `and`: the operands up to the one that decides."""
    kind, operands = e
    out: Value | None = None
    for i, operand in enumerate(operands):
        value = evaluate(m, operand)
        answer, certain = truth(value)
        stops = answer is (kind == "or")
        if i == len(operands) - 1 or (certain and stops):
            return value if out is None else _either_value(kind, out, value)
        if certain:
            continue
        out = value if out is None else _either_value(kind, out, value)
    return UNKNOWN if out is None else out


def _either_value(kind: str, left: Value, right: Value) -> Value:
    """One of two operands; an option's default decides which on an ordinary run."""
    if isinstance(left, Option):
        answer = truth(left.default)[0]
        keeps = answer is (kind == "or")
        if answer is not None:
            usual = left.default if keeps else right
            return usual if isinstance(usual, (Option, Entropy)) else Option(usual, left.name)
    if right == _TRUE if kind == "or" else truth(right)[0] is False:
        return right
    if isinstance(right, Option) and right.default == (_TRUE if kind == "and" else _FALSE) and truth(left)[0] is None:
        return UNKNOWN
    stays = [part for part in alternatives(left) if truth(part) != (kind == "and", True)]
    if not stays:
        return right
    return join(stays[0] if len(stays) == 1 else Alternatives(stays), right)


def _not(m: Machine, e: Any) -> Value:
    value = evaluate(m, e[1])
    answer, certain = truth(value)
    return _answer(None if answer is None else not answer, certain, value)


def _answer(answer: bool | None, certain: bool, *operands: Value) -> Value:
    if answer is None:
        return UNKNOWN
    result = _TRUE if answer else _FALSE
    if certain:
        return result
    names = [operand.name for operand in operands if isinstance(operand, Option) and operand.name]
    return Option(result, names[0] if names else "")


def _cmp(m: Machine, e: Any) -> Value:
    return compare(e[1], evaluate(m, e[2]), evaluate(m, e[3]), m)


def compare(operator: str, left: Value, right: Value, m: Machine | None = None) -> Value:
    """The value of one comparison."""
    if isinstance(left, Alternatives) or isinstance(right, Alternatives):
        seen = {truth(compare(operator, a, b, m)) for a in alternatives(left) for b in alternatives(right)}
        answers = {answer for answer, _ in seen}
        if len(answers) == 1:
            return _answer(answers.pop(), all(certain for _, certain in seen), left, right)
        return UNKNOWN if None in answers else Alternatives(frozenset({_TRUE, _FALSE}))
    declared = isinstance(left, Option) and not left.chosen
    given = declared and isinstance(left.default, Const) and left.default != NONE  # type: ignore[union-attr]
    if given and operator in ("is", "is not") and right == NONE:
        return Const(operator == "is not")  # no command line makes it None
    if isinstance(left, Option) or isinstance(right, Option):
        default = compare(operator, _default(left), _default(right), m)
        return _answer(truth(default)[0], False, left, right)
    if operator in ("is", "is not") and NONE in (left, right):
        other = right if left == NONE else left
        same = other == NONE
        certain = other is not UNKNOWN
        return _answer(same is (operator == "is"), certain, left, right)
    if operator in ("in", "not in") and m is not None and not isinstance(right, Const):
        items = iterate.known_items(m, right)
        if items is not None and isinstance(left, Const) and all(isinstance(i, Const) for i in items):
            return _answer((left in items) is (operator == "in"), True)
        return UNKNOWN
    if isinstance(left, Const) and isinstance(right, Const):
        try:
            return Const(bool(_OPERATORS[operator](left.value, right.value)))
        except (TypeError, KeyError):
            return UNKNOWN
    if operator in ("is", "==") and isinstance(left, (Class, Function, External)) and type(left) is type(right):
        return Const(left == right)
    return UNKNOWN


def _default(value: Value) -> Value:
    return value.default if isinstance(value, Option) else value


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "is": lambda a, b: a is b,
    "is not": lambda a, b: a is not b,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


def _choice(m: Machine, e: Any) -> Value:
    _, test, yes, no = e
    value = evaluate(m, test)
    answer, certain = truth(value)
    if certain:
        return evaluate(m, yes if answer else no)
    out: list[Value] = []

    def way(operand: Expression) -> Callable[[], bool]:
        def run() -> bool:
            out.append(evaluate(m, operand))
            return True

        return run

    positive, negative = narrowing.narrowed(m, test)
    ways: list[execute.Way] = [(way(yes), positive, answer is False), (way(no), negative, answer is True)]
    execute.branch(m, ways, 0, answer, value)
    if not out:
        return UNKNOWN
    if len(out) == 2 and answer is not None:
        usual, other = (out[0], out[1]) if answer else (out[1], out[0])
        if isinstance(usual, (Const, Option)) and not isinstance(other, Entropy):
            return Option(_default(usual), value.name if isinstance(value, Option) else "")
    return out[0] if len(out) == 1 else join(out[0], out[1])


def _op(m: Machine, e: Any) -> Value:
    operator, operands = e[1], [evaluate(m, operand) for operand in e[2]]
    if operator == "fmt":
        named = (Option(UNKNOWN, o.name) for o in operands if isinstance(o, Option) and o.name in m.seed_options)
        found = next((o for o in operands if isinstance(o, Entropy)), next(named, None))
        return texts.joined(m, operands) if found is None else found
    if operator in ("BitOr", "Add") and any(isinstance(o, Container) for o in operands):
        return containers.concatenate(m, operands)
    if operator == "Mult" and isinstance(operands[0], Container):
        return containers.repeated(m, operands[0])
    if len(operands) == 2 and all(isinstance(o, Const) for o in operands):
        return _calculate(operator, operands[0].value, operands[1].value)  # type: ignore[union-attr]
    if operator == "MatMult" and isinstance(operands[0], ExternalObject):
        product = library.call_external_method(m, operands[0], "__matmul__", operands[1:], m.line_of(None))
        if product is not UNKNOWN:
            return product
    known = _computed(operator, operands) if len(operands) == 2 else None
    if known is None and operator in ("Add", "Mod"):
        known = texts.added(m, operands) if operator == "Add" else texts.formatted(m, operands[0], "%s", operands[1:])
    return arithmetic(tuple(operands)) if known is None else known


def _computed(operator: str, operands: list[Value]) -> Value | None:
    """The results for all that two operands may be, if both are known; an option's result is an option."""
    left, right = (list(alternatives(_default(operand))) for operand in operands)
    if len(left) * len(right) > 4 or not all(isinstance(part, Const) for part in (*left, *right)):
        return None
    results = dict.fromkeys(_calculate(operator, a.value, b.value) for a in left for b in right)  # type: ignore[union-attr]
    if not all(isinstance(result, Const) for result in results):
        return None
    value: Value = next(iter(results)) if len(results) == 1 else Alternatives(results)
    options = [o for o in operands if isinstance(o, Option)]
    return Option(value, next((o.name for o in options if o.name), "")) if options else value


def _calculate(operator: str, left: Any, right: Any) -> Value:
    try:
        if operator == "Add":
            return _small(left + right)
        if operator == "Sub":
            return _small(left - right)
        if operator == "Mult" and isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return _small(left * right)
        if operator == "FloorDiv":
            return _small(left // right)
        if operator == "Mod" and isinstance(left, int):
            return _small(left % right)
    except (TypeError, ZeroDivisionError, OverflowError, ValueError):
        return UNKNOWN
    return Option(Const(1)) if isinstance(left, (int, float)) else UNKNOWN


def _small(value: Any) -> Value:
    if isinstance(value, str) and len(value) > 200:
        return UNKNOWN
    return Const(value)


def arithmetic(operands: tuple[Value, ...]) -> Value:
    """What a computed value depends on: entropy stays entropy, an array stays an array."""
    for operand in operands:
        for part in alternatives(operand):
            if isinstance(part, Entropy):
                return part
    for operand in operands:
        if isinstance(operand, ExternalObject):
            return operand
    for operand in operands:
        if isinstance(operand, Option) and operand.default != NONE:
            return Option(UNKNOWN, operand.name)
    return UNKNOWN


def _comp(m: Machine, e: Any) -> Value:
    _, kind, items, clauses = e
    first = evaluate(m, clauses[0][1])
    if len(clauses) == 1 and not clauses[0][2]:
        items_of_first = iterate.known_items(m, first)
        few = items_of_first if items_of_first is not None and len(items_of_first) == 1 else execute.unrolled(m, first)
        if few is not None:
            return _comp_of_known(m, e, few)
    for i, (target, iterable, conditions, pos) in enumerate(clauses):
        value = evaluate(m, iterable) if i else first
        execute.bind(m, target, iterate.iterate(m, value, pos))
        for condition in conditions:
            evaluate(m, condition)
    values = [evaluate(m, item) for item in items]
    if kind != "dict" and iterate.known_items(m, first) == []:
        return containers.make_list(m, "list", [], True, clauses[0][3])
    if kind == "dict":
        out = containers.make_dict(m, clauses[0][3])
        containers.set_item(m, out, UNKNOWN, values[1], fresh=True)
        return out
    return containers.make_list(m, "list", values, False, clauses[0][3])


def _comp_of_known(m: Machine, e: Any, known: list[Value]) -> Value:
    """A comprehension over a few known items, one after the other."""
    _, kind, items, clauses = e
    target, pos = clauses[0][0], clauses[0][3]
    rows: list[list[Value]] = []
    with execute.unrolling(m, len(known)):
        for item in known:
            execute.bind(m, target, item)
            rows.append([evaluate(m, part) for part in items])
    if kind == "dict":
        out = containers.make_dict(m, pos)
        for key, value in rows:
            containers.set_item(m, out, key, value, fresh=True)
        return out
    return containers.make_list(m, "list", [value for (value,) in rows], True, pos)


def _generator(m: Machine, e: Any) -> Value:
    function = definitions.make_function(m, e[2])
    return Lazy(function, (evaluate(m, e[1]),), (), e[2][1])


def _lambda(m: Machine, e: Any) -> Value:
    return definitions.make_function(m, e[1])


def _walrus(m: Machine, e: Any) -> Value:
    value = evaluate(m, e[2])
    m.assign(e[1], value)
    return value


def _yield(m: Machine, e: Any) -> Value:
    value = evaluate(m, e[1])
    frame = m.frame
    frame.paused = m.state if frame.paused is None else frame.paused
    frame.yields = value if frame.yields is None else join(frame.yields, value)
    return UNKNOWN


def _yield_from(m: Machine, e: Any) -> Value:
    value = iterate.iterate(m, evaluate(m, e[1]), e[2])
    frame = m.frame
    frame.yields = value if frame.yields is None else join(frame.yields, value)
    return UNKNOWN


_HANDLERS: dict[str, Callable[[Machine, Any], Value]] = {
    "const": lambda m, e: constant(e[1]),
    "name": _name,
    "attr": _attr,
    "call": _call,
    "index": _index,
    "seq": _seq,
    "dict": _dict,
    "or": _either,
    "and": _either,
    "not": _not,
    "cmp": _cmp,
    "choice": _choice,
    "op": _op,
    "slice": lambda m, e: Slice(*(evaluate(m, bound) for bound in e[1])),
    "comp": _comp,
    "lambda": _lambda,
    "star": lambda m, e: evaluate(m, e[1]),
    "walrus": _walrus,
    "gen": _generator,
    "await": lambda m, e: iterate.awaited(m, evaluate(m, e[1])),
    "yield": _yield,
    "yieldfrom": _yield_from,
}

__all__ = ["Lazy", "Module", "Through", "arithmetic", "compare", "evaluate", "spelled"]
