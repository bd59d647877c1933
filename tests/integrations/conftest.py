"""Real clients: git, pre-commit with this checkout's hooks, an empty cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SHIPPED = (
    *("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".pre-commit-hooks.yaml", "action.yml"),
    *("seedlint", "rules"),
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDLINT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


def git(folder: Path, *args: str) -> str:
    """Run git with an identity of its own, and files as a transport for submodules."""
    settings = ["user.name=seedlint", "user.email=seedlint@example.com", "protocol.file.allow=always"]
    options = [part for setting in settings for part in ("-c", setting)]
    done = subprocess.run(["git", *options, *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit_all(folder: Path) -> None:
    """Make a folder a repository that holds all of its files."""
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")


def copy_shipped(folder: Path) -> None:
    """Copy what a checkout of seedlint installs from."""
    for name in SHIPPED:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


@dataclass(frozen=True, slots=True)
class Hooks:
    """A repository that holds this checkout's hooks."""

    folder: Path
    revision: str

    def configure(self, repository: Path, name: str, args: Sequence[str] = ()) -> None:
        """Write the configuration that a user pastes."""
        text = f"repos:\n  - repo: {self.folder}\n    rev: {self.revision}\n    hooks:\n      - id: {name}\n"
        if args:
            text += f"        args: [{', '.join(args)}]\n"
        (repository / ".pre-commit-config.yaml").write_text(text)

    def run(self, repository: Path, *args: str) -> subprocess.CompletedProcess[str]:
        """Run pre-commit in a repository, or in a folder of it."""
        command = [sys.executable, "-m", "pre_commit", "run", "--color=never", *args]
        return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hooks]:
    """This checkout's hooks; pre-commit installs them once."""
    folder = tmp_path_factory.mktemp("hooks")
    copy_shipped(folder)
    commit_all(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRE_COMMIT_HOME", str(tmp_path_factory.mktemp("pre-commit")))
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        yield Hooks(folder, git(folder, "rev-parse", "HEAD"))
