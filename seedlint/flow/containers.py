"""Lists, sets, dictionaries and views: what they hold, and what their methods do."""

from __future__ import annotations

from seedlint.flow import attribute, builtin, calls, iterate, options, texts
from seedlint.flow.machine import Machine
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Alternatives,
    Const,
    Container,
    External,
    ExternalObject,
    Lazy,
    Object,
    Option,
    Slice,
    Through,
    Tuple,
    Value,
    View,
    alternatives,
    any_of,
    join,
)
from seedlint.index.summary import Position

OTHERS = "<others>"
"""The heap key of a container's items whose place is not known."""
LENGTH = "<length>"
FACTORY = "<factory>"
"""The heap key of what a `defaultdict` calls for an item that it lacks."""
RECORD = "collections.namedtuple"
"""The class of what a class that `namedtuple` gives makes; its fields are its attributes."""
ABSENT = External("<absent>")
"""Beside a value: an entry that some runs do not have."""
LONGEST_LIST = 64


def make_list(m: Machine, kind: str, values: list[Value], whole: bool, pos: Position) -> Value:
    """A list or set of known items, or of some items where not `whole`."""
    return _filled(m, Container("list" if kind == "tuple" else kind, m.allocate(pos, "list")), values, whole)


def _filled(m: Machine, owner: Container, values: list[Value], whole: bool) -> Container:
    """A list that holds these values too, and no others where it is `whole` and they are as many as before."""
    cell = m.heap[owner.id]
    length = cell.get(LENGTH)
    if isinstance(length, Const) and length.value < len(values):
        whole = False
        cell.pop(LENGTH)
    if whole and len(values) <= LONGEST_LIST and OTHERS not in cell:
        cell.setdefault(LENGTH, Const(len(values)))
        for i, value in enumerate(values):
            m.store(owner.id, i, value)
    else:
        for value in values:
            _add(m, owner, value)
    return owner


def _add(m: Machine, owner: Container, value: Value) -> None:
    """Store an item whose place is not known."""
    cell = m.heap[owner.id]
    cell[OTHERS] = join(cell[OTHERS], value) if OTHERS in cell else value


def with_item(m: Machine, owner: int, name: str, value: Value) -> Container:
    """The list that an object holds under a name, with one more item."""
    held = m.heap[owner].get(name)
    out = held if isinstance(held, Container) else Container("list", m.identity("kept", owner, name))
    set_item(m, out, UNKNOWN, value)
    return out


def list_items(m: Machine, value: Container) -> list[Value] | None:
    """A list's items, if all are known in order."""
    cell = m.heap[value.id]
    length = cell.get(LENGTH)
    if OTHERS in cell or not isinstance(length, Const):
        return None
    return [present(cell.get(i, UNKNOWN), UNKNOWN) for i in range(length.value)]


def make_dict(m: Machine, pos: Position) -> Container:
    """The dictionary made at a place of the running body."""
    return Container("dict", m.allocate(pos, "dict"))


def set_item(m: Machine, owner: Container, key: Value, value: Value, fresh: bool = False) -> None:
    """Store under a key; where the key is not known, among the others."""
    cell = m.heap[owner.id]
    if owner.kind != "dict":
        _set_place(m, owner, key, value)
    elif isinstance(key, Const):
        if key not in cell and m.conditional and not fresh:
            value = join(value, ABSENT)
        m.store(owner.id, key, value)
    else:
        _add(m, owner, value)


def _set_place(m: Machine, owner: Container, key: Value, value: Value) -> None:
    """Store at a place of a list, or somewhere in it."""
    cell = m.heap[owner.id]
    items = list_items(m, owner)
    place = _place(key, len(items)) if items is not None else None
    if place is not None:
        m.store(owner.id, place, value)
        return
    _add(m, owner, iterate.element(m, value) if isinstance(key, Slice) else value)
    cell.pop(LENGTH, None)


def _place(key: Value, length: int) -> int | None:
    """The index that a key means in a list of this length, if there is such an item."""
    if isinstance(key, Const) and isinstance(key.value, int) and -length <= key.value < length:
        return key.value % length
    return None


def get_item(m: Machine, owner: Container, key: Value) -> Value:
    """What lies under a key; any item under an option whose default is no key, since such a run would fail."""
    cell = m.heap[owner.id]
    if isinstance(key, Slice):
        return sliced(m, owner, key)
    chosen = isinstance(key, Option)
    if isinstance(key, Option):
        key = key.default
    if owner.kind != "dict":
        return _item_at(m, owner, key)
    if isinstance(key, Const):
        found = cell.get(key)
        if found is not None:
            return present(found, UNKNOWN)
        return any_item(m, owner) if chosen else cell.get(OTHERS, UNKNOWN)
    return any_item(m, owner)


def _item_at(m: Machine, owner: Container, key: Value) -> Value:
    """An item of a list; from the end, any that may be as far from it."""
    cell = m.heap[owner.id]
    items = list_items(m, owner)
    place = _place(key, len(items)) if items is not None else None
    if items is None and isinstance(key, Const) and key.value in cell:
        return present(cell[key.value], UNKNOWN)
    if items is None or place is None:
        return any_item(m, owner)
    uncertain = any(_may_lack(cell.get(i, UNKNOWN)) for i in range(len(items)))
    if isinstance(key, Const) and key.value < 0 and uncertain:
        return any_item(m, owner)
    return items[place]


def _may_lack(value: Value) -> bool:
    return isinstance(value, Alternatives) and ABSENT in value.values


def sliced(m: Machine, owner: Container | Tuple, key: Slice) -> Value:
    """A part of a list or tuple."""
    items = iterate.known_items(m, owner)
    bounds = [bound.value for bound in (key.lower, key.upper, key.step) if isinstance(bound, Const)]
    known = items is not None and len(bounds) == 3 and all(isinstance(b, (int, type(None))) for b in bounds)
    if items is not None and known and bounds[2] != 0:
        part = items[slice(*bounds)]
        if isinstance(owner, Tuple):
            return Tuple(tuple(part))
        return _filled(m, Container(owner.kind, m.identity("slice", owner, key)), part, True)
    return _filled(m, Container("list", m.identity("slice", owner, key)), [iterate.element(m, owner)], False)


def make_missing(m: Machine, owner: Container, key: Value, pos: Position) -> None:
    """Make the item that a `defaultdict` may lack."""
    factory = m.heap[owner.id].get(FACTORY)
    if factory is not None and key not in m.heap[owner.id]:
        with m.maybe():
            made = calls.call(m, factory, calls.Arguments(), pos, "default_factory")
        set_item(m, owner, key, made, fresh=True)


def present(value: Value, default: Value) -> Value:
    """An argument or entry, or its default where some runs do not have it."""
    if isinstance(value, Alternatives) and ABSENT in value.values:
        rest = [part for part in value.values if part != ABSENT]
        known = next(iter(rest)) if len(rest) == 1 else Alternatives(rest)
        return known if default is UNKNOWN else join(known, default)
    return value


def any_item(m: Machine, owner: Container) -> Value:
    """What any item may be."""
    cell = m.heap[owner.id]
    return any_of(present(value, UNKNOWN) for key, value in cell.items() if key not in (LENGTH, FACTORY))


def update(m: Machine, owner: Container, other: Value) -> None:
    """`owner.update(other)`."""
    pairs = _pairs(m, other)
    for key, value in pairs:
        set_item(m, owner, key, value)
    if pairs or iterate.known_items(m, other) == []:
        return
    known, whole = known_entries(m, other)
    for word, value in known.items():
        set_item(m, owner, Const(word), value)
    if not whole and isinstance(other, Container) and other.kind == "dict":
        set_item(m, owner, UNKNOWN, any_item(m, other))
    elif not whole:
        m.heap[owner.id].setdefault(OTHERS, UNKNOWN)


def _pairs(m: Machine, value: Value) -> list[tuple[Value, Value]]:
    """The keys and values that an iterable of pairs holds."""
    items: list[Value] = []
    for part in alternatives(value):
        listed = isinstance(part, Container) and part.kind != "dict"
        if listed or isinstance(part, (Tuple, Lazy, Through)):
            items += _items(m, part)
    pairs = [pair.items for item in items for pair in alternatives(item) if isinstance(pair, Tuple)]
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]


def _items(m: Machine, value: Value) -> list[Value]:
    """The items of an iterable, or one that stands for all."""
    items = iterate.known_items(m, value)
    return [iterate.iterate(m, value, m.line_of(None))] if items is None else items


def known_entries(m: Machine, value: Value) -> tuple[dict[str, Value], bool]:
    """(the entries with known text keys, whether those are all)."""
    if isinstance(value, Container) and value.kind == "dict":
        cell = m.heap[value.id]
        known = {key.value: item for key, item in cell.items() if isinstance(key, Const) and isinstance(key.value, str)}
        return known, OTHERS not in cell
    if isinstance(value, View) and isinstance(value.value, (Object, ExternalObject)):
        if isinstance(value.value, ExternalObject) and value.value.cls == options.NAMESPACE:
            return options.declared_options(m, value.value), True
        cell = m.heap[value.value.id]
        return {k: v for k, v in cell.items() if isinstance(k, str) and not k.startswith("<")}, False
    if isinstance(value, Alternatives):
        out: dict[str, Value] = {}
        whole = True
        for part in value.values:
            known, all_of_it = known_entries(m, part)
            whole = whole and all_of_it
            for key, item in known.items():
                out[key] = join(out[key], item) if key in out else join(item, ABSENT)
        return out, whole
    return {}, False


def attribute_of_dict(m: Machine, owner: Value, name: str) -> Value | None:
    """`config.name` on a mapping that allows it; None if there is no such key."""
    if isinstance(owner, Container) and owner.kind == "dict":
        return m.heap[owner.id].get(Const(name))
    return None


def extend(m: Machine, owner: Container, other: Value) -> None:
    """`owner += other`."""
    if owner.kind == "dict":
        update(m, owner, other)
        return
    whole = iterate.known_items(m, other) is not None
    for item in _items(m, other):
        _append(m, owner, item)
    if not whole:
        m.heap[owner.id].pop(LENGTH, None)


def concatenate(m: Machine, operands: list[Value]) -> Value:
    """`a + b` of lists, `a | b` of dictionaries."""
    number = m.identity("concatenation", tuple(operands))
    if any(isinstance(o, Container) and o.kind == "dict" for o in operands):
        out = Container("dict", number)
        for operand in operands:
            update(m, out, operand)
        return out
    lists = [iterate.known_items(m, operand) for operand in operands]
    known = [items for items in lists if items is not None]
    if len(known) == len(lists):
        return _filled(m, Container("list", number), [item for items in known for item in items], True)
    return _filled(m, Container("list", number), [iterate.element(m, operand) for operand in operands], False)


def repeated(m: Machine, owner: Container) -> Value:
    """`[a, b] * n`."""
    return _filled(m, Container(owner.kind, m.identity("repetition", owner)), [any_item(m, owner)], False)


def call_method(m: Machine, owner: Value, name: str, args: calls.Arguments, pos: Position) -> Value:
    """A method of a list, dictionary, set or string."""
    values = args.positional
    if isinstance(owner, View):
        return _view_method(m, owner, name, values, pos)
    if not isinstance(owner, Container):
        plain_call = not (args.keywords or args.more or args.more_keywords)
        text = texts.formatted(m, owner, "{}", values) if name == "format" and plain_call else None
        text = texts.computed(owner, name, values) if text is None and plain_call else text
        iterate.consumed(m, args, pos)
        return UNKNOWN if text is None else text
    if name in ("append", "add", "appendleft", "put") and values:
        _append(m, owner, values[0])
    elif name == "insert" and len(values) > 1:
        set_item(m, owner, UNKNOWN, values[1])
    elif name in ("extend", "update"):
        for value in values:
            extend(m, owner, value)
        for key, value in args.keywords.items():
            set_item(m, owner, Const(key), value)
    elif name in ("get", "pop", "setdefault"):
        return _get(m, owner, name, values)
    elif name == "items":
        entries: list[Value] = [Tuple(entry) for entry in _entries(m, owner)]
        return make_list(m, "list", entries, OTHERS not in m.heap[owner.id], pos)
    elif name == "values":
        values = [value for _, value in _entries(m, owner)]
        return make_list(m, "list", values, OTHERS not in m.heap[owner.id], pos)
    elif name == "keys":
        keys: list[Value] = [k for k in m.heap[owner.id] if isinstance(k, Const)]
        return make_list(m, "list", keys, OTHERS not in m.heap[owner.id], pos)
    elif name == "copy":
        return owner
    elif name == "sort":
        builtin.apply_key(m, args.before(owner), pos)
    return UNKNOWN


def _entries(m: Machine, owner: Container) -> list[tuple[Value, Value]]:
    """What a dictionary holds, each with its key; in a list, by place."""
    held = [(key, value) for key, value in m.heap[owner.id].items() if key not in (LENGTH, FACTORY)]
    return [(key if isinstance(key, Const) else UNKNOWN, present(value, UNKNOWN)) for key, value in held]


def _append(m: Machine, owner: Container, value: Value) -> None:
    cell = m.heap[owner.id]
    for i, item in cell.items():
        if present(item, UNKNOWN) == value and i != LENGTH:
            cell.pop(LENGTH, None)
            cell.setdefault(OTHERS, value)
            return
    length = cell.get(LENGTH)
    if isinstance(length, Const) and length.value < LONGEST_LIST and OTHERS not in cell:
        cell[length.value] = join(value, ABSENT) if m.conditional else value
        cell[LENGTH] = Const(length.value + 1)
    else:
        set_item(m, owner, UNKNOWN, value)


def _get(m: Machine, owner: Container, name: str, values: list[Value]) -> Value:
    default = values[1] if len(values) > 1 else NONE
    if not values:
        return any_item(m, owner)
    key = values[0]
    cell = m.heap[owner.id]
    if isinstance(key, Const) and owner.kind == "dict" and key not in cell:
        if name == "setdefault":
            set_item(m, owner, key, default)
            return default
        return (
            default
            if OTHERS not in cell
            else Option(default)
            if isinstance(default, Const) and default != NONE
            else UNKNOWN
        )
    value = get_item(m, owner, key)
    return value if isinstance(key, Const) else join(value, default)


def _view_method(m: Machine, owner: View, name: str, values: list[Value], pos: Position) -> Value:
    if name in ("get", "pop") and values:
        key = values[0]
        if isinstance(key, Const) and isinstance(key.value, str):
            found = attribute.get_attribute(m, owner.value, key.value)
            return found if found is not UNKNOWN or len(values) < 2 else Option(values[1])
        return attribute.any_attribute(m, owner.value)
    if name in ("items", "values"):
        options.note(m, [owner])
    if name == "values":
        return make_list(m, "list", [attribute.any_attribute(m, owner.value)], False, pos)
    if name == "items":
        return make_list(m, "list", [Tuple((UNKNOWN, attribute.any_attribute(m, owner.value)))], False, pos)
    if name == "update" and isinstance(owner.value, (Object, ExternalObject)):
        for value in values:
            for word, item in known_entries(m, value)[0].items():
                m.store(owner.value.id, word, item)
    return UNKNOWN
