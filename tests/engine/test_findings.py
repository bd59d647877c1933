"""What a finding says of the entries that lead to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedlint import api


def test_functions_that_no_entry_reaches_are_no_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A draw that unreached functions of two modules lead to is led to by no entry."""
    monkeypatch.chdir(tmp_path)
    Path("lib.py").write_text("import torch\n\n\ndef noise():\n    return torch.rand(3)\n")
    Path("net.py").write_text("import lib\n\n\ndef forward():\n    return lib.noise()\n")
    Path("train.py").write_text("import lib\nimport net\n")
    (found,) = api.check([Path()]).findings
    assert not found.reached
    assert found.entries == 1


def test_every_entry_that_leads_to_a_draw_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lib.py").write_text("import torch\n\n\ndef noise():\n    return torch.rand(3)\n")
    for name in ("one.py", "two.py", "three.py"):
        Path(name).write_text("import lib\n\nlib.noise()\n")
    (found,) = api.check([Path()]).findings
    assert found.entries == 3
