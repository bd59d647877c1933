"""What is sent to the project's interpreter: the entries to run, their files, and what to watch there."""

from __future__ import annotations

import ast
import os
import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from seedlint.engine import Evidence
from seedlint.flow.state import Spot
from seedlint.flow.timeline import Moment
from seedlint.program.entries import is_test
from seedlint.program.modules import SOURCE_FOLDERS
from seedlint.rule import Finding
from seedlint.sources.source import Source
from seedlint.verify.trees import code_of, instrumented, lenient_modules, other_files, root_of, tree_name
from seedlint.verify.witness import Witness, causes, witnesses


@dataclass(frozen=True, slots=True)
class Options:
    """How findings are verified."""

    python: str = sys.executable
    launcher: str = ""
    device: str = "auto"
    runs: int = 2
    timeout: float = 60.0
    jobs: int = max(1, os.cpu_count() or 1)
    keep: str = ""
    run: str = ""
    cold: bool = False
    fence: bool = True
    memory: int = 16 << 30
    environment: tuple[str, ...] = ()


class PlanError(Exception):
    """What was asked for cannot be run; the text says why."""


@dataclass(slots=True)
class Entry:
    """One entry to run, the findings that it decides, and which points show each."""

    source: Source
    module: str
    arguments: tuple[str, ...] = ()
    given: bool = False
    driven: str = ""
    findings: list[tuple[Finding, list[tuple[Witness, int]]]] = field(default_factory=list)
    causes: list[Witness] = field(default_factory=list)
    wanted: list[int] = field(default_factory=list)
    points: dict[int, list[Witness]] = field(default_factory=dict)
    spots: dict[Spot, int] = field(default_factory=dict)

    def point(self, witness: Witness) -> int:
        """The number of a witness's place in this entry."""
        number = self.spots.setdefault(witness.spot, len(self.spots) + 1)
        if witness not in self.points.setdefault(number, []):
            self.points[number].append(witness)
        return number


def entries_of(findings: Iterable[Finding], evidence: Evidence, device: str, run: str = "") -> list[Entry]:
    """The findings by the entry that leads to them, or by the one that is `run`; those without evidence are left out.

    Raises `PlanError` for a run of something that is no file of the project.
    """
    asked = _asked(run, evidence) if run else None
    by_module: dict[str, Entry] = {}
    for finding in findings:
        found = evidence.found.get((finding.place, finding.code, finding.stream))
        if found is None:
            continue
        module = asked.module if asked else found.timeline.entry
        driven = (
            ""
            if asked or found.timeline.reached
            else _outermost(found.report.moment, code_of(evidence.modules[module]))
        )
        if not (asked or driven or found.timeline.reached):
            continue
        made = asked or Entry(evidence.modules[module], module, driven=driven)
        entry = by_module.setdefault(module + driven, made)
        watched = [w for w in witnesses(found) if not w.needs or device.startswith(w.needs)]
        if watched:
            entry.causes += [witness for witness in causes(found.timeline) if witness not in entry.causes]
            entry.findings.append((finding, [(witness, entry.point(witness)) for witness in watched]))
    out = [entry for entry in by_module.values() if entry.findings]
    for entry in out:
        entry.wanted = sorted(entry.points)
        for witness in entry.causes:
            entry.point(witness)
    return out


def _outermost(moment: Moment, text: str) -> str:
    """The function, or `Class.method`, in which the path to a moment that no entry reaches begins."""
    step = next(iter(moment.chain), None)
    line = step.spot.pos[0] if step is not None and step.spot.module == moment.spot.module else moment.spot.pos[0]
    for node in ast.parse(text).body:
        if not node.lineno <= line <= (node.end_lineno or node.lineno):
            continue
        if isinstance(node, ast.FunctionDef):
            return node.name
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and part.lineno <= line <= (part.end_lineno or 0):
                    return node.name if part.name == "__init__" else f"{node.name}.{part.name}"
    return ""


def _asked(run: str, evidence: Evidence) -> Entry | None:
    """The entry of a command such as `train.py --epochs 1` or `python -m package.train`; None if there is none."""
    words = shlex.split(run)
    if words and Path(words[0]).stem.startswith("python"):
        words = words[1:]
    as_module = words[:1] == ["-m"]
    words = words[1:] if as_module else words
    if not words:
        raise PlanError(f"--run {run!r} names no file to run")
    for name, source in evidence.modules.items():
        if as_module:
            if name in (words[0], f"{words[0]}.__main__") or name.endswith(f".{words[0]}"):
                return Entry(source, name, tuple(words[1:]), True)
        elif words[0] in (source.path, source.root_path) or Path(words[0]).resolve() == source.absolute:
            return Entry(source, name, tuple(words[1:]), True)
    return None


def make_plan(projects: Sequence[tuple[Sequence[Entry], Evidence]], options: Options) -> dict[str, Any]:
    """The plan for the entries of some projects, as JSON holds it."""
    made = [_project(entries, evidence, options) for entries, evidence in projects]
    numbered = [
        (number, entry, evidence)
        for number, (entries, evidence) in enumerate(projects)
        for entry in entries
    ]  # fmt: skip
    return {
        "version": 1,
        "projects": [project for project, _ in made],
        "entries": [
            _entry(i, number, entry, evidence, options) for i, (number, entry, evidence) in enumerate(numbered)
        ],
        "warm": sorted(set().union(*(warm for _, warm in made))),
        "device": options.device,
        "runs": max(2, options.runs),
        "timeout": options.timeout,
        "jobs": max(1, options.jobs),
        "keep": options.keep,
        "cold": options.cold,
        "fence": options.fence,
        "memory": options.memory,
        "pass": list(options.environment),
    }


def _project(entries: Sequence[Entry], evidence: Evidence, options: Options) -> tuple[dict[str, Any], set[str]]:
    """One project's files, and the library modules that it imports."""
    sources = {source.root_path: source for source in evidence.modules.values()}
    root = root_of(next(iter(sources.values())))
    files, links = other_files(root, sources)
    files.update({tree_name(source): source.text for source in sources.values()})
    modules = evidence.program.modules
    imports = {name for module in modules.values() for level, name in module.summary.imports if not level}
    own = {part for name in modules for part in name.split(".")}
    roots = {name.partition(".")[0] for name in imports} - own
    project = {
        "tree": files,
        "tolerant": lenient_modules({entry.module for entry in entries}, evidence),
        "links": links if not options.launcher else {},
        "sys_path": [name for name in SOURCE_FOLDERS if (root / name).is_dir()],
        "optional": sorted(roots - evidence.roots - set(sys.stdlib_module_names)),
    }
    return project, {name for name in imports if name.partition(".")[0] in roots & evidence.roots}


def _entry(number: int, project: int, entry: Entry, evidence: Evidence, options: Options) -> dict[str, Any]:
    repeated = {number for number, watched in entry.points.items() if any(w.kind == "kernel" for w in watched)}
    tree, lenient = instrumented(entry.module, entry.spots, repeated, entry.driven, evidence)
    module, summary = entry.source, evidence.program.modules[entry.module]
    name = tree_name(module)
    as_module = _runs_as_module(entry, evidence)
    return {
        "id": str(number),
        "project": project,
        "label": module.path,
        "slug": re.sub(r"\W+", "-", module.root_path)[-40:].strip("-"),
        "script": "" if as_module else name,
        "module": as_module,
        "pytest": is_test(summary) and not summary.summary.main,
        "argv": list(entry.arguments),
        "given": entry.given,
        "tree": tree,
        "tolerant": lenient,
        "points": {str(n): [{"kind": w.kind, "stream": w.stream} for w in ws] for n, ws in entry.points.items()},
        "witnesses": [
            {"id": f"{n}{w.kind}{w.stream}", "point": str(n), "kind": w.kind, "stream": w.stream}
            for n, ws in entry.points.items()
            for w in ws
            if n in entry.wanted
        ],
        "wanted": [str(n) for n in entry.wanted],
    }


def _runs_as_module(entry: Entry, evidence: Evidence) -> str:
    """The name to run an entry by when it is a package's `__main__`, or imports relatively; else empty."""
    path = PurePosixPath(entry.source.root_path)
    relative = any(level for level, _ in evidence.program.modules[entry.module].summary.imports)
    if path.name != "__main__.py" and not relative:
        return ""
    packages = {PurePosixPath(m.path).parent for m in evidence.program.modules.values() if m.package}
    parts = [] if path.name == "__main__.py" else [path.stem]
    folder = path.parent
    while folder.parts and (folder in packages or not parts):
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts) if parts else ""
