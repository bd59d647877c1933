"""What was parsed of tables is kept beside them, as Python keeps what it compiles."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from seedlint.knowledge import load_tables

TEXT = 'library = "dice"\nroots = ["dice"]\n'


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table in a folder of its own, in a Python that writes what it compiles."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "dice.toml"
    path.write_text(TEXT)
    return path


def kept(table: Path) -> list[Path]:
    """The files that are kept beside a table."""
    return sorted((table.parent / "__pycache__").glob("*"))


def test_a_table_is_parsed_once(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = load_tables([table])
    monkeypatch.setattr("seedlint.knowledge.loader._parse", lambda *given: pytest.fail("parsed again"))
    assert load_tables([table]) == once


def test_a_changed_table_takes_the_place_of_the_one_before(table: Path) -> None:
    load_tables([table])
    before = kept(table)
    table.write_text(TEXT.replace("dice", "cards"))
    assert load_tables([table])[0].data["library"] == "cards"
    assert len(kept(table)) == 1
    assert kept(table) != before


def test_a_damaged_file_is_not_believed(table: Path) -> None:
    once = load_tables([table])
    (path,) = kept(table)
    path.write_bytes(path.read_bytes()[:-1])
    assert load_tables([table]) == once


def test_nothing_is_kept_where_python_keeps_nothing(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    load_tables([table])
    assert kept(table) == []


def test_a_table_that_is_checked_is_not_kept(table: Path) -> None:
    load_tables([table], validate=True)
    assert kept(table) == []
