"""Turns what the runs showed into a verdict for each finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from seedlint.rule import Finding, Outcome, Verdict
from seedlint.verify import reasons
from seedlint.verify.plan import Entry
from seedlint.verify.probe import compare, conductor
from seedlint.verify.probe.digest import first_difference
from seedlint.verify.witness import Witness

Run = Mapping[str, Any]


def verdicts(entries: Sequence[Entry], document: Mapping[str, Any], device: str) -> Iterator[tuple[Finding, Verdict]]:
    """A verdict for each finding that was run."""
    for number, entry in enumerate(entries):
        ran = document["entries"].get(str(number), {"runs": [], "control": [], "tolerant": False})
        ran["what"] = reasons.ran(entry.source.path, entry.driven)
        judged = [(finding, watched, _verdict(watched, ran, device)) for finding, watched in entry.findings]
        places = {id(finding): _when(watched, ran) for finding, watched, v in judged if v.outcome is Outcome.DIVERGED}
        first = min(places, key=lambda key: places[key]) if entry.given and places else None
        for finding, _, verdict in judged:
            if id(finding) == first:
                verdict = replace(verdict, detail=f"the first difference of this run; {verdict.detail}")
            yield finding, verdict


def _when(watched: Sequence[tuple[Witness, int]], ran: Mapping[str, Any]) -> int:
    """How many hits of the first run lie before the first that differs at one of these points."""
    hits: list[Any] = ran["runs"][0]["hits"]
    found = [len(hits)]
    for witness, point in watched:
        asked = {"point": str(point), "stream": witness.stream, "kind": witness.kind}
        result, pair = conductor.witness_result(asked, ran["runs"])
        if result == compare.DIFFERENT and pair[0] in hits:
            found.append(hits.index(pair[0]))
    return min(found)


def _verdict(watched: Sequence[tuple[Witness, int]], ran: Mapping[str, Any], device: str) -> Verdict:
    runs: list[Run] = ran["runs"]
    if len(runs) < 2:
        return Verdict(Outcome.COULD_NOT_RUN, "stopped before it was run", device=device, runs=len(runs))
    lost = next((skip["lost"] for run in runs for skip in run["skips"] if "lost" in skip), "")
    if lost:
        return _unreached(ran, device)
    results = []
    for witness, point in watched:
        asked = {"point": str(point), "stream": witness.stream, "kind": witness.kind}
        result, pair = conductor.witness_result(asked, runs)
        if witness.needs and pair and not _on_cuda(pair[0]):
            return _unclear("this ran on the CPU: needs a CUDA device", device, len(runs))
        results.append((result, pair, asked))
    for result, pair, asked in results:
        if result == compare.DIFFERENT:
            return _diverged(pair, asked, ran, device)
    for wanted in () if ran["tolerant"] else (compare.ALIKE, compare.UNMOVED, compare.SAME):
        for result, pair, asked in results:
            if result == wanted:
                return _alike(result, pair, asked, ran, device)
    return _unreached(ran, device)


def _alike(result: str, pair: Any, asked: Mapping[str, Any], ran: Mapping[str, Any], device: str) -> Verdict:
    """The verdict where no difference comes from what the finding is about."""
    mine, theirs = pair
    outcome, reason = Outcome.IDENTICAL, _why_identical(result, pair, ran)
    if result == compare.UNMOVED and mine["value"] != theirs["value"]:
        outcome, reason = Outcome.NOT_REACHED, f"nothing is drawn from the {asked['stream']} stream on this run"
    elif asked["kind"] == "kernel":
        reason = f"not seen to differ in {mine['repeats']} repetitions on {mine['device']}"
    return Verdict(outcome, reason, device=device, runs=len(ran["runs"]))


def _on_cuda(hit: Mapping[str, Any]) -> bool:
    """Whether what was watched was computed on CUDA."""
    return bool(hit["after"].get("cuda") or hit.get("device", "cpu") not in ("cpu", ""))


def _diverged(pair: Any, asked: Mapping[str, Any], ran: Mapping[str, Any], device: str) -> Verdict:
    mine, theirs = pair
    control: list[Run] = ran["control"]
    hits = [[hit for hit in run["hits"] if hit["point"] == asked["point"]] for run in control]
    count = len(ran["runs"])
    if len(hits) < 2 or not all(hits):
        reason = reasons.ending(control) or "the run with its stream seeded was stopped"
        return _unclear(
            f"two runs differ, but the run with its stream seeded did not get there: {reason}", device, count
        )
    if not compare.equal(hits[0], hits[1], asked["stream"], asked["kind"]):
        return _unclear(
            "two runs differ, and so do two with its stream seeded: something else changes from run to run",
            device,
            count,
        )
    if asked["kind"] == "kernel":
        return _kernel_diverged(mine, theirs, device, count)
    first, second = first_difference(mine["leaves"], theirs["leaves"])
    if not first:
        first, second = f"digest {mine['value']}", f"digest {theirs['value']}"
    seeded = f"the {asked['stream']} stream" if asked["stream"] else "every stream"
    seeded = "the generator" if asked["kind"] == "generator" else seeded
    detail = f"{ran['what']} differ here; with {seeded} seeded they do not"
    if asked["kind"] == "seed":
        detail = f"{ran['what']} leave {seeded} in two states here; with a constant seed they do not"
        first, second = _states(pair, asked["stream"])
    return Verdict(Outcome.DIVERGED, detail + _stand_ins(ran), first, second, device, count)


def _kernel_diverged(mine: Any, theirs: Any, device: str, count: int) -> Verdict:
    """Two computations from equal inputs, in one run or in two, that differ."""
    where = f"the same step, repeated in one run on {mine['device']}, differs"
    other = {"value": mine.get("other"), "leaves": mine.get("other_leaves")}
    if "other" not in mine:
        where, other = f"the same step differs between two runs on {mine['device']}", theirs
    first, second = first_difference(mine["leaves"], other["leaves"])
    first, second = (first, second) if first else (f"digest {mine['value']}", f"digest {other['value']}")
    return Verdict(
        Outcome.DIVERGED, f"{where}; with deterministic algorithms it does not", first, second, device, count
    )


def _states(pair: Any, stream: str) -> tuple[str, str]:
    one, other = (hit["after"].get(stream) or hit["value"] for hit in pair)
    return f"{stream} state {one}", f"{stream} state {other}"


def _unclear(reason: str, device: str, runs: int) -> Verdict:
    return Verdict(Outcome.COULD_NOT_RUN, reason, device=device, runs=runs)


def _why_identical(result: str, pair: Any, ran: Mapping[str, Any]) -> str:
    if result == compare.ALIKE:
        text = "the stream's state differs, but what is drawn came out the same"
    elif result == compare.UNMOVED:
        text = "the stream's state differs, but nothing is drawn from it here"
    elif pair and pair[0]["value"] != pair[1]["value"]:
        text = "the stream's state is the same; what differs comes from elsewhere"
    else:
        text = f"{ran['what']} are the same here"
    return (text + _stand_ins(ran)).removeprefix("; ")


def _stand_ins(ran: Mapping[str, Any]) -> str:
    """What was stepped over to get there."""
    skips = list(ran["runs"][0]["skips"]) if ran["tolerant"] else []
    if not skips:
        return ""
    more = f" and {len(skips) - 1} more" if len(skips) > 1 else ""
    return f"; stepped over {skips[0]['skip']} ({skips[0]['error'][:80]}){more}"


def _unreached(ran: Mapping[str, Any], device: str) -> Verdict:
    runs = ran.get("strict") or ran["runs"]
    reason = reasons.ending(runs)
    outcome = Outcome.COULD_NOT_RUN if reason else Outcome.NOT_REACHED
    return Verdict(outcome, reason or "the run ends without coming here", device=device, runs=len(ran["runs"]))
