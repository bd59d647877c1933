"""Runs fixed code as well: which findings went from diverged to identical."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seedlint.engine import Evidence
from seedlint.flow.state import Spot
from seedlint.rule import Finding, Outcome, Verdict
from seedlint.sources.source import Source
from seedlint.verify import judge, launch
from seedlint.verify.command import Progress, device_of, quiet
from seedlint.verify.instrument import position
from seedlint.verify.plan import Entry, Options, entries_of, make_plan
from seedlint.verify.trees import code_of


@dataclass(frozen=True, slots=True)
class Proof:
    """What running a finding's code showed before its fix and after."""

    finding: Finding
    before: Verdict
    after: Verdict

    @property
    def holds(self) -> bool:
        """Whether the fix may stay: the code came out identical, or could not be run before either."""
        could = self.before.outcome in (Outcome.DIVERGED, Outcome.IDENTICAL)
        return self.after.outcome is Outcome.IDENTICAL or not could

    def __str__(self) -> str:
        place = f"{self.finding.place.path}:{self.finding.place.line}"
        text = f"{self.finding.code} {place} {self.before.outcome.value} → {self.after.outcome.value}"
        return text if self.after.outcome is Outcome.IDENTICAL else f"{text} ({self.after.detail})"


def prove(
    fixed: Sequence[Finding],
    evidence: Evidence,
    after: Mapping[Path, Source],
    options: Options,
    progress: Progress = quiet,
) -> list[Proof]:
    """Run the code of findings that are gone in the fixed files; `fixed` carry their verdicts from before."""
    device = device_of(options)
    modules = {name: after.get(source.absolute, source) for name, source in evidence.modules.items()}
    entries = entries_of(fixed, evidence, device, options.run)
    for entry in entries:
        moved(entry, evidence.modules, modules)
    changed = replace(evidence, modules=modules)
    known: dict[int, Verdict] = {}
    if entries:
        try:
            document = launch.launch(
                make_plan([(entries, changed)], replace(options, device=device)), options, progress
            )
            known = {id(finding): verdict for finding, verdict in judge.verdicts(entries, document, device)}
        except launch.LaunchError as error:
            known = {
                id(f): Verdict(Outcome.COULD_NOT_RUN, str(error), device=device) for e in entries for f, _ in e.findings
            }
    untried = Verdict(Outcome.COULD_NOT_RUN, "nothing that can be compared is on the path", device=device, runs=0)
    return [Proof(f, f.verdict, known.get(id(f), untried)) for f in fixed if f.verdict is not None]


def moved(entry: Entry, before: Mapping[str, Source], after: Mapping[str, Source]) -> None:
    """Let an entry's points stand where their code is in the fixed files."""
    entry.source = after[entry.module]
    entry.spots = {
        moved_spot(spot, code_of(before[spot.module]), code_of(after[spot.module])): number
        for spot, number in entry.spots.items()
    }  # fmt: skip


def moved_spot(spot: Spot, before: str, after: str) -> Spot:
    """Where an expression of one text is in another: the like one on the line that its line became."""
    if before == after:
        return spot
    target = next((n for n in ast.walk(ast.parse(before)) if isinstance(n, ast.expr) and position(n) == spot.pos), None)
    if target is None:
        return spot
    wanted = _likeness(target)
    alike = [n for n in ast.walk(ast.parse(after)) if isinstance(n, ast.expr) and _likeness(n) == wanted]
    line = _line(before, after, spot.pos[0])
    best = min(alike, key=lambda n: (abs(n.lineno - line), abs(n.col_offset - spot.pos[1])), default=None)
    found = position(best) if best is not None else None
    return spot if found is None else Spot(spot.module, found)


def _likeness(node: ast.expr) -> str:
    """What a fix leaves of an expression: the function of a call, whatever its arguments."""
    return f"{type(node).__name__} {ast.unparse(node.func if isinstance(node, ast.Call) else node)}"


def _line(before: str, after: str, line: int) -> int:
    matcher = difflib.SequenceMatcher(None, before.split("\n"), after.split("\n"), autojunk=False)
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        if start <= line - 1 < end:
            return min(new_start + line - 1 - start, max(new_start, new_end - 1)) + 1
    return line
