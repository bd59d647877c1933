"""Fixture programs: what a case holds, and what running it twice shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROGRAMS = Path(__file__).parents[1] / "fixtures" / "programs"
NOT_THE_PROGRAM = {"expected.toml", "README.md"}
SECONDS = 300


@dataclass(frozen=True, slots=True, order=True)
class Expected:
    """One finding that a case must get, of any `severity` if none is named; its texts hold what it `mentions`."""

    path: str
    line: int
    code: str
    stream: str = ""
    cell: int | None = None
    mentions: tuple[str, ...] = ()
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One program: `divergence` says whether two runs differ, None where it cannot run, with `why`."""

    name: str
    folder: Path
    entry: str
    divergence: bool | None
    why: str
    options: tuple[str, ...]
    config: Mapping[str, Any]
    findings: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run printed after `result`; `missing` names a module that is not installed."""

    results: tuple[str, ...]
    error: str = ""
    missing: str = ""


def load_cases(root: Path = PROGRAMS) -> list[Case]:
    """Every case under `root`, in the order of their names."""
    return [load_case(root, path.parent) for path in sorted(root.glob("*/*/expected.toml"))]


def load_case(root: Path, folder: Path) -> Case:
    """Read one folder; KeyError or TypeError when expected.toml lacks or invents a key."""
    data = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    findings = tuple(Expected(**{**row, "mentions": tuple(row.get("mentions", ()))}) for row in data.pop("finding", []))
    case = Case(
        name=folder.relative_to(root).as_posix(),
        folder=folder,
        entry=data.pop("entry"),
        divergence=data.pop("divergence", None),
        why=data.pop("why", ""),
        options=tuple(data.pop("options", "").split()),
        config=data.pop("config", {}),
        findings=findings,
    )
    if data:
        raise TypeError(f"{case.name}: unknown keys {sorted(data)}")
    return case


def copy_program(case: Case, target: Path) -> None:
    """Copy the program's own files, so that nothing around them belongs to its project."""
    ignore = shutil.ignore_patterns("__pycache__", *NOT_THE_PROGRAM)
    shutil.copytree(case.folder, target, ignore=ignore, dirs_exist_ok=True)


def run_case(case: Case) -> tuple[Ran, Ran]:
    """Run the entry in two fresh processes that share nothing but the files."""
    return _run(case, "1"), _run(case, "2")


def _run(case: Case, hash_seed: str) -> Ran:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy_program(case, root)
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONDONTWRITEBYTECODE": "1"}
        environment["OMP_NUM_THREADS"] = "1"
        environment["PYTHONPATH"] = "src" if (root / "src").is_dir() else ""
        done = subprocess.run(
            [*_command(root, case.entry), *case.options],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    missing = re.findall(r"ModuleNotFoundError: No module named '(\w+)", done.stderr + done.stdout)
    results = tuple(sorted(re.findall(r"^\.?result .*$", done.stdout, flags=re.MULTILINE)))
    error = "" if done.returncode == 0 else (done.stderr or done.stdout)[-2000:]
    return Ran(results, error, missing[-1] if missing else "")


def _command(root: Path, entry: str) -> list[str]:
    if Path(entry).name.startswith("test_"):
        return [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", entry]
    if entry.endswith(".ipynb"):
        script = root / "as_script.py"
        script.write_text(_code_cells(root / entry), encoding="utf-8")
        return [sys.executable, script.name]
    if Path(entry).name == "__main__.py":
        module = Path(entry).parent.as_posix().removeprefix("src/").replace("/", ".")
        return [sys.executable, "-m", module]
    return [sys.executable, entry]


def _code_cells(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    lines = [
        line.rstrip("\n")
        for cell in cells
        if cell["cell_type"] == "code"
        for line in [*cell["source"], ""]
        if not line.startswith(("%", "!"))
    ]
    return "\n".join(lines) + "\n"
