"""Commands that care for a store: the doctor and the collection of garbage."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from celltrail.cli.group import the_store
from celltrail.cli.output import emit, emit_json, say

if TYPE_CHECKING:
    from celltrail.store.care.findings import Finding
    from celltrail.store.care.gc import GcReport

__all__ = ["doctor", "gc"]

_PROBLEM = 1
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can safely be mended.")
@click.option("--deep", is_flag=True, help="Also compare every artifact's content.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print the findings.",
)
@click.pass_context
def doctor(ctx: click.Context, format_: str, *, fix: bool, deep: bool) -> None:
    """Examine the store, and mend it.

    It says what was found and how to mend it. Without --fix nothing is changed. Exit
    code 1 means that something is wrong.

    \b
    celltrail doctor
    celltrail doctor --deep
    celltrail doctor --fix
    """  # noqa: D301 - click's mark for lines to keep
    from celltrail.store.care.doctor import examine

    store = the_store()
    if fix:
        from celltrail.store.care.mend import mend

        for line in mend(store):
            say(line)
    findings = examine(store, deep=deep)
    if format_ == "json":
        emit_json([_record(finding) for finding in findings])
    else:
        emit(_report(str(store.path), findings))
    if any(finding.is_problem for finding in findings):
        ctx.exit(_PROBLEM)


def _record(finding: Finding) -> dict[str, Any]:
    return {
        "what": finding.what,
        "mend": finding.mend,
        "is_problem": finding.is_problem,
        "is_fixable": finding.is_fixable,
    }


def _report(path: str, findings: list[Finding]) -> str:
    if not findings:
        return f"{path}: all is well."
    lines = [f"{path}:"]
    for finding in findings:
        lines.append(f"  {'✗' if finding.is_problem else '·'} {finding.what}")
        if finding.mend:
            lines.append(f"    → {finding.mend}")
    return "\n".join(lines)


class _Age(click.ParamType):  # type: ignore[type-arg]
    """A span of time such as 12h, 30d or 4w."""

    name = "age"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta:
        """Return the span."""
        match = re.fullmatch(r"(\d{1,6})([hdw])", str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no age; write 12h, 30d or 4w.", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option(
    "--older-than",
    metavar="AGE",
    type=_Age(),
    help="Spare what was deleted within AGE: 12h, 30d, 4w.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def gc(older_than: timedelta | None, *, dry_run: bool, yes: bool) -> None:
    """Remove for good what was deleted.

    Also what no run refers to: artifact files, code, package lists. Active runs lose
    nothing. At a terminal it shows what would go and asks.

    \b
    celltrail gc --dry-run
    celltrail gc --older-than 30d --yes
    """  # noqa: D301 - click's mark for lines to keep
    from celltrail.store.care.gc import collect

    store = the_store()
    if not dry_run and not yes and sys.stdin.isatty():
        planned = collect(store, dry_run=True, older_than=older_than)
        say(_collected(planned))
        if planned.found_nothing:
            return
        if not click.confirm("Remove that for good?", err=True):
            return
    say(_collected(collect(store, dry_run=dry_run, older_than=older_than)))


def _collected(report: GcReport) -> str:
    from celltrail.store.care.findings import counted
    from celltrail.views.format import size

    removed = [
        counted(len(report.runs), "deleted run") if report.runs else "",
        counted(len(report.experiments), "experiment") if report.experiments else "",
        f"{counted(report.artifacts, 'artifact file')} ({size(report.artifact_bytes)})"
        if report.artifacts
        else "",
        f"{counted(report.texts, 'text')} ({size(report.text_bytes)})"
        if report.texts
        else "",
    ]
    done = "Would remove" if report.dry_run else "Removed"
    what = ", ".join(filter(None, removed)) or "nothing"
    lines = [f"{done} {what}."]
    if not report.dry_run and report.database_after < report.database_before:
        lines.append(
            f"The database went from {size(report.database_before)} to "
            f"{size(report.database_after)}."
        )
    if report.running:
        lines.append(
            f"{counted(len(report.running), 'deleted run')} still running: kept."
        )
    if report.texts_kept:
        lines.append("Texts were kept, as a living session may refer to them.")
    return "\n".join(lines)
