"""What the file system says of files, so that one which did not change need not be read."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from seedlint.index.cache import Store, key_of

Stamp = tuple[int, int, int, int]
"""When a file's text and entry were changed, in nanoseconds; its size; its number."""
SETTLED = 2_000_000_000
"""A file that changed this shortly before it was read may change again unnoticed, where clocks are coarse."""


class Stamps:
    """The digests of one project's files as they were read before."""

    def __init__(self, folder: Path | None, project: str) -> None:
        self._store = Store(folder, "stamps")
        self._key = key_of(project)
        kept = self._store.read(self._key)
        self._known: dict[str, tuple[Stamp, bytes]] = kept if isinstance(kept, dict) else {}
        self._new: dict[str, tuple[Stamp, bytes]] = {}
        self._began = time.time_ns()

    def digest(self, path: str) -> bytes | None:
        """The digest of a file that is as it was when it was read, or None."""
        known = self._known.get(path)
        if known is None or known[0] != stamp_of(path):
            return None
        self._new[path] = known
        return known[1]

    def note(self, path: str, stamp: Stamp | None, digest: bytes) -> None:
        """Keep the digest of a file that was read after its stamp was taken, once it has settled."""
        if stamp is not None and max(stamp[0], stamp[1]) + SETTLED < self._began:
            self._new[path] = (stamp, digest)

    def write(self) -> None:
        """Keep what is known now, if that is something else than before."""
        if self._new != self._known:
            self._store.write(self._key, self._new)


def stamp_of(path: str) -> Stamp | None:
    """A file's stamp, or None if it cannot be looked at."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def folder_stamps(folders: Iterable[str], suffixes: tuple[str, ...]) -> list[tuple[str, Stamp | None]]:
    """The stamps of the files with these suffixes in some folders and below, in a stable order."""
    out: list[tuple[str, Stamp | None]] = []
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in found:
            if entry.name.endswith(suffixes):
                out.append((entry.path, stamp_of(entry.path)))
            elif entry.name != "__pycache__" and entry.is_dir():
                out += folder_stamps([entry.path], suffixes)
    return out


def digest_of(path: Path) -> bytes | None:
    """What stands for a file's content; None if it cannot be read."""
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
    except OSError:
        return None
