"""A project's files by the path that is printed, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from seedlint.sources.read import read
from seedlint.sources.source import Source


class Sources(Mapping[str, Source]):
    """Maps printed paths to Sources; one that has become unreadable since is missing."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[Path, Path]] = {}
        self._known: dict[str, Source] = {}

    def promise(self, shown: str, path: Path, root: Path) -> None:
        """Add a file that is read later."""
        self._files[shown] = (path, root)

    def add(self, source: Source, root: Path) -> None:
        """Add a file that has been read."""
        self._files[source.path] = (source.absolute, root)
        self._known[source.path] = source

    def include(self, other: Sources) -> None:
        """Add all files of another."""
        self._files.update(other._files)
        self._known.update(other._known)

    def absolute(self, shown: str) -> Path:
        """Where the file of a printed path is, without reading it. Raises KeyError."""
        return self._files[shown][0]

    def __getitem__(self, shown: str) -> Source:
        known = self._known.get(shown)
        if known is None:
            path, root = self._files[shown]
            result = read(path, root, shown)
            if not isinstance(result, Source):
                raise KeyError(shown)
            known = self._known[shown] = result
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
