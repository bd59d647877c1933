"""Finds a project's files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seedlint.sources.source import Problem

SUFFIXES = (".py", ".ipynb")
PACKAGING_MARKS = ("pyproject.toml", "setup.cfg", "setup.py")
SKIPPED = frozenset(
    {
        "__pycache__", "__pypackages__", "build", "dist", "node_modules", "site-packages", "venv",
        ".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox",
        ".pytest_cache", ".ruff_cache", ".svn", ".tox", ".venv",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Project:
    """Files that are analysed together; findings are reported for `reported`, or for all if None."""

    root: Path
    files: tuple[Path, ...]
    reported: frozenset[Path] | None = None


def discover(paths: Sequence[Path], exclude: Iterable[str] = ()) -> tuple[list[Project], list[Problem]]:
    """One project for each given folder, and one around the given files of each root."""
    projects: list[Project] = []
    problems: list[Problem] = []
    singles: dict[Path, set[Path]] = {}
    patterns = tuple(exclude)
    for path in paths:
        if path.is_dir():
            root = path.resolve()
            projects.append(Project(root, tuple(walk(root, patterns, problems))))
        elif path.is_file():
            file = path.resolve()
            singles.setdefault(project_root(file), set()).add(file)
        else:
            problems.append(Problem(str(path), 0, 0, "no such file or folder"))
    for root, files in singles.items():
        around = dict.fromkeys((*walk(root, patterns), *sorted(files)))
        projects.append(Project(root, tuple(around), frozenset(files)))
    return projects, problems


def project_root(file: Path) -> Path:
    """The folder of the project that a file belongs to.

    That is the nearest one above it with a configuration for seedlint, else the repository's, so that
    some files of a repository get the verdicts that they get with all; else the nearest one that
    packaging marks, else the file's own.
    """
    packaged = None
    for folder in file.parents:
        if _configured(folder) or (folder / ".git").exists():
            return folder
        if packaged is None and any((folder / mark).exists() for mark in PACKAGING_MARKS):
            packaged = folder
    return packaged or file.parent


def _configured(folder: Path) -> bool:
    if (folder / "seedlint.toml").exists():
        return True
    try:
        return b"[tool.seedlint" in (folder / "pyproject.toml").read_bytes()
    except OSError:
        return False


def walk(root: Path, exclude: Sequence[str], problems: list[Problem] | None = None) -> Iterator[Path]:
    """The Python files and notebooks below a folder, in a stable order; links to folders are not followed.

    Folders that cannot be read are added to `problems`.
    """
    yield from _walk(str(root), "", _Ignored(root, exclude), problems)


def _walk(folder: str, relative: str, ignored: _Ignored, problems: list[Problem] | None) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        if problems is not None:
            problems.append(Problem(folder, 0, 0, f"cannot be read: {error.strerror or error}"))
        return
    here = ignored.below(folder, relative)
    for entry in found:
        name = f"{relative}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in SKIPPED and not here.matches(name + "/"):
                yield from _walk(entry.path, name + "/", here, problems)
        elif entry.name.endswith(SUFFIXES) and _is_file(entry) and not here.matches(name):
            yield Path(entry.path)


def _spec(lines: list[str]) -> object:
    """What some lines of `.gitignore` match; like git, without those that are malformed."""
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines(filter(_is_pattern, lines))


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether a name leads to a file; links may lead in a circle."""
    try:
        return entry.is_file()
    except OSError:
        return False


class _Ignored:
    """What `.gitignore` files and the configuration leave out."""

    def __init__(self, root: Path, exclude: Sequence[str]) -> None:
        self.specs: list[tuple[str, object]] = []
        self._add("", list(exclude))

    def _add(self, relative: str, lines: list[str]) -> None:
        if any(line.strip() and not line.startswith("#") for line in lines):
            spec = _spec(lines)
            self.specs = [*self.specs, (relative, spec)]

    def below(self, folder: str, relative: str) -> _Ignored:
        """With the folder's own `.gitignore`, if it has one."""
        path = os.path.join(folder, ".gitignore")  # noqa: PTH118 - a path object for each folder costs more than the scan
        try:
            with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                lines = file.read().splitlines()
        except OSError:
            return self
        out = _Ignored.__new__(_Ignored)
        out.specs = self.specs
        out._add(relative, lines)
        return out

    def matches(self, name: str) -> bool:
        """Whether a path from the root is left out."""
        return any(
            spec.match_file(name[len(prefix) :])  # type: ignore[attr-defined]
            for prefix, spec in self.specs
            if name.startswith(prefix)
        )
