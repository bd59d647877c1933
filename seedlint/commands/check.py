"""`seedlint PATH ...`: checks, reports, and hands over to what else was asked for."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from seedlint import api
from seedlint.api import Checked, Setting
from seedlint.cli import CLEAN, FAILED, FINDINGS, Refused
from seedlint.commands.options import Options
from seedlint.commands.output import Output, complain
from seedlint.commands.progress import Progress
from seedlint.config import Config, Selection, unknown_code

STDIN = Path("-")
_FROM_WORST = ("error", "warning", "note")


def run(options: Options) -> int:
    """Check what was asked for and do with the findings what was asked for; the exit status."""
    _refuse_contradictions(options)
    output = Output(options.output_file, options.color)
    checked = check(options)
    if options.write_baseline is not None:
        return _write_baseline(options.write_baseline, checked)
    if options.add_ignores is not None:
        from seedlint.commands import ignores

        return _told(checked, ignores.run(options, checked))
    if options.verify:
        from seedlint.commands import verify

        verify.run(options, checked)
    if options.fix or options.diff:
        from seedlint.commands import fix

        return _told(checked, fix.run(options, checked, output))
    return report(options, checked, output)


def check(options: Options) -> Checked:
    """The findings of the paths that were given. Raises `Refused`."""
    change = _change(options)
    with Progress(options.output_file is not None or options.output_format == "text") as progress:
        setting = Setting(
            config_file=options.config,
            change=change,
            jobs=options.jobs or cores(),
            cache_dir=None if options.no_cache else options.cache_dir or api.cache_folder(),
            lenient=True,
            evidence=options.fix or options.diff or options.verify,
            progress=progress,
        )
        if STDIN in options.paths:
            return _check_stdin(options, setting)
        return _with_entries(options, api.check_with(options.paths or [Path()], setting))


def cores() -> int:
    """How many processes this one may run at a time."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_stdin(options: Options, setting: Setting) -> Checked:
    if options.paths != [STDIN]:
        raise Refused("- stands for standard input, and cannot be checked beside other paths")
    name = options.stdin_filename or Path("stdin.py")
    return api.check_text(name, sys.stdin.buffer.read(), setting=setting)


def _with_entries(options: Options, checked: Checked) -> Checked:
    """The same, with what is wrong about the entries that were named."""
    if options.entry:
        from seedlint.program.entries import split

        known = {source.absolute for source in checked.sources.values()}
        unread = {problem.path for problem in checked.problems}
        for given in options.entry:
            file = Path(split(given)[0])
            if not file.exists():
                checked.errors.append(f"--entry {given}: no such file")
            elif file.resolve() not in known and not unread:
                checked.errors.append(f"--entry {given}: not among the files that are checked; name its folder as PATH")
    return checked


def _change(options: Options) -> Callable[[Config], Config]:
    """What the command line changes about each project's configuration. Raises `Refused`."""
    _check_codes(options)
    changes: dict[str, object] = {
        "over": Selection(tuple(options.select), tuple(options.ignore), tuple(options.extend_select))
    }
    if options.tests:
        changes["tests"] = True
    if options.library:
        changes["library"] = True
    if options.fail_on:
        changes["fail_on"] = options.fail_on
    if options.entry:
        changes["entries"] = tuple(os.path.abspath(entry) for entry in options.entry)  # noqa: PTH100 - not only a path
    if options.write_baseline is not None:
        changes["baseline"] = ""
    elif options.baseline is not None:
        changes["baseline"] = str(options.baseline)
    return lambda config: replace(config, **changes)  # type: ignore[arg-type]


def _check_codes(options: Options) -> None:
    given = [*options.select, *options.extend_select, *options.ignore]
    if given:
        from seedlint import registry

        rules = {rule.code: rule.name for rule in registry.listed()}
        for code in given:
            wrong = unknown_code(code, rules)
            if wrong:
                raise Refused(f"{wrong} (`seedlint --list-rules` lists them)")


def _refuse_contradictions(options: Options) -> None:
    if options.unsafe_fixes and not (options.fix or options.diff):
        raise Refused("--unsafe-fixes does nothing alone; add --fix to apply them, or --diff to see them")
    for name in ("python", "launcher", "keep", "pass_env"):
        if getattr(options, name) and not options.verify:
            raise Refused(f"--{name.replace('_', '-')} does nothing alone; add --verify")
    if options.statistics and options.output_format not in ("text", "json"):
        raise Refused(f"--statistics are text or json, not {options.output_format}")
    if options.stdin_filename is not None and STDIN not in options.paths:
        raise Refused("--stdin-filename needs - as PATH")
    if options.add_ignores is not None and not options.add_ignores.strip():
        raise Refused("--add-ignores needs a reason, as in --add-ignores 'seeded by the caller'")
    changes = [name for name in ("fix", "add_ignores", "write_baseline") if getattr(options, name) not in (None, False)]
    if len(changes) > 1:
        raise Refused("only one of --fix, --add-ignores and --write-baseline can be done at a time")
    if options.config is not None and options.config.is_dir():
        raise Refused(f"{options.config}: it is a folder; --config names a file")


def _write_baseline(path: Path, checked: Checked) -> int:
    from seedlint import baseline

    _complain_of(checked)
    if checked.errors:
        return FAILED
    try:
        count = baseline.write(path, checked.findings, checked.sources)
    except baseline.BaselineError as error:
        raise Refused(str(error)) from None
    print(f"Wrote {count} {'finding' if count == 1 else 'findings'} to {path}; report new ones with --baseline {path}")
    return FAILED if checked.problems else CLEAN


def report(options: Options, checked: Checked, output: Output) -> int:
    """Show findings in the format that was asked for; the exit status."""
    if options.statistics:
        output.write(_statistics(checked, options.output_format), options.output_format == "json")
    elif options.output_format == "text":
        _show_text(checked, output)
        return FAILED if checked.problems or checked.errors else _status(options, checked)
    else:
        output.write(_rendered(options, checked), machine=True)
    return _told(checked, _status(options, checked))


def _show_text(checked: Checked, output: Output) -> None:
    """Findings, then what could not be checked, then what was counted."""
    from seedlint.report import text

    shown = text.render(checked.findings, checked.sources, output.color, output.width)
    closing = text.closing(checked, output.terminal, output.color)
    if output.file is not None:
        _complain_of(checked)
        output.write([*shown, *closing])
    else:
        output.write(shown)
        if _complain_of(checked) and output.terminal:
            output.write([""])
        output.write(closing)


def _rendered(options: Options, checked: Checked) -> Iterator[str]:
    """The lines of a report that is no text; each format is imported only here."""
    if options.output_format == "json":
        from seedlint.report import json

        yield json.render(checked.findings)
    elif options.output_format == "concise":
        from seedlint.report import concise

        yield from concise.render(checked.findings)
    elif options.output_format == "github":
        from seedlint.report import github

        yield from github.render(checked.findings, checked.problems, checked.errors)
    else:
        from seedlint import registry
        from seedlint.commands.options import version

        rules = [(rule, registry.doc(rule)) for rule in registry.listed()]
        if options.output_format == "sarif":
            from seedlint.report import sarif

            yield sarif.render(checked.findings, checked.sources, rules, version(), checked.problems, checked.errors)
        else:
            from seedlint.report import html

            yield html.render(checked, rules, version())


def _statistics(checked: Checked, output_format: str) -> Iterator[str]:
    """How many findings each rule has, the most common first."""
    counts = Counter((finding.code, finding.name) for finding in checked.findings)
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    if output_format == "json":
        import json

        yield json.dumps([{"code": code, "name": name, "count": count} for (code, name), count in rows], indent=1)
        return
    from seedlint.report import text

    width = max((len(str(count)) for _, count in rows), default=0)
    for (code, name), count in rows:
        yield f"{count:>{width}}  {code}  {name}"
    if rows:
        yield ""
    yield from text.closing(checked, False, False)


def _status(options: Options, checked: Checked) -> int:
    if options.exit_zero:
        return CLEAN
    for judged in checked.judged:
        bar = _FROM_WORST.index(judged.config.fail_on)
        for finding in checked.findings:
            if finding.place.path in judged.analysis.sources and _FROM_WORST.index(finding.severity.value) <= bar:
                return FINDINGS
    return CLEAN


def _told(checked: Checked, status: int) -> int:
    """The exit status, after saying what could not be done."""
    return FAILED if _complain_of(checked) else status


def _complain_of(checked: Checked) -> bool:
    sys.stdout.flush()
    for problem in checked.problems:
        complain(str(problem))
    for error in checked.errors:
        complain(f"seedlint: {error}")
    return bool(checked.problems or checked.errors)
