"""The public door: check projects and get findings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from seedlint.baseline import BaselineError
from seedlint.config import Config, ConfigError, load
from seedlint.engine import Analysis, analyze, display
from seedlint.rule import Finding, Place
from seedlint.sources.discover import Project, discover, project_root, walk
from seedlint.sources.read import decode
from seedlint.sources.source import Problem, Source
from seedlint.sources.sources import Sources

if TYPE_CHECKING:
    from seedlint.fixes.prove import Fixed

REPORT_AT = "https://pypi.org/project/seedlint/"
"""Where errors of seedlint itself can be reported."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One project with its configuration and what its analysis gave."""

    project: Project
    config: Config
    analysis: Analysis


@dataclass(slots=True)
class Checked:
    """What checking some paths gave: findings by place, what could not be read, and the files.

    `errors` are one line each: a wrong configuration, or an error of seedlint itself, that kept a project
    from being checked.
    """

    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sources: Sources = field(default_factory=Sources)
    judged: list[Judged] = field(default_factory=list)
    files: int = 0
    entries: int = 0
    hidden: int = 0
    suppressed: int = 0
    baselined: int = 0

    def sort(self) -> None:
        """Put findings and problems in the order of their places, each once."""
        unique = {(f.place, f.code, f.stream or ""): f for f in reversed(self.findings)}
        self.findings = [unique[key] for key in sorted(unique, key=_in_order)]
        self.problems = sorted(set(self.problems), key=lambda p: (p.path, -1 if p.cell is None else p.cell, p.line))


@dataclass(frozen=True, slots=True)
class Setting:
    """How a check is made: `change` is applied to each project's configuration.

    `lenient` notes a project's wrong configuration among the errors instead of raising it. `evidence` keeps
    what the findings rest on, which fixes and verdicts need.
    """

    config: Config | None = None
    config_file: Path | None = None
    change: Callable[[Config], Config] | None = None
    jobs: int = 1
    cache_dir: Path | None = None
    lenient: bool = False
    evidence: bool = False
    progress: Callable[[int, int], None] | None = None

    def config_for(self, root: Path) -> Config:
        """The configuration of a project. Raises `ConfigError`."""
        config = self.config or load(root, self.config_file, _names)
        return self.change(config) if self.change else config


def check(
    paths: Sequence[Path], config: Config | None = None, *, jobs: int = 1, cache_dir: Path | None = None
) -> Checked:
    """Check the projects that `paths` name; without `config`, each by its own `[tool.seedlint]`.

    Raises `ConfigError`, `TableError` and `BaselineError`.
    """
    return check_with(paths, Setting(config, jobs=jobs, cache_dir=cache_dir))


def check_with(paths: Sequence[Path], setting: Setting) -> Checked:
    """Check the projects that `paths` name. Raises `ConfigError`, `TableError` and `BaselineError`."""
    out = Checked()
    for root, given in sorted(_by_root(paths).items()):
        with _Guard(out, root, setting.lenient):
            config = setting.config_for(root)
            projects, problems = discover(given, _patterns(config, root))
            out.problems += problems
            for project in projects:
                _check_project(_without_excluded(project, config), config, out, setting)
    out.sort()
    return out


def check_text(
    path: Path,
    text: str | bytes,
    config: Config | None = None,
    *,
    around: Iterable[Path] | None = None,
    cache_dir: Path | None = None,
    setting: Setting | None = None,
) -> Checked:
    """Check one file as an editor holds it, in the project around it; the file itself need not exist.

    With `around`, the project is these files, and what stands in them is reported as well.
    Raises `ConfigError`, `TableError` and `BaselineError`.
    """
    setting = setting or Setting(config, cache_dir=cache_dir)
    out = Checked()
    file = path.resolve()
    root = project_root(file)
    with _Guard(out, root, setting.lenient):
        config = setting.config_for(root)
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        source = decode(data, file, root, display(file))
        if isinstance(source, Problem):
            out.problems.append(source)
            return out
        others = walk(root, _patterns(config, root)) if around is None else around
        reported = frozenset([file]) if around is None else None
        project = Project(root, tuple(dict.fromkeys((*others, file))), reported)
        _check_project(project, config, out, setting, {file: source})
    out.sort()
    return out


def findings(paths: Sequence[Path], config: Config | None = None) -> Iterator[Finding]:
    """The findings of some paths, by place."""
    yield from check(paths, config).findings


def fix(
    checked: Checked, *, unsafe: bool = False, skip: Callable[[Analysis, Finding], bool] | None = None
) -> Iterator[Fixed]:
    """Fix in memory what a check with evidence found: what each project's files would hold, and what remains.

    Findings that `skip` names are left alone, and are not among those that remain.
    """
    from seedlint.fixes.prove import Prover

    for judged in checked.judged:
        project, config = judged.project, judged.config

        def keep(analysis: Analysis, project: Project = project, config: Config = config) -> list[Finding]:
            shown = _shown(project, config, analysis, Checked())
            return shown if skip is None else [finding for finding in shown if not skip(analysis, finding)]

        result = Prover(project, config, keep, unsafe, judged.analysis).run()
        checked.sources.include(result.sources)
        yield result


def write(fixed: Fixed) -> Iterator[str]:
    """Write the files of a fix, each whole; yields those that changed meanwhile or cannot be written."""
    from seedlint.fixes.apply import Changed
    from seedlint.fixes.apply import write as write_file

    for path in sorted(fixed.after):
        try:
            write_file(path, fixed.before[path], fixed.after[path])
        except (OSError, Changed):
            yield display(path)


def cache_folder() -> Path:
    """Where seedlint keeps what it may find again: `SEEDLINT_CACHE_DIR`, else the system's place for caches."""
    named = os.environ.get("SEEDLINT_CACHE_DIR") or ""
    if named:
        return Path(named)
    xdg = os.environ.get("XDG_CACHE_HOME") or ""
    if os.path.isabs(xdg):  # noqa: PTH117 - an empty text is no path
        return Path(xdg, "seedlint")
    if sys.platform == "linux":
        return Path.home() / ".cache" / "seedlint"
    import platformdirs

    return Path(platformdirs.user_cache_dir("seedlint", appauthor=False))


class _Guard:
    """Turns what goes wrong in one project into one line that names it, so that others are still checked."""

    def __init__(self, out: Checked, root: Path, lenient: bool) -> None:
        self.out = out
        self.root = root
        self.lenient = lenient

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        from seedlint.knowledge import TableError

        if isinstance(error, (ConfigError, TableError, BaselineError)):
            if self.lenient:
                self.out.errors.append(str(error))
            return self.lenient
        if os.environ.get("SEEDLINT_DEBUG"):
            return False
        self.out.errors.append(f"{display(self.root)}: not checked: {said(error)}")
        return True


def said(error: Exception) -> str:
    """An error of seedlint itself in one line, with what to do about it."""
    if isinstance(error, MemoryError):
        return "out of memory; check a part of it, or name an entry with --entry"
    first = next(iter(str(error).splitlines()), "")
    what = "nested too deeply" if isinstance(error, RecursionError) else f"{type(error).__name__}: {first}"
    return f"internal error: {what}; please report it at {REPORT_AT} (SEEDLINT_DEBUG=1 shows where it happened)"


def _names() -> dict[str, str]:
    from seedlint import registry

    return {rule.code: rule.name for rule in registry.listed()}


def _by_root(paths: Sequence[Path]) -> dict[Path, list[Path]]:
    """The given paths by the project that each belongs to."""
    out: dict[Path, list[Path]] = {}
    for path in dict.fromkeys(paths):
        real = Path(os.path.realpath(path))
        root = real if os.path.isdir(real) else project_root(real)  # noqa: PTH112 - never raises
        out.setdefault(root, []).append(path)
    return out


def _patterns(config: Config, root: Path) -> tuple[str, ...]:
    """The patterns of excluded files that can be used from a project's root on."""
    return config.excluded() if config.folder in (None, root) else ()


def _without_excluded(project: Project, config: Config) -> Project:
    """Leave out what a configuration above the project's root excludes."""
    if config.folder in (None, project.root) or not config.excluded():
        return project
    spec = _spec(config.excluded())
    files = tuple(path for path in project.files if not spec(os.path.relpath(path, config.folder)))
    return Project(project.root, files, project.reported)


def _spec(patterns: Iterable[str]) -> Callable[[str], bool]:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns).match_file


def _check_project(
    project: Project, config: Config, out: Checked, setting: Setting, texts: dict[Path, Source] | None = None
) -> None:
    analysis = analyze(
        project,
        config,
        jobs=setting.jobs,
        cache_dir=setting.cache_dir,
        texts=texts,
        progress=setting.progress,
        evidence=setting.evidence,
    )
    out.judged.append(Judged(project, config, analysis))
    out.findings += _shown(project, config, analysis, out)
    out.problems += analysis.problems
    out.sources.include(analysis.sources)
    out.files += analysis.files if project.reported is None else len(project.reported)
    out.entries += analysis.entries
    out.hidden += analysis.hidden


def _shown(project: Project, config: Config, analysis: Analysis, out: Checked) -> list[Finding]:
    """The findings that no comment, pattern or baseline silences; what is silenced is counted."""
    if not (analysis.findings or analysis.commented or config.baseline):
        return []
    from seedlint import registry, suppress

    unused = suppress.UnusedSuppression
    judged: Iterable[str] = ()
    if config.selects(unused.code, unused.default) and not config.entries:
        judged = analysis.commented
        if project.reported is not None:
            given = set(map(display, project.reported))
            judged = [path for path in judged if path in given]

    @cache
    def active() -> set[str]:
        return {rule.code for rule in registry.rules() if config.selects(rule.code, rule.default)}

    kept = suppress.apply(
        analysis.findings,
        analysis.sources,
        [path for path in judged if config.tests or path not in analysis.tests],
        lambda given: any(code.startswith(given) for code in active()),
    )
    out.suppressed += kept.silenced
    found = sorted([*kept.kept, *kept.unused], key=lambda finding: _in_order((finding.place, finding.code, "")))
    wanted = _not_ignored(found, config, analysis.sources)
    out.suppressed += len(found) - len(wanted)
    if not config.baseline:
        return wanted
    from seedlint import baseline

    new = baseline.read(Path(config.baseline)).new(wanted, analysis.sources)
    out.baselined += len(wanted) - len(new)
    return new


def _not_ignored(findings: list[Finding], config: Config, sources: Sources) -> list[Finding]:
    """Leave out what `per-file-ignores` names."""
    if not config.per_file_ignores:
        return findings
    rows = [(_spec([pattern]), codes) for pattern, codes in config.per_file_ignores.items()]
    folder = config.folder or Path()

    def ignored(finding: Finding) -> bool:
        path = os.path.relpath(sources.absolute(finding.place.path), folder).replace(os.sep, "/")
        return any(
            any(code == "ALL" or finding.code.startswith(code) for code in codes) and matches(path)
            for matches, codes in rows
        )

    return [finding for finding in findings if not ignored(finding)]


def _in_order(key: tuple[Place, str, str]) -> tuple[object, ...]:
    """By place: lines of a notebook's cell after those of the cell before."""
    place, code, stream = key
    return (place.path, -1 if place.cell is None else place.cell, place.line, place.column, code, stream)
