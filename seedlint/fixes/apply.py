"""Changes made in a file's bytes, and files written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from seedlint.fixes.cells import apply_to, column_in
from seedlint.fixes.cells import patch as patch_notebook
from seedlint.sources.source import Source, split_lines
from seedlint.syntax.positions import Change, Offsets

_END = re.compile("\r\n|\r|\n")


class Changed(Exception):
    """A file is not what it was when it was read."""


def patched(data: bytes, source: Source, changes: Sequence[Change]) -> bytes:
    """A file's bytes with changes made, everything else as it is.

    Raises ValueError for a file whose text cannot be written back to the byte.
    """
    if source.kind == "notebook":
        return patch_notebook(data, source, changes)
    text = data.decode(source.encoding)
    if text.encode(source.encoding) != data:
        raise ValueError(f"its encoding {source.encoding} does not keep its bytes")
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    text = text[len(bom) :]
    starts, ends = [0], []
    for match in _END.finditer(text):
        starts.append(match.end())
        ends.append(match.group())
    usual = ends[0] if ends else "\n"
    offsets = Offsets(source)

    written = split_lines(text)

    def real(offset: int) -> int:
        line, column = offsets.place(offset)
        return starts[line - 1] + column_in(written[line - 1], offsets.lines[line - 1], column)

    moved = [Change(real(c.start), real(c.end), c.content.replace("\n", usual)) for c in changes]
    return (bom + apply_to(text, moved)).encode(source.encoding)


def clash(one: Change, other: Change) -> bool:
    """Whether two different changes cannot both be made; what goes beside a passage waits until that is moved."""
    if one == other:
        return False
    if any(a.start == a.end and not b.content and b.start <= a.start <= b.end for a, b in ((one, other), (other, one))):
        return True
    if one.start == one.end and other.start == other.end:
        return False
    return one.start < other.end and other.start < one.end


def write(path: Path, before: bytes, after: bytes) -> None:
    """Replace a file by a whole new one with its permissions; the target of a link is written, the link kept.

    Raises `Changed` if the file no longer holds `before`, and OSError.
    """
    target = path.resolve()
    if target.read_bytes() != before:
        raise Changed(str(path))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(target.stat().st_mode & 0o7777)
        with contextlib.suppress(OSError, AttributeError):
            status = target.stat()
            os.chown(temporary, status.st_uid, status.st_gid)
        if target.read_bytes() != before:
            raise Changed(str(path))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
