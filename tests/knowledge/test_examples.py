"""An example of a row moves the streams that the row names, and no other."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seedlint.knowledge import Table, load_tables

from .conftest import APIS

SEEN = {"random", "numpy", "torch"}
"""Streams whose state can be compared on any machine."""


@pytest.mark.parametrize("path", sorted(APIS.glob("*.toml")), ids=lambda path: path.stem)
def test_examples_move_what_their_rows_name(path: Path) -> None:
    (table,) = load_tables([path])
    rows = [row for row in table.data.get("call", ()) if "example" in row or "quiet" in row]
    if not rows:
        pytest.skip("no row has an example")
    root = installed_root(table)
    wrong = []
    results = run_examples(root, rows)
    assert results
    for name, key, streams in results:
        expected = moved_streams(rows, name, key)
        if set(streams) != expected:
            wrong.append(f"{name}: `{key}` moved {streams}, not {sorted(expected)}")
    assert not wrong, "\n".join(wrong)


def installed_root(table: Table) -> str:
    """The library that a table describes; skips the test by name where it is not installed."""
    for root in table.data["roots"]:
        if importlib.util.find_spec(root) is not None:
            return str(root)
    pytest.skip(f"{table.data['library']} is not installed")


def run_examples(root: str, rows: list[dict[str, Any]]) -> list[tuple[str, str, list[str]]]:
    """What each example moved: its name, the key that holds it, the streams."""
    probe = Path(__file__).with_name("probe.py")
    done = subprocess.run(
        [sys.executable, str(probe), root],
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    results: list[tuple[str, str, list[str]]] = json.loads(done.stdout.splitlines()[-1])
    return results


def moved_streams(rows: list[dict[str, Any]], name: str, key: str) -> set[str]:
    """The visible streams that an example of this name should move."""
    if key == "quiet":
        return set()
    named = [row for row in rows if name in row["names"] and key in row]
    moves = {stream for row in named for field in ("draws", "seeds", "restores") for stream in row.get(field, ())}
    return moves & SEEN
