"""The hooks, through pre-commit itself and real git repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
SHIPPED = ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".pre-commit-hooks.yaml", "seedlint", "rules")
UNSEEDED = "import torch\n\nx = torch.rand(3)\n"
SEEDED = "import torch\n\ntorch.manual_seed(0)\nx = torch.rand(3)\n"


def git(folder: Path, *args: str) -> str:
    """Run git with an identity of its own, and files as a transport for submodules."""
    settings = ["user.name=seedlint", "user.email=seedlint@example.com", "protocol.file.allow=always"]
    options = [part for setting in settings for part in ("-c", setting)]
    done = subprocess.run(["git", *options, *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="session")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """(a repository that holds this checkout's hooks, its revision); pre-commit installs it once."""
    folder = tmp_path_factory.mktemp("hooks")
    ignore = shutil.ignore_patterns("__pycache__")
    for name in SHIPPED:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignore)
        else:
            shutil.copy(source, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "seedlint")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRE_COMMIT_HOME", str(tmp_path_factory.mktemp("pre-commit")))
        patch.setenv("SEEDLINT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        yield folder, git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(hooks: tuple[Path, str], tmp_path: Path) -> Path:
    """A repository that uses the hook: a module that draws, and a script that seeds before it calls that."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    configure(folder, hooks, "seedlint")
    (folder / "model.py").write_text("import torch\n\n\ndef make():\n    return torch.rand(3)\n")
    (folder / "train.py").write_text("import torch\nimport model\n\ntorch.manual_seed(0)\nx = model.make()\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def configure(folder: Path, hooks: tuple[Path, str], name: str) -> None:
    """Write the configuration that a user pastes."""
    place, revision = hooks
    text = f"repos:\n  - repo: {place}\n    rev: {revision}\n    hooks:\n      - id: {name}\n"
    (folder / ".pre-commit-config.yaml").write_text(text)


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run pre-commit."""
    command = [sys.executable, "-m", "pre_commit", "run", "--color=never", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_repository_without_findings_passes(repository: Path) -> None:
    done = run(repository, "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


def test_a_finding_fails_and_is_printed(repository: Path) -> None:
    (repository / "other.py").write_text(UNSEEDED)
    git(repository, "add", "other.py")
    done = run(repository)
    assert done.returncode == 1
    assert "other.py:3:5: SDL101" in done.stdout


def test_given_files_are_judged_with_the_repository_around_them(repository: Path) -> None:
    assert run(repository, "--files", "model.py").returncode == 0
    (repository / "train.py").write_text("import model\n\nx = model.make()\n")
    done = run(repository, "--files", "model.py")
    assert done.returncode == 1
    assert "model.py:5:12: SDL101" in done.stdout
    assert "train.py" in done.stdout


def test_files_of_nested_packages_belong_to_the_repository(repository: Path) -> None:
    package = repository / "packages" / "noise"
    package.mkdir(parents=True)
    (package / "setup.py").write_text("")
    (package / "noise.py").write_text("import torch\n\n\ndef noise():\n    return torch.rand(3)\n")
    assert run(repository, "--files", "packages/noise/noise.py").returncode == 0


def test_no_matching_files(repository: Path) -> None:
    (repository / "notes.txt").write_text("torch.rand(3)\n")
    git(repository, "add", "notes.txt")
    done = run(repository)
    assert done.returncode == 0
    assert "no files to check" in done.stdout


def test_only_what_is_staged_counts(repository: Path) -> None:
    (repository / "other.py").write_text(SEEDED)
    git(repository, "add", "other.py")
    (repository / "other.py").write_text(UNSEEDED)
    done = run(repository)
    assert done.returncode == 0, done.stdout
    assert (repository / "other.py").read_text() == UNSEEDED


def test_only_what_is_staged_is_found(repository: Path) -> None:
    (repository / "other.py").write_text(UNSEEDED)
    git(repository, "add", "other.py")
    (repository / "other.py").write_text(SEEDED)
    assert "other.py:3:5: SDL101" in run(repository).stdout


def test_a_renamed_file(repository: Path) -> None:
    (repository / "train.py").write_text("import model\n\nx = model.make()\n")
    git(repository, "commit", "-qam", "unseeded")
    git(repository, "mv", "model.py", "network.py")
    (repository / "train.py").write_text("import network\n\nx = network.make()\n")
    git(repository, "add", "-A")
    done = run(repository)
    assert "network.py:5:12: SDL101" in done.stdout
    assert "model.py:5" not in done.stdout


def test_a_submodule_is_not_reported_but_read(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    (other / "seeding.py").write_text("import torch\n\n\ndef fix():\n    torch.manual_seed(0)\n")
    (other / "draw.py").write_text(UNSEEDED)
    git(other, "add", "-A")
    git(other, "commit", "-qm", "first")
    git(repository, "submodule", "add", "-q", str(other), "vendored")
    text = "import torch\nfrom vendored.seeding import fix\n\nfix()\nx = torch.rand(3)\n"
    (repository / "more.py").write_text(text)
    git(repository, "add", "-A")
    done = run(repository, "--all-files")
    assert done.returncode == 0, done.stdout


def test_from_a_folder_below(repository: Path) -> None:
    (repository / "deep").mkdir()
    (repository / "deep" / "other.py").write_text(UNSEEDED)
    git(repository, "add", "-A")
    done = run(repository / "deep")
    assert done.returncode == 1
    assert "deep/other.py:3:5: SDL101" in done.stdout


def test_a_notebook_is_checked(repository: Path) -> None:
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    cells = [new_code_cell(UNSEEDED)]  # type: ignore[no-untyped-call]
    nbformat.write(new_notebook(cells=cells), repository / "train.ipynb")  # type: ignore[no-untyped-call]
    git(repository, "add", "-A")
    assert "train.ipynb:cell 0:3:5: SDL101" in run(repository).stdout


def test_the_fixing_hook_mends_what_was_unseeded(repository: Path, hooks: tuple[Path, str]) -> None:
    configure(repository, hooks, "seedlint-fix")
    (repository / "other.py").write_text(UNSEEDED)
    git(repository, "add", "-A")
    done = run(repository)
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout
    assert "torch.manual_seed(" in (repository / "other.py").read_text()
    git(repository, "add", "-A")
    assert run(repository).returncode == 0
