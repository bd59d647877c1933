"""Reading API tables, and keeping what was parsed."""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedlint.knowledge.schema import TableError

FORMAT = 2
"""Raised when the schema or its checks change, so that what was kept before is not used."""

DIGEST_SIZE = 16


@dataclass(frozen=True, slots=True)
class Table:
    """One parsed table: where it comes from, its data, and a hash of its text."""

    path: str
    data: dict[str, Any]
    digest: bytes


def load_tables(
    paths: Iterable[Path],
    *,
    validate: bool = False,
    cache_dir: Path | None = None,
    streams: Iterable[str] = (),
) -> tuple[Table, ...]:
    """Read tables from TOML files, in the given order.

    `validate` checks every row, where `streams` are known beside those that the tables declare. What was parsed
    is kept in `cache_dir`; without one, tables that need no check are kept beside their files, as Python keeps what
    it compiles. Either folder may be missing, read-only or damaged.
    Raises `TableError` for a file that cannot be read or parsed, and for a wrong row.
    """
    known = tuple(sorted(streams))
    names = [str(path) for path in paths]
    texts = [_read(name) for name in names]
    digests = [_digest(text) for text in texts]
    folder = cache_dir or (None if validate or not names else Path(names[0]).parent / "__pycache__")
    key = _digest(repr((FORMAT, sys.version_info[:2], names, digests, validate, known)).encode())
    kept = folder / f"tables-{key.hex()}" if folder is not None else None
    parsed = _recall(kept) if kept is not None else None
    if parsed is None:
        parsed = [_parse(name, text) for name, text in zip(names, texts, strict=True)]
        if validate:
            _validate(names, parsed, texts, known)
        if kept is not None and cache_dir is not None:
            _keep(kept, parsed)
        elif kept is not None and not sys.dont_write_bytecode:
            _keep_alone(kept, parsed)
    return tuple(Table(*fields) for fields in zip(names, parsed, digests, strict=True))


def table_from_mapping(data: dict[str, Any], path: str, text: str, *, streams: Iterable[str] = ()) -> Table:
    """Make a checked table of a part of a larger TOML document, such as a project's configuration.

    `path` and `text` are that document's, for the places of errors: its headers of rows may have a
    prefix, as in `[[tool.seedlint.call]]`. Raises `TableError`.
    """
    encoded = text.encode()
    _validate([path], [data], [encoded], tuple(streams))
    return Table(path, data, _digest(repr(data).encode()))


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise TableError(f"{path}:1: {error.strerror or error}") from error


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=DIGEST_SIZE).digest()


def _parse(path: str, text: bytes) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text.decode())
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise TableError(f"{path}:{line}: not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        line = int(message.rpartition("at line ")[2].partition(",")[0]) if "at line " in message else 1
        raise TableError(f"{path}:{line}: {message}") from error


def _validate(
    names: Sequence[str], parsed: Sequence[dict[str, Any]], texts: Sequence[bytes], streams: tuple[str, ...]
) -> None:
    from seedlint.knowledge.checks import check_tables

    check_tables([(name, data, text.decode()) for name, data, text in zip(names, parsed, texts, strict=True)], streams)


def _recall(path: Path) -> list[dict[str, Any]] | None:
    """What was parsed before; None if nothing was kept or it is not what was written."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, payload = content[:DIGEST_SIZE], content[DIGEST_SIZE:]
    if _digest(payload) != digest:
        return None
    try:
        parsed: list[dict[str, Any]] = marshal.loads(payload)
    except (ValueError, EOFError, TypeError, MemoryError):
        return None
    return parsed


def _keep_alone(path: Path, parsed: list[dict[str, Any]]) -> None:
    """Keep what was parsed in place of what was kept of the tables before they changed."""
    with contextlib.suppress(OSError):
        for old in path.parent.glob("tables-*"):
            old.unlink()
    _keep(path, parsed)


def _keep(path: Path, parsed: list[dict[str, Any]]) -> None:
    try:
        payload = marshal.dumps(parsed)
    except ValueError:  # a user's table may hold a date, which is not worth keeping
        return
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(_digest(payload) + payload)
        temporary.replace(path)
