"""What earlier runs found, kept on disk: a damaged or foreign file is slower, never wrong."""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
import time
from pathlib import Path
from typing import Any

from seedlint.index.summary import FORMAT, Summary

MOST_BYTES = 512 * 1024 * 1024
"""Above this much in the folder, the files that were used longest ago are removed."""
LEAST_AGE = 300
"""Seconds for which a half-written file may belong to a process that still writes it."""
_STAMP_SIZE, _DIGEST_SIZE = 32, 16
_HEAD = _STAMP_SIZE + _DIGEST_SIZE


def key_of(*parts: object) -> str:
    """A file name for a combination of values with a stable `repr`."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=_DIGEST_SIZE).hexdigest()


class Store:
    """Marshalled values in files, each named by a key.

    Several processes may read and write at once: a file is written beside and renamed, so that no
    reader sees half of one. Its digest is checked before it is read. What cannot be written is not kept.
    """

    def __init__(self, folder: Path | None, kind: str) -> None:
        self.folder = None if folder is None else folder / kind
        self.stamp = f"{kind}-{FORMAT}-{sys.implementation.cache_tag}".encode()[:_STAMP_SIZE]

    def read(self, key: str) -> Any:
        """What was kept under a key, or None."""
        if self.folder is None:
            return None
        try:
            with open(self.folder / key, "rb") as file:  # noqa: PTH123 - a path object would be made for each
                data = file.read()
            body = memoryview(data)[_HEAD:]
            if data[:_STAMP_SIZE].rstrip(b"\0") != self.stamp or data[_STAMP_SIZE:_HEAD] != _digest(body):
                return None
            return marshal.loads(body)
        except (OSError, ValueError, EOFError, TypeError, MemoryError):
            return None

    def write(self, key: str, value: Any) -> None:
        """Keep a value."""
        if self.folder is None:
            return
        beside = self.folder / f"{key}.{os.getpid()}.{time.monotonic_ns():x}"
        try:
            body = marshal.dumps(value)
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                beside.write_bytes(self.stamp.ljust(_STAMP_SIZE, b"\0") + _digest(body) + body)
                beside.replace(self.folder / key)
            except OSError:
                beside.unlink(missing_ok=True)
        except (OSError, ValueError):
            return
        self._shrink()

    def _shrink(self) -> None:
        """Remove what was written longest ago while the folder is too large, and what a crash left behind."""
        assert self.folder is not None
        try:
            with os.scandir(self.folder) as entries:
                files = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in entries)
        except OSError:
            return
        size = sum(item[1] for item in files)
        for changed, length, path in files:
            unfinished = "." in Path(path).name and changed + LEAST_AGE < time.time()
            if unfinished or size > MOST_BYTES:
                size -= length
                with contextlib.suppress(OSError):
                    os.unlink(path)  # noqa: PTH108


def _digest(data: bytes | memoryview) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_SIZE).digest()


class SummaryCache:
    """The Summaries of one project, by the content of their files, in one file."""

    def __init__(self, folder: Path | None, project: str) -> None:
        self.store = Store(folder, "summaries")
        self.key = key_of(project)
        self.entries: dict[bytes, Any] = {}
        self.used: dict[bytes, Any] = {}
        self.changed = False
        self.loaded = False
        # Developers change the code without changing the format.
        self.code = _code() if folder is not None else ""

    def get(self, digest: bytes) -> Summary | None:
        """The Summary of a file with this content."""
        if not self.loaded:
            self.loaded = True
            kept = self.store.read(self.key)
            self.entries = kept[1] if isinstance(kept, tuple) and len(kept) == 2 and kept[0] == self.code else {}
        entry = self.entries.get(digest)
        if entry is None:
            return None
        self.used[digest] = entry
        body, imports, main, tests = entry
        return Summary(body, imports, main, frozenset(tests))

    def put(self, digest: bytes, summary: Summary) -> None:
        """Keep a Summary; one of a file that was read only in part is made anew, for its problems."""
        if not summary.problems:
            self.used[digest] = (summary.body, summary.imports, summary.main, tuple(sorted(summary.tests)))
            self.changed = True

    def write(self) -> None:
        """Write what this run used, if anything is new."""
        if self.changed:
            self.store.write(self.key, (self.code, self.used))


def _code() -> str:
    """What stands for the code that makes Summaries."""
    from seedlint.index.stamps import folder_stamps

    here = Path(__file__).parent
    return key_of(folder_stamps([str(here), str(here.parent / "sources")], (".py",)))
