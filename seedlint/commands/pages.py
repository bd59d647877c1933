"""`--list-rules` and `--explain`: what rules there are, and the page of each."""

from __future__ import annotations

import difflib

from seedlint import registry
from seedlint.cli import CLEAN, Refused
from seedlint.commands.options import Options
from seedlint.commands.output import Output
from seedlint.rule import Rule


def run(options: Options) -> int:
    """Show the list of rules or one page. Raises `Refused` for a rule that does not exist."""
    output = Output(options.output_file, options.color)
    if options.list_rules:
        output.write(_table())
        return CLEAN
    page = registry.doc(named(options.explain or "")).rstrip()
    if output.terminal and output.color:
        from rich.console import Console
        from rich.markdown import Markdown

        Console(width=min(output.width, 100)).print(Markdown(page))
    else:
        output.write(page.splitlines())
    return CLEAN


def named(given: str) -> type[Rule]:
    """The rule of a code or a name. Raises `Refused` with the nearest one."""
    known: dict[str, type[Rule]] = {}
    for rule in registry.listed():
        known[rule.code.lower()] = known[rule.name] = rule
    if given.lower() in known:
        return known[given.lower()]
    close = difflib.get_close_matches(given.lower(), known, 1)
    hint = f"; did you mean {known[close[0]].code} {known[close[0]].name}?" if close else ""
    raise Refused(f"no rule is called {given}{hint} (`seedlint --list-rules` lists them)")


def _table() -> list[str]:
    rules = registry.listed()
    width = max(len(rule.name) for rule in rules)
    return [f"{rule.code}  {rule.name:<{width}}  {rule.severity.value:<7}  {_said(rule)}" for rule in rules]


def _said(rule: type[Rule]) -> str:
    return rule.summary if rule.default else f"opt-in: {rule.summary}"
