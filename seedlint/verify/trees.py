"""The files that are run: the project's own, with the watched calls rewritten, and those beside them."""

from __future__ import annotations

import ast
import base64
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from seedlint.engine import Evidence
from seedlint.flow.state import Spot
from seedlint.index.summary import Position
from seedlint.program.modules import Program
from seedlint.sources.notebook import without_bad_cells
from seedlint.sources.source import Source
from seedlint.verify.instrument import OBSERVER, instrument, tolerant

SMALL_FILE = 256 * 1024
MOST_FILES = 2000
MANY_FILES = 100
MOST_BYTES = 16 * 1024 * 1024
_SKIPPED = frozenset({"node_modules", "venv", "env", "site-packages", "__pycache__", "wandb", "runs"})


def tree_name(source: Source) -> str:
    """Where a file lies in the tree that is run; a notebook becomes a script."""
    if source.root_path.endswith(".ipynb"):
        return source.root_path.removesuffix(".ipynb").replace(" ", "_") + "_notebook.py"
    return source.root_path


def code_of(source: Source) -> str:
    """The code that is run of a file; a notebook's cells that cannot be parsed are left out.

    Raises `SyntaxError` for a script that cannot be parsed.
    """
    try:
        ast.parse(source.text)
    except SyntaxError:
        if not source.cells:
            raise
        return without_bad_cells(source)[0].text
    return source.text


def root_of(source: Source) -> Path:
    """The folder of the project that a file belongs to."""
    return source.absolute.parents[len(PurePosixPath(source.root_path).parts) - 1]


def instrumented(
    module: str, spots: Mapping[Spot, int], repeated: Collection[int], driven: str, evidence: Evidence
) -> tuple[dict[str, str], dict[str, str]]:
    """The files of an entry that are rewritten: with points only, and stepping over what fails as well."""
    by_module: dict[str, dict[Position, int]] = {module: {}}
    for spot, number in spots.items():
        by_module.setdefault(spot.module, {})[spot.pos] = number
    tree, lenient = {}, {}
    for name, points in by_module.items():
        source = evidence.modules[name]
        try:
            text, _ = instrument(code_of(source), points, repeated)
            ast.parse(text)
            drive = f"\n\n{OBSERVER}.drive({driven!r}, globals())\n" if driven and name == module else ""
            tree[tree_name(source)] = text + drive
            lenient[tree_name(source)] = tolerant(text + drive, tree_name(source))
        except SyntaxError:
            continue
    return tree, lenient


def lenient_modules(entries: Iterable[str], evidence: Evidence) -> dict[str, str]:
    """Every module that some entries import, stepping over what fails; those that cannot be parsed are left out."""
    out = {}
    for name in imported(entries, evidence.program):
        source = evidence.modules.get(name)
        try:
            if source is not None and not source.root_path.endswith(".ipynb"):
                out[tree_name(source)] = tolerant(source.text, tree_name(source))
        except SyntaxError:
            continue
    return out


def imported(entries: Iterable[str], program: Program) -> set[str]:
    """The project's modules that some modules import, and those that these import in turn."""
    found: set[str] = set()
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        for level, dotted in program.modules[name].summary.imports:
            other = program.resolve(name, level, dotted)
            if other is not None and other not in found:
                found.add(other)
                waiting.append(other)
    return found


def other_files(root: Path, sources: Mapping[str, Source]) -> tuple[dict[str, str], dict[str, str]]:
    """The project's other files: small ones by content; larger ones, and folders of many, by where they are."""
    small: dict[str, str] = {}
    links: dict[str, str] = {}
    with_code = {parent for path in sources for parent in PurePosixPath(path).parents}
    total = 0
    for folder, folders, names in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        if PurePosixPath(here.as_posix()) not in with_code and len(names) + len(folders) > MANY_FILES:
            links[here.as_posix()] = folder
            folders[:] = []
            continue
        for name in sorted(names):
            path = Path(folder) / name
            relative = (here / name).as_posix()
            if name.startswith(".") or relative in sources or name.endswith((".pyc", ".ipynb")):
                continue
            try:
                size = path.stat().st_size
                if size > SMALL_FILE or total + size > MOST_BYTES or len(small) >= MOST_FILES:
                    links[relative] = str(path)
                else:
                    small[relative] = _content(path.read_bytes())
                    total += size
            except OSError:
                continue
    return small, links


def _content(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(data).decode()
    return "base64:" + base64.b64encode(data).decode() if text.startswith("base64:") else text
