"""Fixes programs in a folder of their own."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from fixture_programs import Case

from seedlint import registry
from seedlint.api import Checked, Setting, check_with, fix, write
from seedlint.config import Config
from seedlint.fixes.prove import Fixed

OF_SEEDED = {rule.code for rule in registry.rules() if rule.of_seeded}
"""Codes that speak only of programs that seed: a seed may bring them to light."""


def config_of(case: Case) -> Config:
    """A case's configuration."""
    values: dict[str, Any] = {}
    for key, value in case.config.items():
        values[key.replace("-", "_")] = tuple(value) if isinstance(value, list) else value
    return Config(**values)


def checked(root: Path, config: Config | None = None) -> Checked:
    """What a check finds, with what it rests on."""
    return check_with([root], Setting(config or Config(), evidence=True))


def fixed(root: Path, config: Config | None = None, unsafe: bool = True) -> Fixed:
    """The fix of a project, in memory."""
    (result,) = fix(checked(root, config), unsafe=unsafe)
    return result


def mended(root: Path, text: str, config: Config | None = None, unsafe: bool = False, name: str = "train.py") -> str:
    """A file's text after its project was fixed on disk."""
    path = root / name
    path.write_text(text, encoding="utf-8")
    assert not list(write(fixed(root, config, unsafe)))
    return path.read_text(encoding="utf-8")


def kept_lines(before: bytes, after: bytes) -> bool:
    """Whether the lines that both hold come to more than half of the first."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    same = sum(block.size for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks())
    return 2 * same >= len(old)
