"""The public door: check projects and get findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seedlint.config import Config, load
from seedlint.engine import analyze, display
from seedlint.rule import Finding
from seedlint.sources.discover import Project, discover, project_root, walk
from seedlint.sources.read import decode
from seedlint.sources.source import Problem, Source


@dataclass(slots=True)
class Checked:
    """What checking some paths gave: findings by place, what could not be read, and the files."""

    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    files: int = 0
    entries: int = 0
    hidden: int = 0
    suppressed: int = 0


def check(
    paths: Sequence[Path], config: Config | None = None, *, jobs: int = 1, cache_dir: Path | None = None
) -> Checked:
    """Check the projects that `paths` name; without `config`, each by its own `[tool.seedlint]`.

    Raises `ConfigError` and `TableError`.
    """
    out = Checked()
    projects, out.problems = discover(paths, config.exclude if config else ())
    for project in projects:
        _check_project(project, config or load(project.root), out, jobs, cache_dir)
    return out


def check_text(
    path: Path,
    text: str,
    config: Config | None = None,
    *,
    around: Iterable[Path] | None = None,
    cache_dir: Path | None = None,
) -> Checked:
    """Check one file as an editor holds it, in the project around it; the file itself need not exist.

    With `around`, the project is these files, and what stands in them is reported as well.
    Raises `ConfigError` and `TableError`.
    """
    out = Checked()
    file = path.resolve()
    root = project_root(file)
    config = config or load(root)
    source = decode(text.encode("utf-8"), file, root, display(file))
    if isinstance(source, Problem):
        out.problems.append(source)
        return out
    others = walk(root, (*config.exclude, *config.extend_exclude)) if around is None else around
    reported = frozenset([file]) if around is None else None
    project = Project(root, tuple(dict.fromkeys((*others, file))), reported)
    _check_project(project, config, out, 1, cache_dir, {file: source})
    return out


def findings(paths: Sequence[Path], config: Config | None = None) -> Iterator[Finding]:
    """The findings of some paths, by place."""
    yield from check(paths, config).findings


def _check_project(
    project: Project,
    config: Config,
    out: Checked,
    jobs: int,
    cache_dir: Path | None,
    texts: dict[Path, Source] | None = None,
) -> None:
    from seedlint import suppress

    analysis = analyze(project, config, jobs=jobs, cache_dir=cache_dir, texts=texts)
    shown = suppress.apply(analysis.findings, analysis.sources, list(analysis.sources))
    out.findings += sorted([*shown.kept, *shown.unused], key=lambda finding: (finding.place, finding.code))
    out.suppressed += shown.silenced
    out.problems += analysis.problems
    out.sources.update(analysis.sources)
    out.files += analysis.files
    out.entries += analysis.entries
    out.hidden += analysis.hidden
