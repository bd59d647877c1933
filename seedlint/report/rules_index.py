"""The table of all rules in Markdown, and its place in a page: `python -m seedlint.report.rules_index README.md`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from seedlint import registry
from seedlint.rule import Rule

START, END = "<!-- rules -->", "<!-- /rules -->"
PAGES = "rules/seedlint_rules"
"""Where the built-in rules' pages lie, from the root of the repository."""


def table(rules: Iterable[type[Rule]]) -> str:
    """The rules as a Markdown table, each with a link to its page."""
    rows = [_row(rule) for rule in rules]
    return "\n".join(["| code | name | severity | says |", "| --- | --- | --- | --- |", *rows])


def _row(rule: type[Rule]) -> str:
    page = f"{PAGES}/{rule.__module__.rpartition('.')[2]}.md"
    says = rule.summary if rule.default else f"opt-in: {rule.summary}"
    return f"| [{rule.code}]({page}) | {rule.name} | {rule.severity.value} | {says} |"


def replaced(text: str, index: str) -> str:
    """A page with the index between its markers. Raises `ValueError` for a page without them."""
    marked = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    new, count = marked.subn(lambda _: f"{START}\n{index}\n{END}", text)
    if count != 1:
        raise ValueError(f"expected one {START} ... {END}, found {count}")
    return new


def main(paths: list[str]) -> int:
    """Bring the index of each page up to date; 1 if one changed."""
    changed = 0
    for path in map(Path, paths):
        old = path.read_text(encoding="utf-8")
        new = replaced(old, table(registry.rules()))
        if new != old:
            path.write_text(new, encoding="utf-8")
            changed = 1
    return changed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
