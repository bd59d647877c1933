"""What a file's bytes are read as."""

from __future__ import annotations

from pathlib import Path

from command import seedlint, write


def test_an_argument_called_async_is_read_as_before_python_3_7(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "import torch\n\nx = torch.rand(3).cuda(async=True)\n"})
    ran = seedlint(tmp_path, "--output-format", "json")
    assert (ran.codes(), ran.err) == ([("train.py", 3, "SDL101")], "")


def test_a_fix_keeps_an_argument_called_async(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "import torch\n\nx = torch.rand(3).cuda(async=True)\n"})
    seedlint(tmp_path, "--fix")
    lines = (tmp_path / "train.py").read_text().splitlines()
    assert lines[-1] == "x = torch.rand(3).cuda(async=True)"
    assert "torch.manual_seed(42)" in lines
