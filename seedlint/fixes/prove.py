"""Plans are made in memory, judged anew, and kept only if their findings vanish and no other comes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from seedlint.config import Config
from seedlint.engine import Analysis, analyze, display
from seedlint.findings import key_of
from seedlint.fixes.apply import clash, patched
from seedlint.fixes.book import Book, Plan
from seedlint.fixes.marks import book_of, evidence_key
from seedlint.fixes.plan import Choice, Key, choices, fixes
from seedlint.rule import Applicability, Finding
from seedlint.sources.discover import Project
from seedlint.sources.notebook import without_bad_cells
from seedlint.sources.read import decode
from seedlint.sources.source import Problem, Source
from seedlint.sources.sources import Sources
from seedlint.syntax.positions import Change

MOST_TRIES = 8
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
        total = len(findings)
        refused: set[tuple[str, ...]] = set()
        for _ in range(MOST_ROUNDS):
            chosen = self._choices(analysis, findings)
            step = self._step(analysis, findings, chosen, refused)
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
        refused: set[tuple[str, ...]],
    ) -> tuple[Analysis, list[Finding]] | None:
        """Make the plans that may be made; those that do not prove right give way to their alternatives."""
        if found is None:
            return None
        book, wanted = found
        options = [[p for p in choice.plans if self._may(book, p) and _name(p) not in refused] for choice in wanted]
        for _ in range(MOST_TRIES):
            chosen = _compatible([plans[0] for plans in options if plans])
            if not chosen:
                return None
            kept = dict(self.texts), dict(self.out.before), dict(self.out.after)
            unplanned = {
                key for choice, plans in zip(wanted, options, strict=True) if not plans for key in choice.wanted()
            }
            result, blamed = self._try(book, chosen, analysis, findings, unplanned)
            if result is not None:
                return result
            self.texts, self.out.before, self.out.after = kept
            refused.update(_name(plan) for plan in blamed)
            options = [[plan for plan in plans if _name(plan) not in refused] for plans in options]
        return None

    def _may(self, book: Book, plan: Plan) -> bool:
        """Whether a plan may be made: by how safe it is, and in the files that were asked about."""
        if not plan.changes or plan.applicability is Applicability.DISPLAY:
            return False
        reported = self.project.reported
        if reported is not None and any(book.sources[module].absolute not in reported for module, _ in plan.changes):
            return False
        return self.unsafe or plan.applicability is Applicability.SAFE

    def _try(
        self, book: Book, plans: list[Plan], analysis: Analysis, findings: list[Finding], unplanned: set[Key]
    ) -> tuple[tuple[Analysis, list[Finding]] | None, list[Plan]]:
        """(the analysis after some plans and what is left, the plans to blame if that is not right).

        What is `unplanned` may stay, although a plan takes a part of it away.
        """
        if not self._make(book, plans):
            alone = [plan for plan in plans if not self._made_alone(book, plan)]
            return None, alone or plans
        after = self._judge(self.texts)
        left = self.keep(after)
        before = Counter(map(_same(analysis), findings))
        new = Counter(map(_same(after), left)) - before
        if new:
            touched = {module for plan in plans for module, _ in plan.changes}
            after, left = self._follow(after, left, new, touched)
            new = Counter(map(_same(after), left)) - before
        seeded = {rule.code for rule in (after.evidence.rules if after.evidence else ()) if rule.of_seeded}
        new = Counter({key: count for key, count in new.items() if key[1] not in seeded})
        blamed = _blamed(book, plans, (analysis, findings), (after, left), new, unplanned)
        if blamed:
            return None, blamed
        if new or not _fewer(left, findings, seeded):
            return None, plans
        return (after, left), []

    def _made_alone(self, book: Book, plan: Plan) -> bool:
        kept = dict(self.texts), dict(self.out.before), dict(self.out.after)
        made = self._make(book, [plan])
        self.texts, self.out.before, self.out.after = kept
        return made

    def _follow(
        self, analysis: Analysis, findings: list[Finding], new: Counter[_Same], touched: set[str]
    ) -> tuple[Analysis, list[Finding]]:
        """Settle what only the plans have brought up: settings that a run needs once it seeds.

        Only in files that the plans change anyway, and unless asked for, no setting that its author chose.
        """
        for _ in range(2):
            same = _same(analysis)
            came = [finding for finding in findings if same(finding) in new]
            found = self._choices(analysis, came)
            if not came or found is None:
                break
            book, wanted = found
            plans = [choice.plans[0] for choice in wanted]
            plans = [p for p in plans if p.changes and p.applicability is not Applicability.DISPLAY]
            plans = [p for p in plans if all(m in touched and (self.unsafe or c.start == c.end) for m, c in p.changes)]
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
            try:
                data = self.out.after.get(path) or path.read_bytes()
                new = patched(data, source, list(changes))
                text = decode(new, path, self.project.root, display(path))
                if isinstance(text, Problem) or not _parses(text, source):
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
            left = [plan for plan in choice.plans if _name(plan) not in refused]
            if not left or left[0] is not choice.plans[0]:
                reason = "the program with it was judged anew, and not every finding was gone"
                choice.plans = left or [choice.plans[0].degraded(reason)]
        planned = fixes(book, found)
        return [replace(f, fix=planned.get(key)) if (key := keys[f]) is not None else f for f in findings]


def _blamed(
    book: Book,
    plans: list[Plan],
    before: tuple[Analysis, list[Finding]],
    after: tuple[Analysis, list[Finding]],
    new: Counter[_Same],
    unplanned: set[Key],
) -> list[Plan]:
    """The plans whose findings are still there; if there are none, those that may have brought others up."""
    evidence = before[0].evidence
    assert evidence is not None
    same, now = _same(before[0]), _same(after[0])
    still = Counter((now(finding), finding.entry) for finding in after[1])
    was = Counter((same(finding), finding.entry) for finding in before[1])
    came = [finding for finding in after[1] if now(finding) in new]
    by_key = {key: finding for finding in before[1] if (key := evidence_key(evidence, finding)) not in unplanned}

    def stays(plan: Plan) -> bool:
        targets = [by_key[key] for rule, report, _ in plan.reports if (key := key_of(rule, report)) in by_key]
        return any(still[same(t), t.entry] >= was[same(t), t.entry] for t in targets if _is_from(book, t, plan))

    def brought(plan: Plan, own: bool) -> bool:
        paths = {book.sources[module].path for module, _ in plan.changes}
        streams = {report.stream for _, report, _ in plan.reports}
        near = [f for f in came if f.place.path in paths or _is_from(book, f, plan)]
        return any(f.stream in streams for f in near) if own else bool(near)

    return (
        [plan for plan in plans if stays(plan)]
        or [plan for plan in plans if brought(plan, True)]
        or [plan for plan in plans if brought(plan, False)]
    )


def _fewer(left: list[Finding], findings: list[Finding], seeded: set[str]) -> bool:
    """Whether less is left, in all or apart from what speaks only of programs that seed."""
    apart = [sum(1 for finding in found if finding.code not in seeded) for found in (left, findings)]
    return apart[0] < apart[1] or len(left) < len(findings)


def _is_from(book: Book, finding: Finding, plan: Plan) -> bool:
    """Whether a finding names an entry that a plan is for."""
    return finding.entry in {book.sources[timeline.entry].path for _, _, timeline in plan.reports}


def _parses(source: Source, before: Source) -> bool:
    """Whether both parsers take a text; of a notebook, all the cells that they took before."""
    import libcst

    try:
        text = source.text
        if source.kind == "notebook":
            sound, bad = without_bad_cells(source)
            if len(bad) > len(without_bad_cells(before)[1]):
                return False
            text = sound.text
        ast.parse(text)
        libcst.parse_module(text)
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


def _name(plan: Plan) -> tuple[str, ...]:
    """What tells a plan from others: what it writes and where, and for which codes."""
    written = [f"{module}:{change.start}:{change.content}" for module, change in plan.changes]
    return (*written, *sorted({f"{rule.code}:{report.stream}" for rule, report, _ in plan.reports}), plan.message)


def _same(analysis: Analysis) -> Callable[[Finding], _Same]:
    """What of a finding stays when lines move: its code and stream, and the text of its line."""

    def same(finding: Finding) -> _Same:
        source = analysis.sources.get(finding.place.path)
        text = ""
        if source is not None:
            lines, number = source.lines(), source.line_of(finding.place.cell, finding.place.line)
            text = lines[number - 1].strip() if number <= len(lines) else ""
        return (finding.place.path, finding.code, finding.stream or "", text)

    return same
