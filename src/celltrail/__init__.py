"""An experiment tracker that lives inside Jupyter: a cell's execution is a run.

In a notebook, ``%load_ext celltrail`` and ``%%track`` on top of a cell are all that is
needed. The functions here carry MLflow's names and meanings, so that code written for
MLflow runs after ``import celltrail as mlflow``. Each is imported when it is first
used, which keeps ``import celltrail`` cheap.

Examples
--------
>>> import celltrail
>>> with celltrail.start_run(run_name="baseline"):
...     celltrail.log_param("depth", 3)
...     celltrail.log_metric("auc", 0.91)
3
>>> celltrail.search_runs()["metrics.auc"].tolist()
[0.91]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from celltrail import artifacts, data, entities, exceptions, tracking
    from celltrail.tracking.client import Client, MlflowClient
    from celltrail.tracking.fluent import (
        ActiveRun,
        Image,
        active_run,
        create_experiment,
        delete_experiment,
        delete_experiment_tag,
        delete_run,
        delete_tag,
        end_run,
        get_artifact_uri,
        get_experiment,
        get_experiment_by_name,
        get_parent_run,
        get_run,
        get_tracking_uri,
        last_active_run,
        load_table,
        log_artifact,
        log_artifacts,
        log_batch,
        log_dict,
        log_figure,
        log_image,
        log_input,
        log_inputs,
        log_metric,
        log_metrics,
        log_param,
        log_params,
        log_stream,
        log_table,
        log_text,
        rename_experiment,
        restore_experiment,
        restore_run,
        search_experiments,
        search_runs,
        set_experiment,
        set_experiment_tag,
        set_experiment_tags,
        set_tag,
        set_tags,
        set_tracking_uri,
        sql,
        start_run,
    )

    __version__: str

__all__ = [
    "ActiveRun",
    "Client",
    "Image",
    "MlflowClient",
    "__version__",
    "active_run",
    "artifacts",
    "create_experiment",
    "data",
    "delete_experiment",
    "delete_experiment_tag",
    "delete_run",
    "delete_tag",
    "end_run",
    "entities",
    "exceptions",
    "get_artifact_uri",
    "get_experiment",
    "get_experiment_by_name",
    "get_parent_run",
    "get_run",
    "get_tracking_uri",
    "last_active_run",
    "load_ipython_extension",
    "load_table",
    "log_artifact",
    "log_artifacts",
    "log_batch",
    "log_dict",
    "log_figure",
    "log_image",
    "log_input",
    "log_inputs",
    "log_metric",
    "log_metrics",
    "log_param",
    "log_params",
    "log_stream",
    "log_table",
    "log_text",
    "rename_experiment",
    "restore_experiment",
    "restore_run",
    "search_experiments",
    "search_runs",
    "set_experiment",
    "set_experiment_tag",
    "set_experiment_tags",
    "set_tag",
    "set_tags",
    "set_tracking_uri",
    "sql",
    "start_run",
    "tracking",
    "unload_ipython_extension",
]

_SUBMODULES = {"artifacts", "data", "entities", "exceptions", "tracking"}
_MODULE_OF = {
    **dict.fromkeys(__all__, "celltrail.tracking.fluent"),
    "Client": "celltrail.tracking.client",
    "MlflowClient": "celltrail.tracking.client",
}


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name == "__version__":
        value: Any = import_module("importlib.metadata").version(__name__)
    elif name in _MODULE_OF:
        value = getattr(import_module(_MODULE_OF[name]), name)
    else:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message, name=name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(ip: InteractiveShell) -> None:
    """Add ``%%track``, ``%track`` and ``%trail`` to a shell: ``%load_ext celltrail``.

    Examples
    --------
    >>> get_ipython().run_line_magic("load_ext", "celltrail")  # doctest: +SKIP
    """
    import_module("celltrail.notebook.extension").load_ipython_extension(ip)


def unload_ipython_extension(ip: InteractiveShell) -> None:
    """Take celltrail out of a shell again: ``%unload_ext celltrail``.

    Examples
    --------
    >>> get_ipython().run_line_magic("unload_ext", "celltrail")  # doctest: +SKIP
    """
    import_module("celltrail.notebook.extension").unload_ipython_extension(ip)
