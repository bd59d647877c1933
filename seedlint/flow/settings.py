"""Configuration files as values: what a run finds in them, and the classes that they name."""

from __future__ import annotations

from typing import Any

from seedlint.flow import calls, containers
from seedlint.flow.machine import Machine
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Const,
    Container,
    External,
    ExternalObject,
    Option,
    Partial,
    Value,
    alternatives,
)
from seedlint.index.summary import Position
from seedlint.program.settings import joined

FILE = "<file>"
TARGET, PARTIAL = "_target_", "_partial_"
_SPECIAL = frozenset({TARGET, PARTIAL, "_recursive_", "_convert_", "_args_"})
_LOADERS = frozenset({"yaml.safe_load", "yaml.load", "yaml.full_load", "json.load", "omegaconf.OmegaConf.load"})


def call(m: Machine, name: str, args: calls.Arguments, pos: Position) -> Value | None:
    """A function that opens or reads a configuration file, or builds what one names; None if it does not."""
    if name in ("builtins.open", "io.open", "codecs.open"):
        return _open(m, args, pos)
    if name in _LOADERS:
        return _load(m, args.positional[0] if args.positional else UNKNOWN)
    if name in ("hydra.utils.instantiate", "hydra.utils.call", "hydra._internal.instantiate._instantiate2.instantiate"):
        given = args.positional[0] if args.positional else args.keywords.get("config", UNKNOWN)
        return instantiate(m, given, args.keywords, pos)
    return None


def hydra_configuration(m: Machine, args: calls.Arguments) -> Value:
    """The configuration that `hydra.main(config_path=..., config_name=...)` hands over."""
    given = {**dict(zip(("config_path", "config_name"), args.positional, strict=False)), **args.keywords}
    folder, name = _text(given.get("config_path", Const("."))), _text(given.get("config_name", NONE))
    if folder is None or name is None:
        return UNKNOWN
    path = joined(_folder(m), folder)
    found = m.program.settings.compose(path, name) if path is not None else None
    return _value(m, found, f"{path}/{name}", "") if isinstance(found, dict) else UNKNOWN


def instantiate(m: Machine, config: Value, more: dict[str, Value], pos: Position) -> Value:
    """Build what a configuration's `_target_` names from its other entries."""
    for part in alternatives(config):
        if not isinstance(part, Container) or part.kind != "dict":
            continue
        cell = m.heap[part.id]
        target = _text(cell.get(Const(TARGET), NONE))
        if target is None:
            continue
        words = {
            str(key.value): _built(m, value, pos)
            for key, value in cell.items()
            if isinstance(key, Const) and key.value not in _SPECIAL
        }
        words.update(more)
        callee = named(m, target)
        if cell.get(Const(PARTIAL)) in (Const(True), Option(Const(True))) or _text(cell.get(Const(PARTIAL), NONE)):
            return Partial(callee, (), tuple(sorted(words.items(), key=lambda item: item[0])))
        return calls.call(m, callee, calls.Arguments((), words), pos, target)
    return UNKNOWN


def _built(m: Machine, value: Value, pos: Position) -> Value:
    """An entry of a configuration, built where it names a class itself."""
    if isinstance(value, Container) and value.kind == "dict" and Const(TARGET) in m.heap[value.id]:
        return instantiate(m, value, {}, pos)
    return value


def named(m: Machine, dotted: str) -> Value:
    """The object of a dotted path: of the project, else of a library."""
    from seedlint.flow.attribute import get_attribute
    from seedlint.flow.imports import import_module

    owner = dotted
    rest: list[str] = []
    while owner:
        if m.program.resolve(m.frame.scope.module, 0, owner) is not None:
            value = import_module(m, 0, owner, (m.line, 0, m.line, 0))
            for name in rest:
                value = get_attribute(m, value, name)
            return value
        owner, _, last = owner.rpartition(".")
        rest.insert(0, last)
    return External(dotted)


def _open(m: Machine, args: calls.Arguments, pos: Position) -> Value | None:
    path = args.positional[0] if args.positional else args.keywords.get("file", UNKNOWN)
    if _text(path) is None or not str(_text(path)).endswith((".yaml", ".yml", ".json")):
        return None
    file = ExternalObject(FILE, m.allocate(pos, FILE))
    m.heap[file.id]["path"] = path
    return file


def _load(m: Machine, given: Value) -> Value | None:
    """What a file holds, looked for from the program's folder, then from the project's root."""
    if isinstance(given, ExternalObject) and given.cls == FILE:
        given = m.heap[given.id]["path"]
    path = _text(given)
    for folder in (_folder(m), "") if path is not None else ():
        place = joined(folder, str(path))
        found = m.program.settings.load(place) if place is not None else None
        if found is not None:
            return _value(m, found, str(place), None)
    return None


def _folder(m: Machine) -> str:
    return m.program.modules[m.frame.scope.module].path.rpartition("/")[0] if m.frame.scope.module else ""


def _text(value: Value) -> str | None:
    if isinstance(value, Option):
        value = value.default
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def _value(m: Machine, found: Any, where: str, option: str | None) -> Value:
    """A parsed value; where the command line may replace it, `option` is how it is named there."""
    if isinstance(found, dict):
        out = Container("dict", m.identity("settings", where))
        for key, item in found.items():
            name = None if option is None else f"{option}.{key}".strip(".")
            m.heap[out.id][Const(key)] = _value(m, item, f"{where}:{key}", name)
        return out
    if isinstance(found, list):
        items = [_value(m, item, f"{where}:{i}", None) for i, item in enumerate(found)]
        cell = m.heap[m.identity("settings", where)]
        if len(items) <= containers.LONGEST_LIST:
            cell[containers.LENGTH] = Const(len(items))
            cell.update(enumerate(items))
        return Container("list", m.identity("settings", where))
    if isinstance(found, str) and "${" in found:
        return UNKNOWN
    if found is None or isinstance(found, (bool, int, float, str)):
        return Const(found) if option is None or option.endswith((TARGET, PARTIAL)) else Option(Const(found), option)
    return UNKNOWN
