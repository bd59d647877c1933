"""The options of the command line, and what is said about a mistyped one."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

FORMATS = ("text", "concise", "json", "sarif", "github", "html")
SEVERITIES = ("error", "warning", "note")
COLORS = ("auto", "always", "never")
SHELLS = ("bash", "zsh", "fish")


class Options(argparse.Namespace):
    """What was asked for."""

    paths: list[Path]
    entry: list[str]
    tests: bool
    library: bool
    config: Path | None
    stdin_filename: Path | None
    select: list[str]
    extend_select: list[str]
    ignore: list[str]
    explain: str | None
    list_rules: bool
    output_format: str
    output_file: Path | None
    statistics: bool
    color: str
    fail_on: str | None
    exit_zero: bool
    baseline: Path | None
    write_baseline: Path | None
    add_ignores: str | None
    fix: bool
    unsafe_fixes: bool
    diff: bool
    verify: bool
    device: str
    python: str | None
    launcher: str | None
    run: str | None
    runs: int
    timeout: float
    keep: Path | None
    pass_env: list[str]
    jobs: int
    cache_dir: Path | None
    no_cache: bool
    show_completion: str | None


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, with the nearest thing that exists."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and exit with status 2."""
        given = re.match(r"unrecognized arguments: (\S+)", message)
        chosen = re.match(r"argument (\S+): invalid choice: '([^']*)' \(choose from (.*)\)", message)
        wrong = re.match(r"argument (\S+): invalid (.*) value: (.*)", message)
        hint = ""
        if given:
            message = f"no such option: {given[1]}"
            hint = _meant(given[1].partition("=")[0], self._option_string_actions)
        elif chosen:
            choices = re.findall(r"[\w-]+", chosen[3])
            message = f"{chosen[1]} takes {', '.join(choices)}, not {chosen[2]}"
            hint = _meant(chosen[2], choices)
        elif wrong:
            message = f"{wrong[1]} takes a {wrong[2].replace('_', ' ')}, not {wrong[3]}"
        print(f"seedlint: {message}{hint} (`seedlint --help` lists the options)", file=sys.stderr)
        sys.exit(2)


def _meant(given: str, known: Sequence[str] | dict[str, argparse.Action]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(given, list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""


class _Help(argparse.HelpFormatter):
    """Short lines: an option and one sentence."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30)


def parse(argv: Sequence[str] | None = None) -> Options:
    """Read the command line; exits with status 2 for a wrong one, and with 0 after `--help` and `--version`."""
    out = parser().parse_args(argv, namespace=Options())
    out.verify = out.verify or out.run is not None
    return out


def parser() -> Parser:
    """All options, in groups."""
    out = Parser(
        prog="seedlint",
        usage="seedlint [options] [PATH ...]",
        description="Finds the line that makes two runs of the same training command differ, and proves it.",
        epilog="Exit status: 0 clean, 1 findings, 2 could not do what was asked.",
        formatter_class=_Help,
        allow_abbrev=False,
        add_help=False,
    )
    _what(out.add_argument_group("what is checked"))
    _rules(out.add_argument_group("rules"))
    _report(out.add_argument_group("report"))
    _adopt(out.add_argument_group("adopt"))
    _fix(out.add_argument_group("fix"))
    _verify(out.add_argument_group("verify (runs the code that is checked)"))
    _run(out.add_argument_group("run"))
    return out


_Group = argparse._ArgumentGroup


def _what(group: _Group) -> None:
    entry = "only what this entry runs; may be repeated"
    group.add_argument(
        "paths", metavar="PATH", nargs="*", type=Path, help="files, folders, or - for stdin (default: .)"
    )
    group.add_argument("--entry", metavar="FILE[:FUNCTION]", action="append", default=[], help=entry)
    group.add_argument("--tests", action="store_true", help="report findings in tests as well")
    group.add_argument("--library", action="store_true", help="blame library code that no entry reaches")
    group.add_argument("--config", metavar="FILE", type=Path, help="read this configuration instead of the project's")
    group.add_argument("--stdin-filename", metavar="FILE", type=Path, help="the file that - stands for")


def _rules(group: _Group) -> None:
    for name, text in (
        ("--select", "only these codes or prefixes (SDL1), or ALL"),
        ("--extend-select", "these as well"),
        ("--ignore", "not these; the longest prefix decides"),
    ):
        group.add_argument(name, metavar="CODES", action="extend", type=_codes, default=[], help=text)
    group.add_argument("--explain", metavar="CODE", help="show the page of a rule")
    group.add_argument("--list-rules", action="store_true", help="list the rules")


def _report(group: _Group) -> None:
    group.add_argument("--output-format", metavar="FORMAT", choices=FORMATS, default="text", help=", ".join(FORMATS))
    group.add_argument("--output-file", metavar="FILE", type=Path, help="write the report there")
    group.add_argument("--statistics", action="store_true", help="count the findings of each rule instead")
    group.add_argument("--color", metavar="WHEN", choices=COLORS, default="auto", help=", ".join(COLORS))
    group.add_argument(
        "--fail-on", metavar="SEVERITY", choices=SEVERITIES, help="exit with 1 from error, warning or note on"
    )
    group.add_argument("--exit-zero", action="store_true", help="exit with 0 even if there are findings")


def _adopt(group: _Group) -> None:
    group.add_argument("--write-baseline", metavar="FILE", type=Path, help="write today's findings to a file")
    group.add_argument("--baseline", metavar="FILE", type=Path, help="report only what that file does not hold")
    group.add_argument("--add-ignores", metavar="REASON", help="add a comment to each line that has a finding")


def _fix(group: _Group) -> None:
    group.add_argument("--fix", action="store_true", help="apply the fixes that cost nothing")
    group.add_argument("--unsafe-fixes", action="store_true", help="with --fix: those that change numbers as well")
    group.add_argument("--diff", action="store_true", help="show what --fix would change")


def _verify(group: _Group) -> None:
    group.add_argument("--verify", action="store_true", help="run each finding's code twice, compare")
    group.add_argument("--device", metavar="DEVICE", default="auto", help="auto, cpu, cuda, cuda:N or mps")
    group.add_argument("--python", metavar="FILE", help="the project's interpreter")
    group.add_argument("--launcher", metavar="COMMAND", help="as in 'srun --gres=gpu:1'")
    group.add_argument("--run", metavar="COMMAND", help="verify by running 'train.py --epochs 1'")
    group.add_argument("--runs", metavar="N", type=_at_least(2), default=2, help="how often to run (default: 2)")
    group.add_argument("--timeout", metavar="SECONDS", type=_seconds, default=120.0, help="of one run (default: 120)")
    group.add_argument("--keep", metavar="FOLDER", type=Path, help="keep what was run there")
    secret = "pass this variable on although it looks like a secret; may be repeated"
    group.add_argument("--pass-env", metavar="NAME", action="append", default=[], help=secret)


def _run(group: _Group) -> None:
    group.add_argument("--jobs", metavar="N", type=_at_least(0), default=0, help="processes (default: one a core)")
    group.add_argument("--cache-dir", metavar="FOLDER", type=Path, help="keep what can be found again there")
    group.add_argument("--no-cache", action="store_true", help="neither read nor write a cache")
    group.add_argument(
        "--show-completion", metavar="SHELL", choices=SHELLS, help="completion script for bash, zsh or fish"
    )
    group.add_argument("--version", action=_Version, nargs=0, help="print the version")
    group.add_argument("-h", "--help", action="help", help="print this")


class _Version(argparse.Action):
    """Prints the version; it is looked up only then."""

    def __call__(self, *_: object) -> None:
        print(f"seedlint {version()}")
        sys.exit(0)


def version() -> str:
    """The installed version."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("seedlint")
    except PackageNotFoundError:
        return "unknown"


def _codes(text: str) -> list[str]:
    return [part for part in re.split(r"[,\s]+", text.strip()) if part]


class _at_least:
    def __init__(self, least: int) -> None:
        self.least = least
        self.__name__ = f"number of at least {least}"

    def __call__(self, text: str) -> int:
        number = int(text)
        if number < self.least:
            raise ValueError
        return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


_seconds.__name__ = "number of seconds"
