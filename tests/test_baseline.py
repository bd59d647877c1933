"""Findings that a project has agreed to live with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import UNSEEDED, Ran, seedlint, write

TWICE = "import torch\n\nx = torch.rand(3)\ny = torch.rand(4)\n"


def new(folder: Path, *arguments: str) -> list[tuple[str, int, str]]:
    """(path, line, code) of what the baseline does not hold."""
    return seedlint(folder, "--baseline", "known.json", "--output-format=json", *arguments).codes()


def written(folder: Path) -> Ran:
    return seedlint(folder, "--write-baseline", "known.json")


def test_known_findings_are_counted_and_new_ones_reported(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED})
    ran = written(tmp_path)
    assert (ran.status, ran.out) == (
        0,
        "Wrote 1 finding to known.json; report new ones with --baseline known.json\n",
    )
    clean = seedlint(tmp_path, "--baseline", "known.json")
    assert (clean.status, clean.out) == (0, "No findings in 1 file, 1 entry; 1 in the baseline.\n")
    write(tmp_path, {"train.py": TWICE.replace("x =", "weights =")})
    assert new(tmp_path) == [("train.py", 4, "SDL101")]


def test_known_findings_may_move_with_their_lines(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED})
    written(tmp_path)
    write(
        tmp_path,
        {"train.py": "import torch\n\n\ndef main():\n    # a new comment\n    weights = torch.rand(3)\n\n\nmain()\n"},
    )
    assert new(tmp_path) == []


def test_the_same_line_once_more_is_new(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "import torch\n\ntorch.rand(3)\n"})
    written(tmp_path)
    write(tmp_path, {"train.py": "import torch\n\ntorch.rand(3)\ntorch.rand(3)\n"})
    assert new(tmp_path) == [("train.py", 4, "SDL101")]


def test_a_changed_line_and_another_file_are_new(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED})
    written(tmp_path)
    write(tmp_path, {"train.py": UNSEEDED.replace("3", "4"), "other.py": UNSEEDED})
    assert new(tmp_path) == [("other.py", 3, "SDL101"), ("train.py", 3, "SDL101")]


def test_a_baseline_is_the_same_from_every_folder(tmp_path: Path) -> None:
    write(tmp_path, {"p/train.py": UNSEEDED})
    assert seedlint(tmp_path, "p", "--write-baseline", "p/known.json").status == 0
    outside = (tmp_path / "p" / "known.json").read_text()
    assert new(tmp_path / "p") == []
    written(tmp_path / "p")
    assert (tmp_path / "p" / "known.json").read_text() == outside


def test_a_baseline_is_made_to_be_read_and_merged(tmp_path: Path) -> None:
    write(tmp_path, {"b.py": UNSEEDED, "a.py": "import torch\n\nfor _ in range(3): torch.rand(3), torch.rand(3)\n"})
    written(tmp_path)
    text = (tmp_path / "known.json").read_text()
    data = json.loads(text)
    assert [row["path"] for row in data["findings"]] == ["a.py", "b.py"]
    assert data["findings"][0]["count"] == 2
    assert data["findings"][1] == {"path": "b.py", "code": "SDL101", "line": "weights = torch.rand(3)"}
    assert len([line for line in text.splitlines() if '"path"' in line]) == 2


def test_writing_a_baseline_forgets_the_old_one(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED, "seedlint.toml": 'baseline = "known.json"\n'})
    written(tmp_path)
    assert written(tmp_path).out.startswith("Wrote 1 finding")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "known.json:1:2: not a baseline: "),
        ("[]", "known.json:1: not a baseline of this version"),
        ('{"version": 99, "findings": []}', "known.json:1: not a baseline of this version"),
        ('{"version": 1, "findings": [{}]}', "known.json: a finding lacks `path`, `code` or `line`"),
        (b"\xff\xfe", "known.json: not a baseline"),
    ],
)
def test_a_damaged_baseline_is_one_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    write(tmp_path, {"train.py": UNSEEDED, "known.json": content})
    ran = seedlint(tmp_path, "--baseline", "known.json")
    assert (ran.status, len(ran.err.splitlines())) == (2, 1)
    assert ran.err.startswith(f"seedlint: {said}")


def test_a_baseline_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": UNSEEDED})
    ran = seedlint(tmp_path, "--write-baseline", "nowhere/known.json")
    assert (ran.status, ran.err) == (2, "seedlint: nowhere/known.json: cannot be written: No such file or directory\n")
