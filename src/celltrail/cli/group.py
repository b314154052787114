"""The command ``celltrail`` itself: its options, errors and exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from typing import IO, TYPE_CHECKING, Any

import click

from celltrail.errors import (
    CelltrailError,
    InvalidValueError,
    NotFoundError,
    StoreBusyError,
)

if TYPE_CHECKING:
    from celltrail.store import Store

__all__ = ["RUN", "celltrail", "the_store"]

_COMPLETED = 200
_FAILED, _USAGE, _NOT_FOUND, _BUSY, _INTERRUPTED = 1, 2, 3, 4, 130
_EPILOG = """\b
A RUN is named by its id or the beginning of one, by its name, or as @last, @prev,
@best:auc or @best:rmse:min.

\b
Exit codes: 0 done, 1 failed or problems found, 2 wrong usage, 3 not found,
4 the store is busy, 130 interrupted.

\b
Completion: eval "$(_CELLTRAIL_COMPLETE=bash_source celltrail)", likewise zsh_source
and fish_source.
"""


class _Failure(click.ClickException):
    """An error of celltrail, told in one line without a traceback."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        setattr(self, "exit_code", exit_code)  # noqa: B010 (click's is a class's)

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message to stderr, in red where that is wanted."""
        is_plain = os.environ.get("NO_COLOR") or not sys.stderr.isatty()
        head = "Error:" if is_plain else click.style("Error:", fg="red")
        click.echo(f"{head} {self.message}", file=file, err=True)


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn celltrail's errors into exit codes."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = _show_warning
            try:
                return super().invoke(ctx)
            except CelltrailError as error:
                raise _Failure(error.message, _exit_code(error)) from error
            except PermissionError as error:
                message = f"{error.strerror}: {error.filename!r}"
                raise _Failure(message, _FAILED) from error
            except (KeyboardInterrupt, click.Abort):
                click.echo(err=True)
                ctx.exit(_INTERRUPTED)


@click.group(
    cls=_Group,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
)
@click.option(
    "--store",
    metavar="PATH|URI",
    help="The store; else CELLTRAIL_STORE, pyproject.toml, or the nearest .celltrail.",
)
@click.version_option(package_name="celltrail")
@click.pass_context
def celltrail(ctx: click.Context, store: str | None) -> None:
    """Find, compare, carry and care for the runs that celltrail recorded.

    \b
    celltrail runs "metrics.auc > 0.9" --desc auc
    celltrail show @last
    celltrail compare @last @prev
    celltrail sql "SELECT status, count(*) FROM runs GROUP BY status"
    """  # noqa: D301 - click's mark for lines to keep
    ctx.obj = store


def the_store(*, create: bool = False) -> Store:
    """Return the store that the command is about.

    Raises
    ------
    NotFoundError
        When there is none, and `create` is False.
    """
    from celltrail.settings import load_settings
    from celltrail.store import open_store

    named = click.get_current_context().find_root().obj
    return open_store(load_settings(store=named).store, create=create)


class _Run(click.ParamType):  # type: ignore[type-arg]
    """The name of a run; completed by ids and names."""

    name = "run"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[Any]:
        """Return the names of the newest runs, and the ``@`` forms."""
        del param
        from click.shell_completion import CompletionItem

        from celltrail.settings import load_settings
        from celltrail.store import open_store
        from celltrail.store.query.search import search_runs

        names = ["@last", "@prev", "@best:"]
        with contextlib.suppress(CelltrailError):
            named = load_settings(store=ctx.find_root().params.get("store")).store
            store = open_store(named, create=False)
            runs = search_runs(store, None, max_results=_COMPLETED)
            names += dict.fromkeys(run.info.run_name for run in runs)
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


RUN = _Run()


def _exit_code(error: CelltrailError) -> int:
    if isinstance(error, InvalidValueError):
        return _USAGE
    if isinstance(error, NotFoundError):
        return _NOT_FOUND
    return _BUSY if isinstance(error, StoreBusyError) else _FAILED


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    click.echo(f"Warning: {message}", err=True)
