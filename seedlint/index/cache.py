"""What earlier runs found, kept on disk: a damaged or foreign file is slower, never wrong."""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from seedlint.index.summary import FORMAT, Summary

MOST_BYTES = 512 * 1024 * 1024
"""Above this much in the folder, the files that were used longest ago are removed."""
LEAST_AGE = 300
"""Seconds for which a half-written file may belong to a process that still writes it."""
_STAMP_SIZE, _DIGEST_SIZE = 32, 16
_HEAD = _STAMP_SIZE + _DIGEST_SIZE
_LENGTH_SIZE = 8


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
        try:
            body = marshal.dumps(value)
        except ValueError:
            return
        self._write(key, [self.stamp.ljust(_STAMP_SIZE, b"\0"), _digest(body), body])

    def open(self, key: str) -> BinaryIO | None:
        """The file of a key, or None."""
        try:
            return None if self.folder is None else open(self.folder / key, "rb")  # noqa: PTH123
        except OSError:
            return None

    def write_parts(self, key: str, code: str, parts: Mapping[bytes, bytes]) -> None:
        """Keep marshalled values that `Parts` reads one by one."""
        index, at = {}, 0
        for name, data in parts.items():
            index[name] = (at, len(data), _digest(data))
            at += len(data)
        body = marshal.dumps((code, index))
        size = len(body).to_bytes(_LENGTH_SIZE, "little")
        self._write(key, [self.stamp.ljust(_STAMP_SIZE, b"\0"), _digest(body), size, body, *parts.values()])

    def _write(self, key: str, pieces: Iterable[bytes]) -> None:
        if self.folder is None:
            return
        beside = self.folder / f"{key}.{os.getpid()}.{time.monotonic_ns():x}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                with beside.open("wb") as file:
                    file.writelines(pieces)
                beside.replace(self.folder / key)
            except OSError:
                beside.unlink(missing_ok=True)
        except OSError:
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
    """The Summaries of one project, by the content of their files, in one file of which each is read when asked for."""

    def __init__(self, folder: Path | None, project: str) -> None:
        self.store = Store(folder, "summaries")
        self.key = key_of(project)
        self.used: dict[bytes, bytes] = {}
        self.changed = False
        self._parts: Parts | None = None
        # Developers change the code without changing the format.
        self.code = _code() if folder is not None else ""

    def get(self, digest: bytes) -> Summary | None:
        """The Summary of a file with this content."""
        if self._parts is None:
            self._parts = Parts(self.store, self.key, self.code)
        found = self._parts.get(digest)
        if found is None:
            return None
        self.used[digest] = found
        body, imports, main, tests = marshal.loads(found)
        return Summary(body, imports, main, frozenset(tests))

    def put(self, digest: bytes, summary: Summary) -> None:
        """Keep a Summary; one of a file that was read only in part is made anew, for its problems."""
        if not summary.problems and self.store.folder is not None:
            tests = tuple(sorted(summary.tests))
            self.used[digest] = marshal.dumps((summary.body, summary.imports, summary.main, tests))
            self.changed = True

    def write(self) -> None:
        """Write what this run used, if anything is new."""
        if self._parts is not None:
            self._parts.close()
        if self.changed:
            self.store.write_parts(self.key, self.code, self.used)
        self.used = {}


class Parts:
    """Some marshalled values in one file, each read and checked when it is asked for."""

    def __init__(self, store: Store, key: str, code: str) -> None:
        self._file = store.open(key)
        self._index: dict[bytes, tuple[int, int, bytes]] = {}
        if self._file is not None:
            self._index = self._read_index(self._file, store.stamp, code)

    @staticmethod
    def _read_index(file: BinaryIO, stamp: bytes, code: str) -> dict[bytes, tuple[int, int, bytes]]:
        try:
            head = file.read(_HEAD + _LENGTH_SIZE)
            size = int.from_bytes(head[_HEAD:], "little")
            if head[:_STAMP_SIZE].rstrip(b"\0") != stamp or size > os.fstat(file.fileno()).st_size:
                return {}
            body = file.read(size)
            kept = marshal.loads(body) if head[_STAMP_SIZE:_HEAD] == _digest(body) else ("", {})
            begin = file.tell()
            places = kept[1] if kept[0] == code else {}
            return {name: (begin + at, length, check) for name, (at, length, check) in places.items()}
        except (OSError, ValueError, EOFError, TypeError, MemoryError, AttributeError, LookupError):
            return {}

    def get(self, name: bytes) -> bytes | None:
        """A value as it was marshalled, or None."""
        place = self._index.get(name)
        if place is None or self._file is None:
            return None
        try:
            self._file.seek(place[0])
            data = self._file.read(place[1])
        except OSError:
            return None
        return data if _digest(data) == place[2] else None

    def close(self) -> None:
        """Close the file, so that it can be replaced where open files cannot."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _code() -> str:
    """What stands for the code that makes Summaries."""
    from seedlint.index.stamps import folder_stamps

    here = Path(__file__).parent
    return key_of(folder_stamps([str(here), str(here.parent / "sources")], (".py",)))
