"""Reads a file's text in the encoding that it declares."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import re
import tokenize
from pathlib import Path

from seedlint.sources.source import Problem, Source

DIGEST_SIZE = 16
LARGEST_FILE = 32 * 1024 * 1024
"""Larger files are data, not programs."""
_OLD_NAME = re.compile(r"(?<=[(,\s])async(?=\s*=[^=])")
"""An argument of this name, as in `x.cuda(async=True)`: a keyword since Python 3.7, where PyTorch renamed it."""


def read(path: Path, root: Path, shown: str) -> Source | Problem:
    """Read a Python file or a notebook; `shown` is how its path is printed."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return Problem(shown, 0, 0, f"not read: larger than {LARGEST_FILE // 2**20} MiB")
        data = path.read_bytes()
    except OSError as error:
        return Problem(shown, 0, 0, f"cannot be read: {error.strerror or error}")
    return decode(data, path, root, shown)


def decode(data: bytes, path: Path, root: Path, shown: str) -> Source | Problem:
    """Make a Source of a file's bytes."""
    digest = hashlib.blake2b(data, digest_size=DIGEST_SIZE).digest()
    relative = os.path.relpath(path, root).replace(os.sep, "/")
    if b"\0" in data:
        return Problem(shown, 0, 0, "not a Python file: it holds binary data")
    if path.suffix == ".ipynb":
        from seedlint.sources import notebook

        try:
            code = notebook.code(data)
        except ValueError as error:
            return Problem(shown, 0, 0, f"not a notebook: {error}")
        return Source(shown, relative, path, code.text, digest, kind="notebook", cells=code.cells, written=code.written)
    bom = data.startswith(codecs.BOM_UTF8)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, LookupError) as error:
        return Problem(shown, 1, 1, f"cannot be decoded: {error}")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        return Problem(shown, line, column, f"cannot be decoded as {error.encoding}: {error.reason}")
    written = text.removeprefix("\ufeff")
    text = _python(written)
    return Source(shown, relative, path, text, digest, encoding, bom, written="" if text is written else written)


def _python(text: str) -> str:
    """The text as Python; few scripts hold lines of IPython's, or date from when `async` was a name."""
    if "async" in text and _OLD_NAME.search(text):
        text = _OLD_NAME.sub("asynk", text)
    if "%%" not in text and "get_ipython()" not in text:
        return text
    from seedlint.sources.magics import python_of_script

    return python_of_script(text)
