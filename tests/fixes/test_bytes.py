"""What a fix does not change stays as it is, to the byte."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedlint.api import write
from seedlint.fixes.apply import Changed, patched
from seedlint.fixes.apply import write as write_file
from seedlint.sources.read import decode
from seedlint.sources.source import Source
from seedlint.syntax.positions import Change, Offsets

from .programs import fixed

PROGRAM = "import torch\n\nx = torch.rand(3)"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PROGRAM + "\n", "import torch\n\ntorch.manual_seed(42)\n\nx = torch.rand(3)\n"),
        (PROGRAM, "import torch\n\ntorch.manual_seed(42)\n\nx = torch.rand(3)"),
        ("\ufeff" + PROGRAM, "\ufeffimport torch\n\ntorch.manual_seed(42)\n\nx = torch.rand(3)"),
        (
            "# -*- coding: latin-1 -*-\nimport torch\nname = 'é'\nx = torch.rand(3)\n",
            "# -*- coding: latin-1 -*-\nimport torch\n\ntorch.manual_seed(42)\n\nname = 'é'\nx = torch.rand(3)\n",
        ),
        (
            "import torch\n\x0c\ndef f():\n\treturn torch.rand(3)\n\nf()\n",
            "import torch\n\ntorch.manual_seed(42)\n\x0c\ndef f():\n\treturn torch.rand(3)\n\nf()\n",
        ),
        ("import torch; x = torch.rand(3)\n", "import torch; x = torch.rand(3)\n"),
        (
            "import torch\nif __name__ == '__main__':\n\tx = torch.rand(3)\n",
            "import torch\nif __name__ == '__main__':\n\ttorch.manual_seed(42)\n\tx = torch.rand(3)\n",
        ),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_marks_and_encodings_are_kept(before: str, after: str, end: str, tmp_path: Path) -> None:
    encoding = "latin-1" if "latin-1" in before else "utf-8"
    path = tmp_path / "train.py"
    path.write_bytes(before.replace("\n", end).encode(encoding))
    assert not list(write(fixed(tmp_path)))
    assert path.read_bytes() == after.replace("\n", end).encode(encoding)


@given(
    lines=st.lists(
        st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=9), min_size=1
    ),
    ends=st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=1),
    where=st.integers(0, 200),
)
def test_an_insertion_leaves_every_other_byte(lines: list[str], ends: list[str], where: int) -> None:
    text = "".join(line + ends[i % len(ends)] for i, line in enumerate(["# -*- coding: utf-8 -*-", *lines]))
    data = text.encode()
    source = decode(data, Path("a.py"), Path(), "a.py")
    assert isinstance(source, Source)
    line = where % len(source.lines()) + 1
    at = Offsets(source).line_start(line)
    out = patched(data, source, [Change(at, at, "SEED")])
    places = [at for at in range(len(out)) if out[at : at + 4] == b"SEED"]
    assert any(out[:at] + out[at + 4 :] == data for at in places)


def notebook(source: object, indent: int | None) -> bytes:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Train é\n"]},
        {"cell_type": "code", "execution_count": 1, "metadata": {"x": [1.0]}, "outputs": [], "source": source},
        {
            "cell_type": "code",
            "execution_count": 2,
            "metadata": {},
            "outputs": [{"text": ["0.1"]}],
            "source": "x = torch.rand(3)",
        },
    ]
    document = {"cells": cells, "metadata": {"kernelspec": {}}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=indent, ensure_ascii=False).encode()


@pytest.mark.parametrize("indent", [None, 1, 2])
@pytest.mark.parametrize(
    "source",
    [
        "import torch",
        "import torch\n",
        ["import torch"],
        ["import torch\n", "y = 1"],
        ["%matplotlib inline\n", "import torch"],
    ],
)
def test_a_notebook_changes_only_in_the_source_of_one_cell(source: object, indent: int | None, tmp_path: Path) -> None:
    path = tmp_path / "train.ipynb"
    before = notebook(source, indent)
    path.write_bytes(before)
    assert not list(write(fixed(tmp_path)))
    old, new = json.loads(before), json.loads(path.read_bytes())
    text = "".join(new["cells"][1]["source"])
    assert "torch.manual_seed(42)" in text
    assert isinstance(new["cells"][1]["source"], type(source))
    new["cells"][1]["source"] = old["cells"][1]["source"]
    assert new == old
    start = before.index(b"import torch")
    end = before.index(b"x = torch.rand")
    assert path.read_bytes().startswith(before[:start])
    assert path.read_bytes().endswith(before[end:])


def test_permissions_are_kept_and_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.py", tmp_path / "link.py"
    target.write_bytes(b"old")
    target.chmod(0o750)
    link.symlink_to(target)
    write_file(link, b"old", b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o750
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.py", "real.py"]


def test_a_file_that_changed_since_it_was_read_is_left_alone_and_named(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(PROGRAM)
    result = fixed(tmp_path)
    path.write_text("other = 1\n")
    (named,) = write(result)
    assert named.endswith("train.py")
    assert path.read_text() == "other = 1\n"
    with pytest.raises(Changed):
        write_file(path, b"what it was", b"new")


def test_an_interrupted_write_leaves_the_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "train.py"
    path.write_bytes(b"old")

    def interrupted(number: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_file(path, b"old", b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["train.py"]
