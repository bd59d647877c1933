"""The probes that need a GPU: the same code on the CPU as far as it goes, and the rest skipped by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from fixtures.evidence import record
from fixtures.evidence.probes import PROBES, Probe, prepare
from seedlint.verify.probe.digest import Digest

RULES = {"SDL201", "SDL301", "SDL302", "SDL303", "SDL304", "SDL401", "SDL901"}


@pytest.fixture(autouse=True)
def flags_put_back() -> Iterator[None]:
    """Probes set flags of the process that they run in."""
    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark, torch.are_deterministic_algorithms_enabled()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # with several, `index_put_` adds in any order on the CPU too
    yield
    torch.set_num_threads(threads)
    cudnn.deterministic, cudnn.benchmark = before[:2]
    torch.use_deterministic_algorithms(before[2])


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_a_step_is_the_same_each_time_on_the_cpu(probe: Probe) -> None:
    """Forward and backward, from equal inputs; a draw follows its seed."""
    prepare(probe, fixed=False)
    step = probe.build("cpu")
    if not probe.draws:
        assert Digest(step()).hex == Digest(step()).hex
        return
    digests = []
    for _ in range(2):
        torch.manual_seed(0)
        digests.append(Digest(step()).hex)
    assert digests[0] == digests[1]


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_a_step_is_the_same_each_time_on_a_gpu_once_its_rule_is_followed(probe: Probe) -> None:
    """What the rule advises makes it so, in two processes."""
    if torch.cuda.device_count() < probe.devices:
        pytest.skip(f"{probe.rule} {probe.name} needs {probe.devices} CUDA device(s)")
    [row] = record.record([probe], "cuda", 20)["probes"]
    assert row["fixed_verdict"] == "identical" or "deterministic" in row["fixed_detail"]


def test_every_rule_that_needs_a_gpu_has_a_probe() -> None:
    """And each probe a name of its own."""
    assert {probe.rule for probe in PROBES} == RULES
    assert len({probe.name for probe in PROBES}) == len(PROBES)


def test_a_record_says_what_ran_where_and_what_it_showed() -> None:
    """Draws whose stream no seed covers differ between two processes, whatever the device."""
    chosen = [probe for probe in PROBES if probe.name in ("draw-seeded-in-python", "draw-on-second-device")]
    document = record.record(chosen, "cpu", 3)
    assert {"device", "driver", "torch", "cudnn", "command", "repeats"} <= set(document)
    drawn, second = document["probes"]
    assert (drawn["verdict"], drawn["fixed_verdict"]) == ("diverged", "identical")
    assert drawn["runs"][0]["digests"] != drawn["runs"][1]["digests"]
    assert (second["verdict"], second["detail"]) == ("could not run", "needs 2 devices")


def test_what_was_not_seen_to_differ_is_said_with_its_count() -> None:
    """It is no proof; the sentence does not say that it is."""
    runs = [{"repeats": 200, "digests": ["a"]}] * 2
    said = "not seen to differ, computed 200 times in each of 2 processes on a GPU"
    assert record.verdict(runs, "a GPU") == ("identical", said)
    assert record.verdict([*runs, {"repeats": 7, "digests": ["a", "b"]}], "a GPU")[0] == "diverged"
    assert record.verdict([{"repeats": 0, "digests": [], "error": "out of memory"}], "")[0] == "could not run"
