"""Which files a run reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from command import write

from seedlint.sources.discover import discover


def test_a_folder_that_cannot_be_read_is_named_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"train.py": "", "secret/net.py": ""})
    scandir = os.scandir

    def refuse(folder: str) -> Any:
        if folder.endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    (project,), problems = discover([tmp_path])
    assert project.files == (tmp_path / "train.py",)
    assert [str(problem) for problem in problems] == [f"{tmp_path / 'secret'}: cannot be read: Permission denied"]


def test_files_that_git_ignores_and_caches_are_left_out(tmp_path: Path) -> None:
    names = ["train.py", "old/net.py", "venv/site.py", "pkg/data.py", "pkg/made.py", "note.ipynb", "note.txt"]
    write(tmp_path, dict.fromkeys(names, "") | {".gitignore": "old/\n", "pkg/.gitignore": "made.py\n"})
    (project,), _ = discover([tmp_path])
    assert [path.relative_to(tmp_path).as_posix() for path in project.files] == [
        "note.ipynb",
        "pkg/data.py",
        "train.py",
    ]
