"""How long verifying takes with warm processes against cold ones: `python benchmarks/verify.py [FINDINGS]`.

Small programs, each with one unseeded draw of torch, are verified twice: by forks of processes that have
imported torch once, and by fresh interpreters. The verdicts must be the same.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from seedlint.config import Config
from seedlint.engine import analyze
from seedlint.sources.discover import discover
from seedlint.verify.command import verify_all
from seedlint.verify.plan import Options

PROGRAM = """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear({width}, 8), nn.ReLU(), nn.Linear(8, 2))
print(net(torch.ones(1, {width})).sum().item())
"""


def main() -> int:
    """Print both times, and the one as a share of the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("findings", nargs="?", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.chdir(root)
        for number in range((args.findings + 1) // 2):
            Path(root, f"train_{number}.py").write_text(PROGRAM.format(width=number + 2), encoding="utf-8")
        analysis = analyze(discover([Path()])[0][0], Config(), evidence=True)
        assert analysis.evidence is not None
        findings = analysis.findings[: args.findings]
        took, seen = {}, {}
        for name, cold in (("warm", False), ("cold", True)):
            started = time.perf_counter()
            [verified] = verify_all([(findings, analysis.evidence)], Options(cold=cold, jobs=args.jobs))
            took[name] = time.perf_counter() - started
            seen[name] = [finding.verdict.outcome.value for finding in verified if finding.verdict]
            print(f"{name}: {len(findings)} findings in {took[name]:.1f} s", flush=True)
        os.chdir("/")
    print(f"same verdicts: {seen['warm'] == seen['cold']} ({', '.join(sorted(set(seen['warm'])))})")
    print(f"warm takes {took['warm'] / took['cold']:.1%} of the time of cold")
    return 0 if seen["warm"] == seen["cold"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
