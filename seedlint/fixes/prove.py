"""Plans are made in memory, judged anew, and kept only if their findings vanish and no other comes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from seedlint.config import Config
from seedlint.engine import Analysis, analyze, display
from seedlint.fixes.apply import clash, patched
from seedlint.fixes.book import Book, Plan
from seedlint.fixes.marks import book_of, evidence_key
from seedlint.fixes.plan import Choice, choices, fixes
from seedlint.rule import Applicability, Finding
from seedlint.sources.discover import Project
from seedlint.sources.read import decode
from seedlint.sources.source import Problem, Source
from seedlint.sources.sources import Sources
from seedlint.syntax.positions import Change

MOST_ROUNDS = 6
"""Rounds of planning; each plans on the result of the one before."""

Keep = Callable[[Analysis], list[Finding]]
"""Which findings of an analysis count: those that no comment suppresses."""
_Same = tuple[str, str, str, str]


@dataclass(slots=True)
class Fixed:
    """What fixing a project gave: new bytes by path, what they were, and the findings that remain."""

    before: dict[Path, bytes] = field(default_factory=dict)
    after: dict[Path, bytes] = field(default_factory=dict)
    remaining: list[Finding] = field(default_factory=list)
    fixed: int = 0
    sources: Sources = field(default_factory=Sources)


class Prover:
    """Fixes one project in memory."""

    def __init__(
        self, project: Project, config: Config, keep: Keep, unsafe: bool, analysis: Analysis | None = None
    ) -> None:
        self.project = project
        self.config = config
        self.keep = keep
        self.unsafe = unsafe
        self.analysis = analysis
        self.texts: dict[Path, Source] = {}
        self.out = Fixed()

    def run(self) -> Fixed:
        """Plan, make and judge until nothing is left to do."""
        analysis = self.analysis or self._judge(self.texts)
        findings = self.keep(analysis)
        first = Counter(map(_same(analysis), findings))
        total = len(findings)
        refused: set[tuple[str, ...]] = set()
        for _ in range(MOST_ROUNDS):
            chosen = self._choices(analysis, findings)
            step = self._step(analysis, findings, chosen, first, refused)
            if step is None:
                break
            analysis, findings = step
        self.out.sources = analysis.sources
        self.out.remaining = self._marked(analysis, findings, refused)
        self.out.fixed = max(0, total - len(findings))
        self.out.after = {path: data for path, data in self.out.after.items() if data != self.out.before[path]}
        return self.out

    def _judge(self, texts: dict[Path, Source]) -> Analysis:
        return analyze(self.project, self.config, texts=texts, evidence=True)

    def _choices(self, analysis: Analysis, findings: list[Finding]) -> tuple[Book, list[Choice]] | None:
        evidence = analysis.evidence
        if evidence is None or not findings:
            return None
        book = book_of(evidence, self.config, analysis.tests)
        wanted = {key for finding in findings if (key := evidence_key(evidence, finding)) is not None}
        return book, choices(book, evidence.rules, wanted)

    def _step(
        self,
        analysis: Analysis,
        findings: list[Finding],
        found: tuple[Book, list[Choice]] | None,
        first: Counter[_Same],
        refused: set[tuple[str, ...]],
    ) -> tuple[Analysis, list[Finding]] | None:
        """Make the plans that may be made; all together if that proves right, else one by one."""
        if found is None:
            return None
        book, wanted = found
        options = [[p for p in choice.plans if self._may(p) and _name(book, p) not in refused] for choice in wanted]
        options = [plans for plans in options if plans]
        if not options:
            return None
        whole = _compatible([plans[0] for plans in options])
        result = self._try(book, whole, analysis, findings, first)
        if result is not None:
            return result
        best = None
        for plans in options:
            for plan in plans:
                result = self._try(book, [plan], analysis, findings, first)
                if result is not None:
                    return result
                refused.add(_name(book, plan))
        return best

    def _may(self, plan: Plan) -> bool:
        if not plan.changes or plan.applicability is Applicability.DISPLAY:
            return False
        return self.unsafe or plan.applicability is Applicability.SAFE

    def _try(
        self, book: Book, plans: list[Plan], analysis: Analysis, findings: list[Finding], first: Counter[_Same]
    ) -> tuple[Analysis, list[Finding]] | None:
        """The analysis after some plans, if fewer findings remain and none came that follow-up changes cannot take."""
        kept = dict(self.texts), dict(self.out.before), dict(self.out.after)
        if not self._make(book, plans):
            self.texts, self.out.before, self.out.after = kept
            return None
        after = self._judge(self.texts)
        left = self.keep(after)
        new = Counter(map(_same(after), left)) - Counter(map(_same(analysis), findings))
        if new:
            after, left = self._follow(after, left, new)
            new = Counter(map(_same(after), left)) - Counter(map(_same(analysis), findings))
        if new or len(left) >= len(findings):
            self.texts, self.out.before, self.out.after = kept
            return None
        return after, left

    def _follow(
        self, analysis: Analysis, findings: list[Finding], new: Counter[_Same]
    ) -> tuple[Analysis, list[Finding]]:
        """Settle what only the plans have brought up: settings that a run needs once it seeds."""
        for _ in range(2):
            same = _same(analysis)
            came = [finding for finding in findings if same(finding) in new]
            found = self._choices(analysis, came)
            if not came or found is None:
                break
            book, wanted = found
            plans = [choice.plans[0] for choice in wanted]
            plans = [p for p in plans if p.changes and p.applicability is not Applicability.DISPLAY]
            if not plans or not self._make(book, _compatible(plans)):
                break
            analysis = self._judge(self.texts)
            findings = self.keep(analysis)
        return analysis, findings

    def _make(self, book: Book, plans: list[Plan]) -> bool:
        """Make the changes of some plans; False if a file does not parse afterwards or may not be changed."""
        by_module: dict[str, dict[Change, None]] = {}
        for plan in plans:
            for module, change in plan.changes:
                by_module.setdefault(module, {})[change] = None
        for module, changes in by_module.items():
            source = book.sources[module]
            path = source.absolute
            if self.project.reported is not None and path not in self.project.reported:
                return False
            try:
                data = self.out.after.get(path) or path.read_bytes()
                new = patched(data, source, list(changes))
                text = decode(new, path, self.project.root, display(path))
                if isinstance(text, Problem) or not _parses(text):
                    return False
            except (OSError, ValueError):
                return False
            self.out.before.setdefault(path, data)
            self.out.after[path] = new
            self.texts[path] = text
        return True

    def _marked(self, analysis: Analysis, findings: list[Finding], refused: set[tuple[str, ...]]) -> list[Finding]:
        """What remains, with the fixes that are left; one that did not prove right is only shown."""
        if analysis.evidence is None or not findings:
            return findings
        book = book_of(analysis.evidence, self.config, analysis.tests)
        keys = {finding: evidence_key(analysis.evidence, finding) for finding in findings}
        found = choices(book, analysis.evidence.rules, {key for key in keys.values() if key is not None})
        for choice in found:
            left = [plan for plan in choice.plans if _name(book, plan) not in refused]
            if not left or left[0] is not choice.plans[0]:
                reason = "the program with it was judged anew, and not every finding was gone"
                choice.plans = left or [choice.plans[0].degraded(reason)]
        planned = fixes(book, found)
        return [replace(f, fix=planned.get(key)) if (key := keys[f]) is not None else f for f in findings]


def _parses(source: Source) -> bool:
    """Whether both parsers take a text."""
    import libcst

    try:
        ast.parse(source.text)
        libcst.parse_module(source.text)
    except (SyntaxError, libcst.ParserSyntaxError, RecursionError):
        return False
    return True


def _compatible(plans: list[Plan]) -> list[Plan]:
    """The plans that can be made at once; one that meets an earlier one waits for the next round."""
    out: list[Plan] = []
    taken: dict[str, list[Change]] = {}
    for plan in plans:
        if not any(clash(change, other) for module, change in plan.changes for other in taken.get(module, ())):
            out.append(plan)
            for module, change in plan.changes:
                taken.setdefault(module, []).append(change)
    return out


def _name(book: Book, plan: Plan) -> tuple[str, ...]:
    """What tells a plan from others when lines have moved: what it writes, and for which code where."""
    written = [f"{module}:{change.content}" for module, change in plan.changes]
    return (*written, *sorted({f"{rule.code}:{report.stream}" for rule, report, _ in plan.reports}), plan.message)


def _same(analysis: Analysis) -> Callable[[Finding], _Same]:
    """What of a finding stays when lines move: its code and stream, and the text of its line."""

    def same(finding: Finding) -> _Same:
        source = analysis.sources.get(finding.place.path)
        text = ""
        if source is not None:
            offset = next((c.first_line - 1 for c in source.cells if c.index == finding.place.cell), 0)
            lines = source.lines()
            text = lines[finding.place.line + offset - 1].strip() if finding.place.line + offset <= len(lines) else ""
        return (finding.place.path, finding.code, finding.stream or "", text)

    return same
