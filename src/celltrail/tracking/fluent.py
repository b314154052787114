"""The tracking API: MLflow's functions, with MLflow's names and meanings."""

from __future__ import annotations

from celltrail.tracking import ending
from celltrail.tracking.artifact_logs import (
    get_artifact_uri,
    load_table,
    log_artifact,
    log_artifacts,
    log_dict,
    log_figure,
    log_image,
    log_input,
    log_inputs,
    log_stream,
    log_table,
    log_text,
)
from celltrail.tracking.experiments import (
    create_experiment,
    delete_experiment,
    delete_experiment_tag,
    get_experiment,
    get_experiment_by_name,
    rename_experiment,
    restore_experiment,
    search_experiments,
    set_experiment,
    set_experiment_tag,
    set_experiment_tags,
)
from celltrail.tracking.images import Image
from celltrail.tracking.lifecycle import ActiveRun
from celltrail.tracking.location import get_tracking_uri, set_tracking_uri
from celltrail.tracking.logs import (
    delete_tag,
    log_batch,
    log_metric,
    log_metrics,
    log_param,
    log_params,
    set_tag,
    set_tags,
)
from celltrail.tracking.records import (
    delete_run,
    get_parent_run,
    get_run,
    restore_run,
    search_runs,
    sql,
)
from celltrail.tracking.runs import active_run, end_run, last_active_run, start_run

__all__ = [
    "ActiveRun",
    "Image",
    "active_run",
    "create_experiment",
    "delete_experiment",
    "delete_experiment_tag",
    "delete_run",
    "delete_tag",
    "end_run",
    "get_artifact_uri",
    "get_experiment",
    "get_experiment_by_name",
    "get_parent_run",
    "get_run",
    "get_tracking_uri",
    "last_active_run",
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
]

ending.watch()
