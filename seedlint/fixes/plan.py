"""Plans on the whole program: what each entry needs, and the changes that give it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seedlint.findings import key_of
from seedlint.fixes import children, earlier, flags, seeding, values
from seedlint.fixes.book import Book, Plan
from seedlint.fixes.remedy import (
    Advise,
    CallBeside,
    FixDefault,
    FixValue,
    FollowLoader,
    PassSeed,
    Remedy,
    Seed,
    SeedChild,
    SeedEarlier,
    SetFlags,
    SetVariable,
)
from seedlint.flow.state import Spot
from seedlint.flow.timeline import Moment, Timeline
from seedlint.rule import Applicability, Fix, Report, Rule

Key = tuple[Spot, str, str | None]
_Asked = tuple[type[Rule], Report, Timeline]


@dataclass(slots=True)
class Choice:
    """Plans for the same reports, the most natural first."""

    plans: list[Plan]

    def wanted(self) -> set[Key]:
        """What the findings share that the plans are for."""
        return {key_of(rule, report) for plan in self.plans for rule, report, _ in plan.reports}


def choices(book: Book, rules: list[type[Rule]], wanted: set[Key]) -> list[Choice]:
    """What to do about the wanted findings: one choice for each entry's seeds, and one for each other change."""
    out: list[Choice] = []
    for timeline in book.timelines:
        asked = [
            (rule, report, timeline)
            for rule in rules
            for report in rule().check(timeline)
            if key_of(rule, report) in wanted
        ]
        out += _for_entry(book, timeline, asked)
    return _merged(out)


def _for_entry(book: Book, timeline: Timeline, asked: list[_Asked]) -> Iterator[Choice]:
    """Seeds first, so that settings beside them come after."""
    seeds: list[tuple[_Asked, Seed]] = []
    late: list[tuple[_Asked, Seed]] = []
    spawned: dict[str, list[tuple[_Asked, Seed | SeedChild]]] = {}
    others: list[tuple[_Asked, Remedy]] = []
    moved: list[tuple[_Asked, Choice]] = []
    for item in asked:
        rule, report, _ = item
        for remedy in rule().remedies(report, timeline):
            child = children.started_in(report.moment.process, inherits=isinstance(remedy, Seed))
            if child and isinstance(remedy, (Seed, SeedChild)):
                spawned.setdefault(child, []).append((item, remedy))
            elif isinstance(remedy, Seed):
                seeds.append((item, remedy))
            elif isinstance(remedy, SeedEarlier):
                plans, why = earlier.moves(book, item, remedy)
                if plans or report.moment.process != "main":
                    moved.append((item, Choice([*plans, why])))
                else:
                    late.append((item, Seed((report.moment.stream,))))
            else:
                others.append((item, remedy))
    streams = {stream for _, remedy in late for stream in remedy.streams}
    for item, choice in moved:
        if item[1].moment.stream in streams and item[1].moment.process == "main":
            late.append((item, Seed((item[1].moment.stream,))))
        else:
            yield choice
    yield from _seed_choices(book, timeline, seeds, late)
    yield from _child_choices(book, timeline, spawned)
    for item, remedy in others:
        yield Choice(list(_single(book, item, remedy)))


def _seed_choices(
    book: Book, timeline: Timeline, seeds: list[tuple[_Asked, Seed]], late: list[tuple[_Asked, Seed]]
) -> Iterator[Choice]:
    """One choice for what is never seeded and for what is seeded too late, unless the first goes beside other seeds."""
    draws, streams = _wanted(timeline, seeds)
    if seeds and late and draws and seeding.beside(book, timeline, streams, draws) is not None:
        yield Choice(list(_seed_plans(book, timeline, seeds)))
        yield Choice(list(_seed_plans(book, timeline, late)))
    elif seeds or late:
        yield Choice(list(_seed_plans(book, timeline, [*seeds, *late])))


def _wanted(timeline: Timeline, seeds: list[tuple[_Asked, Seed]]) -> tuple[list[Moment], list[str]]:
    """(the draws that a run's seeds must come before, the streams to seed)."""
    draws = [report.moment for (_, report, _), _ in seeds if report.moment.kind == "draw"] or [
        moment for moment in timeline.of("draw") if moment.exposure in ("unseeded", "parameter", "worker", "child")
    ]
    streams = dict.fromkeys(stream for _, remedy in seeds for stream in remedy.streams)
    return [draw for draw in draws if draw.process == "main" or "/" in draw.process], list(streams)


def _seed_plans(book: Book, timeline: Timeline, seeds: list[tuple[_Asked, Seed]]) -> Iterator[Plan]:
    """The seeds of one run, together."""
    reports = [item for item, _ in seeds]
    draws, streams = _wanted(timeline, seeds)
    message = f"Seed {_and(streams)} where {timeline.path} begins."
    for way in seeding.seed_run(book, timeline, streams, draws) if draws else ():
        yield _planned(reports, message, way)
    reason = "no place in the entry's own file comes before every draw"
    yield Plan(reports, message, [], Applicability.DISPLAY, reason)


def _planned(reports: list[_Asked], message: str, way: seeding.Way) -> Plan:
    return Plan(reports, message, way.changes, Applicability.UNSAFE if way.reason else Applicability.SAFE, way.reason)


def _child_choices(
    book: Book, timeline: Timeline, spawned: dict[str, list[tuple[_Asked, Seed | SeedChild]]]
) -> Iterator[Choice]:
    """One choice for each child; one whose draws run in another as well, which cannot be seeded, is only shown."""
    found = [Choice(list(_child_plans(book, timeline, group))) for group in spawned.values()]
    closed = {key for choice in found if not choice.plans[0].changes for key in choice.wanted()}
    for choice in found:
        if choice.plans[0].changes and choice.wanted() & closed:
            reason = "the same draws run in another process as well, which begins in a constructor or out of sight"
            choice.plans = [choice.plans[0].degraded(reason)]
        yield choice


def _child_plans(book: Book, timeline: Timeline, group: list[tuple[_Asked, Seed | SeedChild]]) -> Iterator[Plan]:
    reports = [item for item, _ in group]
    streams = list(dict.fromkeys(stream for _, remedy in group for stream in remedy.streams))
    message = f"Seed {_and(streams)} where the child process begins."
    for way in children.seed_child(book, [report.moment for _, report, _ in reports], streams):
        yield _planned(reports, message, way)
    reason = "what the child runs is a constructor, or not in sight"
    yield Plan(reports, message, [], Applicability.DISPLAY, reason)


def _single(book: Book, item: _Asked, remedy: Remedy) -> Iterator[Plan]:
    """Plans for one report on its own."""
    if isinstance(remedy, FixDefault):
        yield from values.default_plans(book, item, remedy)
    elif isinstance(remedy, FixValue):
        yield from values.value_plans(book, item, remedy)
    elif isinstance(remedy, PassSeed):
        yield from values.argument_plans(book, item, remedy)
    elif isinstance(remedy, SetFlags):
        yield from flags.flag_plans(book, item, remedy)
    elif isinstance(remedy, SetVariable):
        yield from flags.variable_plans(book, item, remedy)
    elif isinstance(remedy, CallBeside):
        yield from flags.call_plans(book, item, remedy)
    elif isinstance(remedy, FollowLoader):
        yield from values.loader_plans(book, item, remedy)
    elif isinstance(remedy, Advise):
        yield Plan([item], remedy.message, [], Applicability.DISPLAY, remedy.reason)


def _merged(found: list[Choice]) -> list[Choice]:
    """One choice for changes that several reports ask for alike."""
    out: dict[object, Choice] = {}
    for choice in found:
        if not choice.plans:
            continue
        first = choice.plans[0]
        key: object = tuple(first.changes) or (first.message, id(choice))
        known = out.get(key)
        if known is None:
            out[key] = choice
        else:
            for plan in known.plans:
                plan.reports = [*plan.reports, *first.reports]
    return list(out.values())


def fixes(book: Book, found: list[Choice]) -> dict[Key, Fix]:
    """The first plan of each choice as reports show it, by what the findings share."""
    out: dict[Key, Fix] = {}
    for choice in found:
        plan = choice.plans[0]
        fix = Fix(plan.applicability, plan.message, plan.edits(book), plan.reason)
        for rule, report, _ in plan.reports:
            out.setdefault(key_of(rule, report), fix)
    return out


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
