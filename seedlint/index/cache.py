"""Summaries kept on disk by content: a damaged or foreign file is slower, never wrong."""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from seedlint.index.summary import FORMAT, Summary

MOST_BYTES = 256 * 1024 * 1024
"""Above this much in the folder, the files that were used longest ago are removed."""


class Store:
    """Marshalled values in files, each named by a key; a failed write costs nothing but time."""

    def __init__(self, folder: Path | None, kind: str) -> None:
        self.folder = None if folder is None else folder / kind
        self.stamp = f"{kind}-{FORMAT}-{sys.version_info[0]}.{sys.version_info[1]}".encode()

    def read(self, key: str) -> Any:
        """What was kept under a key, or None."""
        if self.folder is None:
            return None
        path = self.folder / key
        try:
            data = path.read_bytes()
            body = data[48:]
            if data[:32].rstrip(b"\0") != self.stamp or data[32:48] != _digest(body):
                return None
            return marshal.loads(body)
        except (OSError, ValueError, EOFError, TypeError):
            return None

    def write(self, key: str, value: Any) -> None:
        """Keep a value; written beside and renamed, so that no reader sees half of it."""
        if self.folder is None:
            return
        try:
            body = marshal.dumps(value)
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(self.stamp.ljust(32, b"\0") + _digest(body) + body)
            os.replace(name, self.folder / key)  # noqa: PTH105 - the name is text
        except (OSError, ValueError):
            return

    def shrink(self) -> None:
        """Remove what was used longest ago while the folder is too large."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError):
            files = sorted(
                (entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(self.folder)
            )
            size = sum(item[1] for item in files)
            for _, length, name in files:
                if size <= MOST_BYTES:
                    break
                os.unlink(name)  # noqa: PTH108
                size -= length


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


class SummaryCache:
    """The Summaries of one project, in one file."""

    def __init__(self, folder: Path | None, project: str) -> None:
        self.store = Store(folder, "summaries")
        self.key = hashlib.blake2b(project.encode(), digest_size=16).hexdigest()
        self.entries: dict[bytes, Any] = {}
        self.used: dict[bytes, Any] = {}
        self.changed = False
        self.loaded = False

    def get(self, digest: bytes) -> Summary | None:
        """The Summary of a file with this content."""
        if not self.loaded:
            self.loaded = True
            kept = self.store.read(self.key)
            self.entries = kept if isinstance(kept, dict) else {}
        entry = self.entries.get(digest)
        if entry is None:
            return None
        self.used[digest] = entry
        body, imports, main, tests = entry
        return Summary(body, imports, main, frozenset(tests))

    def put(self, digest: bytes, summary: Summary) -> None:
        """Keep a Summary."""
        self.used[digest] = (summary.body, summary.imports, summary.main, tuple(sorted(summary.tests)))
        self.changed = True

    def write(self) -> None:
        """Write what this run used, if anything is new."""
        if self.changed:
            self.store.write(self.key, self.used)
            self.store.shrink()
