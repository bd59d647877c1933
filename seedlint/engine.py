"""Takes one project all the way: files, Summaries, Program, Timelines, findings."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from seedlint import registry
from seedlint.config import Config
from seedlint.index.build import Counts, summaries
from seedlint.index.cache import SummaryCache
from seedlint.index.summary import Summary
from seedlint.knowledge import Knowledge, load_tables
from seedlint.rule import Finding, Place
from seedlint.sources.discover import Project
from seedlint.sources.read import read
from seedlint.sources.source import Problem, Source

if TYPE_CHECKING:
    from seedlint.findings import Found
    from seedlint.program.modules import Program


@dataclass(slots=True)
class Analysis:
    """What a project's analysis gave."""

    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    files: int = 0
    entries: int = 0
    hidden: int = 0
    counts: Counts = field(default_factory=Counts)
    evidence: Evidence | None = None
    tests: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Evidence:
    """What the findings rest on, by (place, code, stream); `modules` maps module names to their files."""

    program: Program
    roots: frozenset[str]
    modules: dict[str, Source]
    found: dict[tuple[Place, str, str | None], Found]


def analyze(
    project: Project,
    config: Config,
    *,
    jobs: int = 1,
    cache_dir: Path | None = None,
    texts: dict[Path, Source] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Analysis:
    """Analyse a project; `texts` replaces files by what an editor holds.

    `progress` is told how many entries have run, and how many there are. Raises `TableError`.
    """
    out = Analysis()
    sources = _read(project, texts or {}, out)
    cache = SummaryCache(cache_dir, str(project.root))
    parsed: dict[str, Summary] = {}
    for source, result in summaries(sources, cache, jobs, out.counts):
        if isinstance(result, Problem):
            out.problems.append(result)
        else:
            parsed[source.root_path] = result
            out.problems += result.problems
    out.files = len(sources)
    out.sources = {source.path: source for source in sources}
    if parsed:
        _judge(parsed, {s.root_path: s for s in sources}, config, cache_dir, out, progress)
    if project.reported is not None:
        shown = {display(path) for path in project.reported}
        out.findings = [finding for finding in out.findings if finding.place.path in shown]
        out.problems = [problem for problem in out.problems if problem.path in shown]
    return out


def _read(project: Project, texts: dict[Path, Source], out: Analysis) -> list[Source]:
    sources = []
    for path in project.files:
        result = texts.get(path) or read(path, project.root, display(path))
        if isinstance(result, Problem):
            out.problems.append(result)
        else:
            sources.append(result)
    return sources


def display(path: Path) -> str:
    """A path as it is printed: from the working directory where it lies below, with `/`."""
    try:
        shown = os.path.relpath(path)
    except ValueError:
        return path.as_posix()
    return path.as_posix() if shown.startswith("..") else shown.replace(os.sep, "/")


def knowledge_for(config: Config, cache_dir: Path | None) -> Knowledge:
    """The API tables, the project's own among them. Raises `TableError` for a wrong row of the latter."""
    built_in = load_tables(registry.tables(), cache_dir=cache_dir)
    own: Sequence[Path] = [Path(name) for name in config.apis]
    streams = [row["name"] for table in built_in for row in table.data.get("stream", ())]
    tables = (*built_in, *load_tables(own, validate=True, streams=streams))
    versions = {"torch": tuple(int(n) for n in config.target_torch.split("."))} if config.target_torch else {}
    return Knowledge(tables, versions)


def _judge(
    parsed: dict[str, Summary],
    by_path: dict[str, Source],
    config: Config,
    cache_dir: Path | None,
    out: Analysis,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Run the program's entries and ask the rules."""
    from seedlint import findings as judged
    from seedlint.flow.run import NoSuchFunction, ignore, timelines
    from seedlint.program.entries import entries, is_test, named
    from seedlint.program.modules import build

    knowledge = knowledge_for(config, cache_dir)
    program = build(parsed, knowledge.roots)
    absolute = {str(by_path[module.path].absolute): name for name, module in program.modules.items()}
    only = bool(config.entries)
    chosen = named(config.entries, absolute) if only else entries(program, tests=True)
    if only and not chosen:
        return
    rules = [rule for rule in registry.rules() if config.selects(rule.code, rule.default)]
    try:
        lines, machine = timelines(program, knowledge, chosen, config.library, only, progress or ignore)
    except NoSuchFunction as error:
        path = by_path[program.modules[error.module].path].path
        out.problems.append(Problem(path, 0, 0, f"defines no `{error.function}` at its top level"))
        return
    sources = {name: by_path[module.path] for name, module in program.modules.items()}
    tests = out.tests = {sources[name].path for name, module in program.modules.items() if is_test(module)}
    grounds = [(judged.to_finding(item, sources), item) for item in judged.collect(lines, rules)]
    found = [finding for finding, _ in grounds]
    by_key = {(finding.place, finding.code, finding.stream): item for finding, item in grounds}
    out.evidence = Evidence(program, knowledge.roots, sources, by_key)
    found.sort(key=lambda finding: (finding.place, finding.code, finding.stream or ""))
    shown = [f for f in found if config.tests or only or (f.entry not in tests and f.place.path not in tests)]
    out.hidden = len(found) - len(shown)
    out.findings = shown
    out.entries = sum(1 for line in lines if line.reached)
    out.counts.functions_analysed = machine.functions_analysed
