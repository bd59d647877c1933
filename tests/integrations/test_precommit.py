"""The hooks, through pre-commit itself and real git repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.conftest import Hooks, commit_all, git

pytestmark = pytest.mark.slow

UNSEEDED = "import torch\n\nx = torch.rand(3)\n"
SEEDED = "import torch\n\ntorch.manual_seed(0)\nx = torch.rand(3)\n"


@pytest.fixture
def repository(hooks: Hooks, tmp_path: Path) -> Path:
    """A repository that uses the hook: a module that draws, and a script that seeds before it calls that."""
    folder = tmp_path / "repository"
    folder.mkdir()
    hooks.configure(folder, "seedlint")
    (folder / "model.py").write_text("import torch\n\n\ndef make():\n    return torch.rand(3)\n")
    (folder / "train.py").write_text("import torch\nimport model\n\ntorch.manual_seed(0)\nx = model.make()\n")
    commit_all(folder)
    return folder


def test_a_repository_without_findings_passes(repository: Path, hooks: Hooks) -> None:
    done = hooks.run(repository, "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


def test_a_finding_fails_and_is_printed(repository: Path, hooks: Hooks) -> None:
    (repository / "other.py").write_text(UNSEEDED)
    git(repository, "add", "other.py")
    done = hooks.run(repository)
    assert done.returncode == 1
    assert "other.py:3:5: SDL101" in done.stdout


def test_given_files_are_judged_with_the_repository_around_them(repository: Path, hooks: Hooks) -> None:
    assert hooks.run(repository, "--files", "model.py").returncode == 0
    (repository / "train.py").write_text("import model\n\nx = model.make()\n")
    done = hooks.run(repository, "--files", "model.py")
    assert done.returncode == 1
    assert "model.py:5:12: SDL101" in done.stdout
    assert "train.py" in done.stdout


def test_files_of_nested_packages_belong_to_the_repository(repository: Path, hooks: Hooks) -> None:
    package = repository / "packages" / "noise"
    package.mkdir(parents=True)
    (package / "setup.py").write_text("")
    (package / "noise.py").write_text("import torch\n\n\ndef noise():\n    return torch.rand(3)\n")
    assert hooks.run(repository, "--files", "packages/noise/noise.py").returncode == 0


def test_no_matching_files(repository: Path, hooks: Hooks) -> None:
    (repository / "notes.txt").write_text("torch.rand(3)\n")
    git(repository, "add", "notes.txt")
    done = hooks.run(repository)
    assert done.returncode == 0
    assert "no files to check" in done.stdout


def test_only_what_is_staged_counts(repository: Path, hooks: Hooks) -> None:
    (repository / "other.py").write_text(SEEDED)
    git(repository, "add", "other.py")
    (repository / "other.py").write_text(UNSEEDED)
    done = hooks.run(repository)
    assert done.returncode == 0, done.stdout
    assert (repository / "other.py").read_text() == UNSEEDED


def test_only_what_is_staged_is_found(repository: Path, hooks: Hooks) -> None:
    (repository / "other.py").write_text(UNSEEDED)
    git(repository, "add", "other.py")
    (repository / "other.py").write_text(SEEDED)
    assert "other.py:3:5: SDL101" in hooks.run(repository).stdout


def test_a_renamed_file(repository: Path, hooks: Hooks) -> None:
    (repository / "train.py").write_text("import model\n\nx = model.make()\n")
    git(repository, "commit", "-qam", "unseeded")
    git(repository, "mv", "model.py", "network.py")
    (repository / "train.py").write_text("import network\n\nx = network.make()\n")
    git(repository, "add", "-A")
    done = hooks.run(repository)
    assert "network.py:5:12: SDL101" in done.stdout
    assert "model.py:5" not in done.stdout


def test_a_submodule_is_not_reported_but_read(repository: Path, tmp_path: Path, hooks: Hooks) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "seeding.py").write_text("import torch\n\n\ndef fix():\n    torch.manual_seed(0)\n")
    (other / "draw.py").write_text(UNSEEDED)
    commit_all(other)
    git(repository, "submodule", "add", "-q", str(other), "vendored")
    text = "import torch\nfrom vendored.seeding import fix\n\nfix()\nx = torch.rand(3)\n"
    (repository / "more.py").write_text(text)
    git(repository, "add", "-A")
    done = hooks.run(repository, "--all-files")
    assert done.returncode == 0, done.stdout


def test_from_a_folder_below(repository: Path, hooks: Hooks) -> None:
    (repository / "deep").mkdir()
    (repository / "deep" / "other.py").write_text(UNSEEDED)
    git(repository, "add", "-A")
    done = hooks.run(repository / "deep")
    assert done.returncode == 1
    assert "deep/other.py:3:5: SDL101" in done.stdout


def test_a_notebook_is_checked(repository: Path, hooks: Hooks) -> None:
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    cells = [new_code_cell(UNSEEDED)]  # type: ignore[no-untyped-call]
    nbformat.write(new_notebook(cells=cells), repository / "train.ipynb")  # type: ignore[no-untyped-call]
    git(repository, "add", "-A")
    assert "train.ipynb:cell 0:3:5: SDL101" in hooks.run(repository).stdout


def test_the_fixing_hook_mends_what_was_unseeded(repository: Path, hooks: Hooks) -> None:
    hooks.configure(repository, "seedlint-fix")
    (repository / "other.py").write_text(UNSEEDED)
    git(repository, "add", "-A")
    done = hooks.run(repository)
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout
    assert "torch.manual_seed(" in (repository / "other.py").read_text()
    git(repository, "add", "-A")
    assert hooks.run(repository).returncode == 0
