"""Stand-ins for required command line arguments that nobody gave."""

from __future__ import annotations

import functools
import sys
from typing import Any

from . import hooks


def install(config: dict[str, Any]) -> None:
    """Let the parsers of the standard library and of click fill in what they require."""
    if config["given"]:
        return
    hooks.when_imported("argparse", _argparse)
    hooks.when_imported("click.core", _click)


def _argparse(module: Any) -> None:
    parse = module.ArgumentParser.parse_known_args

    @functools.wraps(parse)
    def parse_known_args(self: Any, args: Any = None, namespace: Any = None) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        if args is None or not given:
            given += _missing(self, given)
        return parse(self, given, namespace)

    module.ArgumentParser.parse_known_args = parse_known_args


def _missing(parser: Any, given: list[str]) -> list[str]:
    flags: list[str] = []
    positional: list[str] = []
    for action in parser._actions:
        if action.option_strings:
            if getattr(action, "required", False) and not set(action.option_strings) & set(given):
                flags += [action.option_strings[-1], *_values(action)]
        elif action.nargs not in ("?", "*") and not given:
            positional += _values(action)
    for group in getattr(parser, "_mutually_exclusive_groups", []):
        if group.required and not any(set(a.option_strings) & set(given + flags) for a in group._group_actions):
            action = group._group_actions[0]
            flags += [action.option_strings[-1], *_values(action)] if action.option_strings else []
    return flags + positional


def _values(action: Any) -> list[str]:
    if action.nargs == 0:
        return []
    count = action.nargs if isinstance(action.nargs, int) else 1
    return [value_for(action.dest, action.type, action.choices)] * count


def value_for(name: str, kind: Any, choices: Any) -> str:
    """A small plausible value for an argument, as text."""
    if choices:
        return str(next(iter(choices)))
    if kind is float:
        return "0.1"
    if kind is int or getattr(kind, "__name__", "") in ("int", "IntRange", "positive_int"):
        return "1"
    return "stand-in"


def _click(module: Any) -> None:
    main = module.Command.make_context

    @functools.wraps(main)
    def make_context(self: Any, info_name: Any, args: Any, *rest: Any, **words: Any) -> Any:
        given = list(args)
        for parameter in getattr(self, "params", ()):
            if not parameter.required or parameter.default not in (None, getattr(module, "UNSET", None)):
                continue
            choices = getattr(parameter.type, "choices", None)
            kind = {"integer": int, "float": float}.get(getattr(parameter.type, "name", ""))
            value = value_for(parameter.name or "", kind, choices)
            if parameter.param_type_name == "argument":
                given += [value] if not given else []
            elif not set(parameter.opts) & set(given):
                given += [parameter.opts[-1], value]
        return main(self, info_name, given, *rest, **words)

    module.Command.make_context = make_context
