"""The moments of one entry, in execution order, each with the path that leads there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from seedlint.flow.activation import Activation, Edge, Event, Turn, Way, option_of
from seedlint.flow.state import ENTROPY, MAYBE, SEEDED, UNSEEDED, Spot, StreamState

_WORST_FIRST = {UNSEEDED: 0, MAYBE: 1, ENTROPY: 2, SEEDED: 3}
_USES = frozenset({"backward", "kept"})
"""The marks of what makes other values of drawn weights, so that it is too late to replace these."""
_CHILDREN = frozenset({"spawn", "forkserver", "fresh", "fork", "worker"})


_Path = Way
"""The branches and calls that lead to a moment; a call is a turn at its place."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call on the path from the entry."""

    spot: Spot
    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One event as an entry reaches it.

    `spot` is where a finding stands, `inner` the event itself; `process` names the process that runs
    it, `parent` the state of the stream there when it was started. `exposure` says what covers a
    draw: "covered", "overwritten", "conditional", "entropy", or what fails to: "unseeded", "late", "child",
    "worker", "parameter". `given` names the option that a run must be given to get here, if it is not an ordinary one;
    `loaded` is where weights are loaded that may replace all of a draw's; where something is only `looked` at, nobody
    sees more of what was drawn than its form.
    """

    kind: str
    spot: Spot
    inner: Spot
    callee: str
    stream: str
    state: StreamState
    chain: tuple[Step, ...]
    process: str
    parent: StreamState | None
    order: int
    detail: Mapping[str, Any] = field(hash=False)
    exposure: str = ""
    later: Spot | None = None
    path: _Path = field(default=(), repr=False, compare=False)
    given: str = ""
    loaded: Spot | None = None
    looked: bool = False


@dataclass(slots=True)
class Timeline:
    """One entry's moments; `seeded` names the streams that some entry of the project seeds."""

    entry: str
    path: str
    reached: bool
    moments: list[Moment]
    seeded: frozenset[str] = frozenset()
    numerical: frozenset[str] = frozenset()
    titles: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    library: bool = False
    _by_kind: dict[str, list[Moment]] = field(default_factory=dict)

    def place(self, spot: Spot) -> str:
        """A spot as `path:line`."""
        return f"{self.paths.get(spot.module, spot.module)}:{spot.pos[0]}"

    def at_entry(self, moment: Moment) -> Moment:
        """The moment, moved to where the entry's own file leads to it."""
        for step in reversed(moment.chain[1:]):
            if step.spot.module == self.entry and moment.spot.module != self.entry:
                return replace(moment, spot=step.spot)
        return moment

    def of(self, kind: str) -> Iterator[Moment]:
        """The moments of one kind, in order."""
        if not self._by_kind:
            for moment in self.moments:
                self._by_kind.setdefault(moment.kind, []).append(moment)
        return iter(self._by_kind.get(kind, ()))

    def keep(self, chosen: Callable[[Moment], bool]) -> None:
        """Forget all other moments."""
        self.moments = list(filter(chosen, self.moments))
        self._by_kind = {}

    def marks(self, name: str) -> list[Moment]:
        """The marks of one name."""
        return [moment for moment in self.of("mark") if moment.detail["mark"] == name]

    def flags(self, name: str) -> list[Moment]:
        """The settings of one flag."""
        return [moment for moment in self.of("flag") if moment.detail["flag"] == name]

    def seeds(self, *streams: str) -> list[Moment]:
        """The seeds of some streams, or all."""
        return [moment for moment in self.of("seed") if not streams or moment.stream in streams]


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a body runs, and where findings about it stand.

    `stands` moves every draw below, `factory` those of the modules that are constructed there, `made` numbers these,
    `fills` the one whose weights are set.
    """

    process: str = "main"
    kind: str = ""
    stands: Spot | None = None
    factory: Spot | None = None
    made: frozenset[int] = frozenset()
    fills: int = 0
    parent: tuple[StreamState, ...] = ()


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One of the draws that are told as one moment, and the modules that are being made there."""

    made: frozenset[int]
    order: int
    path: _Path


class _Walk:
    """Collects moments depth first; a body is visited once in each process and place."""

    def __init__(self, stream_index: Mapping[str, int], told: Set[int]) -> None:
        self.index = stream_index
        self.told = told
        self.moments: dict[Any, Moment] = {}
        self.drawn: dict[Any, list[_Drawn]] = {}
        self.seen: set[Any] = set()
        self.chain: list[Step] = []
        self.path: _Path = ()
        self.given = ""
        self.looked = False
        self.order = 0
        self.learned: list[tuple[int, _Path]] = []
        """When something is learned from drawn weights, or they are kept: each time anew."""
        self._learning: set[int] = set()

    def visit(self, activation: Activation, where: _Where) -> None:
        key = (id(activation), where.process, where.stands, where.factory, where.fills)
        if self._been(key):
            if id(activation) in self._learning:
                self.learned.append((self.order, self.path))
            return
        path, given, looked, learned = self.path, self.given, self.looked, len(self.learned)
        last: Way | None = None
        for event, way in zip(activation.events, activation.ways, strict=True):
            if way is not last:
                last, here, option = way, path + way, given or option_of(way)
                looks = looked or any(turn.looks for turn in way)
            self.path, self.given, self.looked = here, option, looks
            if isinstance(event, Edge):
                self.path = (*here, Turn(event.spot, 0))
                self._follow(event, where)
            elif activation.record not in self.told:
                self._note(event, where)
        if len(self.learned) > learned:
            self._learning.add(id(activation))
        self.path, self.given, self.looked = path, given, looked

    def _been(self, key: Any) -> bool:
        """Whether this was visited before, and in earnest by an ordinary run if the path is one of those."""
        weak = bool(self.given) or self.looked
        if key in self.seen or (weak and (key, True) in self.seen):
            return True
        self.seen.add((key, True) if weak else key)
        return False

    def _follow(self, edge: Edge, where: _Where) -> None:
        if edge.mode == "import":
            key = ("import", edge.target.body, where.process)
            if self._been(key):
                return
        if where.stands is None:
            if edge.mode == "module":
                where = replace(where, stands=where.factory or edge.spot)
            elif edge.stands is not None:
                where = replace(where, stands=edge.stands)
            elif edge.mode == "factory" and where.factory is None:
                where = replace(where, factory=edge.spot)
            elif edge.mode != "factory" and where.factory is not None:
                where = replace(where, factory=None)
        if edge.mode == "module":
            where = replace(where, made=where.made | {edge.made})
        if edge.fills:
            where = replace(where, fills=edge.fills)
        if edge.mode in _CHILDREN:
            process = f"{where.process}/{edge.mode}:{edge.spot.pos[0]}"
            where = replace(where, process=process, kind=edge.mode, parent=edge.state)
        self.chain.append(Step(edge.spot, edge.text))
        self.visit(edge.target, where)
        self.chain.pop()

    def _note(self, event: Event, where: _Where) -> None:
        self.order += 1
        if event.kind == "mark" and event.detail["mark"] in _USES:
            self.learned.append((self.order, self.path))
        spot = event.stands or where.stands or event.spot
        if event.kind != "draw" and not event.detail.get("generator"):
            spot = event.spot
        elif event.detail.get("module") and where.stands is None and where.factory is not None:
            spot = where.factory
        key = self._key(event, spot, where)
        if event.kind == "draw" and event.state.kind != SEEDED:
            for made in event.detail.get("made", (0,)) or (where.fills,):
                self.drawn.setdefault(key, []).append(_Drawn(where.made | {made}, self.order, self.path))
        old = self.moments.get(key)
        weak = bool(self.given) or self.looked
        if old is not None and _rank(old.state, bool(old.given) or old.looked) <= _rank(event.state, weak):
            return
        self.moments[key] = Moment(
            kind=event.kind,
            spot=spot,
            inner=event.spot,
            callee=event.callee,
            stream=event.stream,
            state=event.state,
            chain=tuple(self.chain),
            process=where.process,
            parent=where.parent[self.index[event.stream]] if where.parent and event.stream in self.index else None,
            order=old.order if old else self.order,
            detail=event.detail,
            path=self.path,
            given=self.given,
            looked=self.looked,
        )

    def _key(self, event: Event, spot: Spot, where: _Where) -> Any:
        """What makes two events the same moment."""
        if event.kind == "draw":
            return ("draw", spot, event.stream, where.process)
        if event.kind == "overwrite":
            return ("overwrite", spot, where.process, event.detail["ids"], event.detail["partly"])
        if event.kind == "mark":
            own = event.detail["mark"], event.callee, event.detail["generator"], event.detail["during"]
            return ("mark", *own, event.spot.module, where.process)
        return (event.kind, spot, event.stream, where.process, event.callee, event.detail.get("flag"))


def flatten(
    root: Activation,
    stream_index: Mapping[str, int],
    separate: frozenset[str] = frozenset(),
    told: Set[int] = frozenset(),
) -> list[Moment]:
    """The moments of an activation and all it leads to, in execution order, but for those of the bodies `told`.

    Of the streams in `separate` each object has its own: where one is seeded, nobody knows which.
    """
    walk = _Walk(stream_index, told)
    walk.visit(root, _Where())
    ordered = sorted(walk.moments.items(), key=lambda item: item[1].order)
    moments = [moment for _, moment in ordered]
    later, overwrites = _LaterSeeds(moments), _Overwrites(moments, walk.learned)
    known = {moment.stream for moment in moments if moment.kind == "seed" and moment.stream in separate}
    return [
        _judged(moment, walk.drawn.get(key, []), later, overwrites, known) if moment.kind == "draw" else moment
        for key, moment in ordered
    ]


class _LaterSeeds:
    """The first seed of a stream after a point of a process."""

    def __init__(self, moments: list[Moment]) -> None:
        self.seeds: dict[tuple[str, str], list[Moment]] = {}
        for moment in moments:
            if moment.kind == "seed" and moment.state.kind == SEEDED:
                self.seeds.setdefault((moment.process, moment.stream), []).append(moment)

    def after(self, moment: Moment) -> Spot | None:
        """Where a draw's stream is seeded later, in the same process: first where every run comes to."""
        seeds = [
            seed
            for seed in self.seeds.get((moment.process, moment.stream), ())
            if seed.order > moment.order and not _exclude(moment.path, seed.path)
        ]
        sure = (seed for seed in seeds if _on_all_ways([_beyond(moment.path, seed.path)]) == "")
        found = next(sure, seeds[0] if seeds else None)
        return found.spot if found is not None else None


class _Overwrites:
    """Where modules are given other weights than those that were drawn, before anything learns from these."""

    def __init__(self, moments: list[Moment], learned: list[tuple[int, _Path]]) -> None:
        self.moments = [moment for moment in moments if moment.kind == "overwrite"]
        self.learned = learned

    def leave(self, drawn: list[_Drawn]) -> str | None:
        """What leads past all that replaces these draws: nothing, an option, or None where an ordinary run may go."""
        whole = [moment for moment in self.moments if not moment.detail["partly"]]
        past = [self._past(self._of(draw, whole), draw) for draw in drawn] if whole and drawn else [None]
        return None if None in past else next(filter(None, past), "")

    def may_cover(self, drawn: list[_Drawn]) -> Spot | None:
        """Where every run that makes these draws may replace what they gave, or only a part of it."""
        found = [self._of(draw, self.moments) for draw in drawn] if self.moments else []
        covered = all(self._past(moments, draw) is not None for moments, draw in zip(found, drawn, strict=False))
        return found[0][-1].spot if found and covered else None

    def _of(self, draw: _Drawn, among: list[Moment]) -> list[Moment]:
        """Where what is drawn here is replaced, before anything learns from it."""
        return [
            moment
            for moment in among
            if not draw.made.isdisjoint(moment.detail["ids"])
            and moment.order > draw.order
            and not self._learns_between(draw, moment)
        ]

    def _past(self, found: list[Moment], draw: _Drawn) -> str | None:
        return _on_all_ways([_beyond(draw.path, moment.path) for moment in found])

    def _learns_between(self, draw: _Drawn, overwrite: Moment) -> bool:
        return any(
            draw.order < order < overwrite.order and not _exclude(draw.path, path) for order, path in self.learned
        )


def _rank(state: StreamState, weak: bool) -> tuple[int, bool]:
    """What is worse comes first, and of what is equally bad what an ordinary run does and looks into."""
    return _WORST_FIRST[state.kind], weak


def _beyond(one: _Path, other: _Path) -> _Path:
    """What leads to the other moment from where both come along."""
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    return other[shared:]


def _on_all_ways(paths: list[_Path]) -> str | None:
    """What leads a run past all of these paths: nothing, the name of an option, or None where an ordinary run may.

    One of them has no branch, or between them they take all ordinary ways of one.
    """
    branches: dict[tuple[_Path, object], dict[int, list[_Path]]] = {}
    turns: dict[tuple[_Path, object], Turn] = {}
    for path in paths:
        at = next((i for i, turn in enumerate(path) if not isinstance(turn.place, Spot)), None)
        if at is None:
            return ""
        key: tuple[_Path, object] = (path[:at], path[at].place)
        turns[key] = path[at]
        taken = branches.setdefault(key, {})
        if not path[at].given:
            taken.setdefault(path[at].number, []).append(path[at + 1 :])
    for branch, taken in branches.items():
        past = [_on_all_ways(rest) for rest in taken.values()]
        if taken and len(taken) == turns[branch].ways and None not in past:
            return turns[branch].option or next(filter(None, past), "")
    return None


def _exclude(one: _Path, other: _Path) -> bool:
    """Whether two moments lie on different ways of the same branch."""
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            return mine.place == theirs.place
    return False


def _judged(
    moment: Moment, drawn: list[_Drawn], later: _LaterSeeds, overwrites: _Overwrites, known: set[str]
) -> Moment:
    kind = SEEDED if moment.stream in known else moment.state.kind
    if kind != SEEDED:
        kept = overwrites.leave(drawn)
        if kept == "":
            return replace(moment, exposure="overwritten")
        loaded = overwrites.may_cover(drawn) if kept is None else None
        moment = replace(moment, given=moment.given or kept or "", loaded=loaded)
    if kind == SEEDED:
        return replace(moment, exposure="covered")
    if kind == MAYBE:
        return replace(moment, exposure="conditional")
    if kind == ENTROPY:
        return replace(moment, exposure="entropy")
    seed = later.after(moment)
    if moment.detail.get("workers") or "/worker" in moment.process:
        return replace(moment, exposure="worker", later=seed)
    if moment.parent is not None and moment.parent.kind in (SEEDED, MAYBE):
        return replace(moment, exposure="child", later=seed)
    if seed is not None:
        return replace(moment, exposure="late", later=seed)
    return replace(moment, exposure="parameter" if moment.detail.get("parameter") else "unseeded")
