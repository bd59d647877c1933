"""Every rule's page is run: each example gets exactly the findings that its lines are marked with.

A page's examples stand under `## Bad` and `## Good`. The blocks of one heading are one program: a
fence is ```` ```python NAME ```` (`train.py` if no name is given), a `toml` block is configuration. A comment
`# SDL102: torch` marks a line with a code and a stream, `# SDL105` with a code alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from seedlint import api, registry
from seedlint.config import Config
from seedlint.rule import Rule

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SECTIONS = ("Why is this bad?", "Bad", "Good", "Fix", "How it is verified", "References")
MARK = re.compile(r"(SDL\d{3})(?:: (\w+))?")
FENCE = re.compile(r"^```(python|toml)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """One program of a page."""

    rule: type[Rule]
    heading: str
    files: dict[str, str] = field(hash=False)
    config: dict[str, Any] = field(hash=False)

    @property
    def expected(self) -> set[tuple[str, int, str, str]]:
        """(file, line, code, stream) of each mark."""
        return {
            (name, number, code, stream)
            for name, text in self.files.items()
            for number, line in enumerate(text.splitlines(), 1)
            for code, stream in MARK.findall(line.partition("# ")[2])
        }


def sections(text: str) -> dict[str, str]:
    """The text under each `##` heading of a page."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def programs(text: str) -> Iterator[tuple[str, dict[str, str], dict[str, Any]]]:
    """The programs of one section: its own blocks, and those of each `###` heading."""
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)
    for heading, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        files: dict[str, str] = {}
        config: dict[str, Any] = {}
        for language, name, body in FENCE.findall(part):
            if language == "toml":
                config = {key.replace("-", "_"): value for key, value in tomllib.loads(body).items()}
            else:
                assert (name or "train.py") not in files, f"two files of one name under {heading or 'the section'}"
                files[name or "train.py"] = body
        if files:
            yield heading, files, config


def examples() -> Iterator[Any]:
    """All examples of all pages."""
    for rule in registry.rules():
        found = sections(registry.doc(rule))
        for title in ("Bad", "Good"):
            for heading, files, config in programs(found.get(title, "")):
                name = f"{rule.name}-{title.lower()}" + (f"-{heading.replace(' ', '-')}" if heading else "")
                yield pytest.param(Example(rule, title, files, config), id=name)


@pytest.mark.parametrize("example", list(examples()))
def test_a_page_marks_exactly_what_is_found(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in example.files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    config = Config(**{"extend_select": (example.rule.code,), **example.config})
    streams = {(name, line, code): stream for name, line, code, stream in example.expected}
    found = {
        (
            f.place.path,
            f.place.line,
            f.code,
            (f.stream or "") if streams.get((f.place.path, f.place.line, f.code)) else "",
        )
        for f in api.findings([Path()], config)
    }
    assert found == example.expected


@pytest.mark.parametrize("rule", registry.rules(), ids=lambda rule: rule.name)
class TestEveryPage:
    """What a reader can rely on to find in each page."""

    def test_is_titled_with_code_and_name(self, rule: type[Rule]) -> None:
        assert registry.doc(rule).startswith(f"# {rule.code} {rule.name}\n")

    def test_has_its_sections_in_order(self, rule: type[Rule]) -> None:
        assert tuple(sections(registry.doc(rule))) == SECTIONS

    def test_says_first_what_the_rule_says(self, rule: type[Rule]) -> None:
        says = registry.doc(rule).partition("\n\n")[2].partition("\n\n## ")[0]
        assert says and "```" not in says

    def test_shows_a_bad_example_that_gets_its_code(self, rule: type[Rule]) -> None:
        bad = [
            Example(rule, "Bad", files, config) for _, files, config in programs(sections(registry.doc(rule))["Bad"])
        ]
        assert bad and all(rule.code in {code for _, _, code, _ in example.expected} for example in bad)

    def test_shows_a_good_example_without_a_mark(self, rule: type[Rule]) -> None:
        good = list(programs(sections(registry.doc(rule))["Good"]))
        assert good and not any(MARK.search(text) for _, files, _ in good for text in files.values())

    def test_cites_where_its_claims_come_from(self, rule: type[Rule]) -> None:
        assert re.search(r"^- .*https://", sections(registry.doc(rule))["References"], flags=re.MULTILINE)
