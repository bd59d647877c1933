"""Every callable that was measured to move a stream has a row that says so.

`measured.txt` holds a name and what moved on each line: streams, `own` for the state of the generator
whose method it is, `os` for the system's entropy.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from seedlint.knowledge import CallRow, Knowledge

MEASURED = [line.split() for line in Path(__file__).with_name("measured.txt").read_text().splitlines()]


@pytest.mark.parametrize("library", sorted({name.partition(".")[0] for name, _ in MEASURED}))
def test_what_was_measured_has_rows(library: str, knowledge: Knowledge) -> None:
    missing = [
        f"{name}: {stream}"
        for name, streams in MEASURED
        if name.partition(".")[0] == library
        for stream in streams.split(",")
        if not any(says(row, stream) for row in rows_of(name, knowledge))
    ]
    assert not missing, "\n".join(missing)


def rows_of(name: str, knowledge: Knowledge) -> tuple[CallRow, ...]:
    """The rows of a function, or of a method found through the bases of its class."""
    owner, _, method = name.rpartition(".")
    inherited = knowledge.method(owner, method)
    return inherited[1] if inherited is not None else knowledge.calls(name)


def says(row: CallRow, stream: str) -> bool:
    """Whether a row accounts for what moved."""
    if stream == "own":
        return "generator-draw" in row.marks
    if stream == "os":
        return row.entropy or row.missing == "entropy"
    return stream in row.draws
