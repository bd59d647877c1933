"""Takes one project all the way: files, Summaries, Program, Timelines, findings."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedlint.config import Config
from seedlint.index.stamps import Stamps, digest_of, stamp_of
from seedlint.recall import Results
from seedlint.rule import Finding, Place, Rule
from seedlint.sources.discover import Project
from seedlint.sources.read import read
from seedlint.sources.source import Problem, Source, may_suppress
from seedlint.sources.sources import Sources
from seedlint.stack import on_large_stack

if TYPE_CHECKING:
    from seedlint.findings import Found
    from seedlint.flow.timeline import Timeline
    from seedlint.flow.unchanged import Readings
    from seedlint.index.summary import Summary
    from seedlint.knowledge import Knowledge
    from seedlint.knowledge.schema import CallRow
    from seedlint.program.modules import Program


@dataclass(slots=True)
class Counts:
    """What a run did, apart from the clock."""

    files_parsed: int = 0
    cache_hits: int = 0
    functions_analysed: int = 0
    trees_opened: int = 0


@dataclass(slots=True)
class Analysis:
    """What a project's analysis gave."""

    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sources: Sources = field(default_factory=Sources)
    files: int = 0
    entries: int = 0
    hidden: int = 0
    counts: Counts = field(default_factory=Counts)
    evidence: Evidence | None = None
    tests: list[str] = field(default_factory=list)
    settings: dict[str, bytes | None] = field(default_factory=dict)
    """The configuration files that the program reads, with the digests that they had."""
    commented: list[str] = field(default_factory=list)
    """The files that may hold a comment which suppresses something."""


_KEPT = ("findings", "problems", "files", "entries", "hidden", "tests", "settings", "commented")


@dataclass(slots=True)
class Evidence:
    """What the findings rest on, by (place, code, stream); `modules` maps module names to their files."""

    program: Program
    roots: frozenset[str]
    modules: dict[str, Source]
    found: dict[tuple[Place, str, str | None], Found]
    knowledge: Knowledge
    timelines: list[Timeline]
    rules: list[type[Rule]]


def analyze(
    project: Project,
    config: Config,
    *,
    jobs: int = 1,
    cache_dir: Path | None = None,
    texts: dict[Path, Source] | None = None,
    progress: Callable[[int, int], None] | None = None,
    evidence: bool = False,
) -> Analysis:
    """Analyse a project; `texts` replaces files by what an editor holds.

    With a `cache_dir`, files that the file system says are unchanged are not read, files whose content
    is known are not parsed, and a project of which all files are known is not judged again: then there
    is no evidence, unless it is asked for with `evidence`. `jobs` processes parse what is left, where
    that pays. `progress` is told how many entries have run, and how many there are. Raises `TableError`.
    """
    collects = gc.isenabled()
    gc.disable()  # summaries are millions of tuples without cycles, which the collector would visit again and again
    try:
        return _analyze(project, config, jobs, cache_dir, texts or {}, progress, evidence)
    finally:
        if collects:
            gc.enable()


def _analyze(
    project: Project,
    config: Config,
    jobs: int,
    cache_dir: Path | None,
    texts: dict[Path, Source],
    progress: Callable[[int, int], None] | None,
    evidence: bool,
) -> Analysis:
    out = Analysis()
    results = Results(cache_dir, project.root, config)
    files = _Files(project, texts, cache_dir)
    key = results.key(files.digests)
    kept = _recalled(project, results, key, files, cache_dir, out.counts, not texts) if not evidence else None
    out.sources = files.sources
    if kept is not None:
        for name, value in kept.items():
            setattr(out, name, value)
        out.counts.cache_hits = len(files.digests) - out.counts.files_parsed
    else:
        sources = files.read_all()
        readings = on_large_stack(lambda: _compute(project, config, jobs, cache_dir, sources, progress, out))
        out.problems += files.problems
        if not texts and not files.problems:
            results.put(key, {name: getattr(out, name) for name in _KEPT}, key)
            results.put_base(key, files.digests, out.commented, readings)
    files.write()
    if project.reported is not None:
        shown = {display(path) for path in project.reported}
        out.findings = [finding for finding in out.findings if finding.place.path in shown]
        out.problems = [problem for problem in out.problems if problem.path in shown]
    return out


def _recalled(
    project: Project, results: Results, key: str, files: _Files, cache_dir: Path | None, counts: Counts, keep: bool
) -> dict[str, Any] | None:
    """The result that an earlier run found, if it is that of the files as they are."""
    kept = results.get(key) if cache_dir is not None else None
    base = results.base() if kept is None and cache_dir is not None else None
    if base is not None:
        from seedlint.carry import carried
        from seedlint.index.cache import SummaryCache

        found = carried(base, files, SummaryCache(cache_dir, str(project.root)))
        if found is not None:
            kept, counts.files_parsed = found
    if kept is None or any(digest_of(Path(path)) != known for path, known in kept["settings"].items()):
        counts.files_parsed = 0
        return None
    if base is not None and keep:
        results.put(key, kept, base.key)
    return kept


def _compute(
    project: Project,
    config: Config,
    jobs: int,
    cache_dir: Path | None,
    sources: list[Source],
    progress: Callable[[int, int], None] | None,
    out: Analysis,
) -> Readings:
    """Do the work that gives findings; what is added to findings later is not kept with them."""
    from seedlint.flow.unchanged import Readings
    from seedlint.index.build import summaries
    from seedlint.index.cache import SummaryCache

    cache = SummaryCache(cache_dir, str(project.root))
    parsed: dict[str, Summary] = {}
    for source, result in summaries(sources, cache, jobs, out.counts):
        if isinstance(result, Problem):
            out.problems.append(result)
        else:
            parsed[source.root_path] = result
            out.problems += result.problems
    out.files = len(sources)
    out.commented = [source.path for source in sources if may_suppress(source.text)]
    if not parsed:
        return Readings()
    return _judge(project.root, parsed, {s.root_path: s for s in sources}, config, cache_dir, out, progress)


class _Files:
    """The files of a project with their digests; those that did not change since the last run are not read."""

    def __init__(self, project: Project, texts: dict[Path, Source], cache_dir: Path | None) -> None:
        self.project = project
        self.digests: list[tuple[str, bytes]] = []
        self.problems: list[Problem] = []
        self.sources = Sources()
        self._read: dict[Path, Source] = {}
        self._stamps = Stamps(cache_dir, str(project.root)) if cache_dir is not None else None
        for path in project.files:
            self._add(path, texts.get(path))

    def _add(self, path: Path, text: Source | None) -> None:
        name = str(path)
        known = self._stamps.digest(name) if self._stamps is not None and text is None else None
        if known is not None:
            self.digests.append((name, known))
            self.sources.promise(display(path), path, self.project.root)
            return
        stamp = stamp_of(name) if self._stamps is not None and text is None else None
        result = text or read(path, self.project.root, display(path))
        if isinstance(result, Problem):
            self.problems.append(result)
            return
        if self._stamps is not None and text is None:
            self._stamps.note(name, stamp, result.digest)
        self.digests.append((name, result.digest))
        self._read[path] = result
        self.sources.add(result, self.project.root)

    def source(self, path: Path) -> Source | None:
        """One file's Source."""
        found = self._read.get(path)
        if found is None:
            result = read(path, self.project.root, display(path))
            found = result if isinstance(result, Source) else None
        return found

    def read_all(self) -> list[Source]:
        """The Sources of all files, in the project's order; one that vanished meanwhile is a problem."""
        out = []
        for path in self.project.files:
            source = self._read.get(path)
            shown = display(path)
            if source is None and shown in self.sources:
                result = read(path, self.project.root, shown)
                if isinstance(result, Problem):
                    self.problems.append(result)
                    continue
                source = result
                self.sources.add(source, self.project.root)
            if source is not None:
                out.append(source)
        return out

    def write(self) -> None:
        """Keep the digests."""
        if self._stamps is not None:
            self._stamps.write()


def display(path: Path) -> str:
    """A path as it is printed: from the working directory where it lies below, with `/`."""
    text, here = str(path), os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118 - asked for each file
    if text.startswith(here):
        return text[len(here) :].replace(os.sep, "/")
    try:
        shown = os.path.relpath(path)
    except ValueError:
        return path.as_posix()
    return path.as_posix() if shown.startswith("..") else shown.replace(os.sep, "/")


def knowledge_for(config: Config, cache_dir: Path | None) -> Knowledge:
    """The API tables, the project's own among them. Raises `TableError` for a wrong row of the latter."""
    from seedlint import registry
    from seedlint.knowledge import Knowledge, load_tables

    built_in = load_tables(registry.tables(), cache_dir=cache_dir)
    own: Sequence[Path] = [Path(name) for name in config.apis]
    streams = [row["name"] for table in built_in for row in table.data.get("stream", ())]
    tables = (*built_in, *load_tables(own, validate=True, streams=streams))
    return Knowledge(tables, config.target_versions())


def _judge(
    root: Path,
    parsed: dict[str, Summary],
    by_path: dict[str, Source],
    config: Config,
    cache_dir: Path | None,
    out: Analysis,
    progress: Callable[[int, int], None] | None = None,
) -> Readings:
    """Run the program's entries and ask the rules; what was read for that."""
    from seedlint import findings as judged
    from seedlint import registry
    from seedlint.flow.run import NoSuchFunction, ignore, timelines
    from seedlint.flow.unchanged import Readings
    from seedlint.program.entries import entries, is_collected, is_test, named
    from seedlint.program.modules import build
    from seedlint.program.scripts import console_scripts

    knowledge = knowledge_for(config, cache_dir)
    program = build(parsed, knowledge.roots, root)
    absolute = {str(by_path[module.path].absolute): name for name, module in program.modules.items()}
    only = bool(config.entries)
    chosen = named(config.entries, absolute) if only else [*entries(program, tests=True), *console_scripts(program)]
    if only and not chosen:
        return Readings()
    rules = [rule for rule in registry.rules() if config.selects(rule.code, rule.default)]
    asked = (name.partition("/")[0] for name in chosen if config.tests or only)
    tested = {name for name in asked if is_test(program.modules[name]) and is_collected(program.modules[name])}

    def asks(row: CallRow, unseeded: frozenset[str]) -> bool:
        return any(rule.asks(row, unseeded) for rule in rules)

    try:
        lines, machine = timelines(program, knowledge, chosen, config.library, only, progress or ignore, tested, asks)
    except NoSuchFunction as error:
        path = by_path[program.modules[error.module].path].path
        out.problems.append(Problem(path, 0, 0, f"defines no `{error.function}` at its top level"))
        return Readings()
    sources = {name: by_path[module.path] for name, module in program.modules.items()}
    tests = {sources[name].path for name, module in program.modules.items() if is_test(module)}
    out.tests = sorted(tests)
    out.settings = program.settings.read_files
    ordered = sorted(lines, key=lambda line: _rank(line, tests, sources))
    grounds = [(judged.to_finding(item, sources), item) for item in judged.collect(ordered, rules)]
    found = [finding for finding, _ in grounds]
    by_key = {(finding.place, finding.code, finding.stream): item for finding, item in grounds}
    out.evidence = Evidence(program, knowledge.roots, sources, by_key, knowledge, lines, rules)
    found.sort(key=lambda finding: (finding.place, finding.code, finding.stream or ""))
    shown = [f for f in found if config.tests or only or not _of_tests(f, tests)]
    out.hidden = len(found) - len(shown)
    out.findings = _with_fixes(shown, out, config)
    out.entries = sum(1 for line in lines if line.reached)
    out.counts.functions_analysed = machine.functions_analysed
    paths = {name: module.path for name, module in program.modules.items()}
    executed = {paths[name]: frozenset(where) for name, where in machine.read.executed.items() if name in paths}
    searched = frozenset(paths[name] for name in machine.read.searched)
    return Readings(executed, searched, frozenset(machine.read.methods))


def _rank(line: Timeline, tests: set[str], sources: dict[str, Source]) -> tuple[bool, bool]:
    """What orders the entries that a finding may be shown for: those that seed, as they are to repeat, come first."""
    return not line.reached or sources[line.entry].path in tests, next(line.of("seed"), None) is None


def _of_tests(finding: Finding, tests: set[str]) -> bool:
    """Whether only tests lead to a finding, or nothing does and it stands in one."""
    return finding.entry in tests or (not finding.reached and finding.place.path in tests)


def _with_fixes(findings: list[Finding], out: Analysis, config: Config) -> list[Finding]:
    """The findings with the fixes that are planned for them; nothing of it is imported where there are none."""
    if not findings or out.evidence is None:
        return findings
    from seedlint.fixes.marks import marked

    return marked(out.evidence, findings, config, out.tests)
