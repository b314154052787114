"""What can be said on the line of ``%%track``."""

from __future__ import annotations

from dataclasses import dataclass, field

from celltrail.notebook.guard import usage_errors
from celltrail.notebook.line import LineParser, pair, words
from celltrail.tracking.keys import check_key

__all__ = ["PARSER", "TrackOptions", "track_options"]


@dataclass(frozen=True)
class TrackOptions:
    """The options of one tracked cell."""

    name: str | None = None
    experiment: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    description: str | None = None
    capture: bool = True
    nested: bool = False
    quiet: bool = False


PARSER = LineParser("%%track")
PARSER.add_argument("name", nargs="?", help="the run's name; without one it gets one")
PARSER.add_argument(
    "--experiment",
    metavar="NAME",
    help="the experiment of this run only; it is made if there is none of that name",
)
PARSER.add_argument(
    "--tag",
    metavar="KEY=VALUE",
    type=pair,
    action="append",
    default=[],
    help="a tag of the run; may be given several times",
)
PARSER.add_argument(
    "--param",
    metavar="KEY=VALUE",
    type=pair,
    action="append",
    default=[],
    help="a param that the code does not show; may be given several times",
)
PARSER.add_argument(
    "--metric",
    metavar="NAME",
    action="append",
    default=[],
    help="a variable whose number is a metric, whatever it is called; also several",
)
PARSER.add_argument(
    "--no-capture",
    action="store_true",
    help="record only what the cell logs itself, its code and how it ended",
)
PARSER.add_argument(
    "--nested",
    action="store_true",
    help="make this run a child of the run that an earlier cell has left open",
)
PARSER.add_argument("--description", metavar="TEXT", help="a note on the run")
PARSER.add_argument("--quiet", action="store_true", help="show no run card")


def track_options(line: str) -> TrackOptions:
    """Return what the line of a ``%%track`` says.

    Raises
    ------
    UsageError
        For what it cannot mean; in one line, with the nearest option.

    Examples
    --------
    >>> track_options("rf --tag stage=dev --tag note='two words'").tags
    {'stage': 'dev', 'note': 'two words'}
    """
    found = PARSER.parse_words(words(line))
    options = TrackOptions(
        name=found.name,
        experiment=found.experiment,
        tags=dict(found.tag),
        params=dict(found.param),
        metrics=tuple(found.metric),
        description=found.description,
        capture=not found.no_capture,
        nested=found.nested,
        quiet=found.quiet,
    )
    with usage_errors():
        for what, keys in (
            ("tag", options.tags),
            ("param", options.params),
            ("metric", options.metrics),
        ):
            for key in keys:
                check_key(key, what)
    return options
