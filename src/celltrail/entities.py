"""Frozen records of what a store holds, with MLflow's names and attributes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, Generic, NamedTuple, TypeVar

__all__ = [
    "Dataset",
    "DatasetInput",
    "Experiment",
    "ExperimentTag",
    "FileInfo",
    "InputTag",
    "LifecycleStage",
    "Metric",
    "PagedList",
    "Param",
    "Run",
    "RunData",
    "RunInfo",
    "RunInputs",
    "RunStatus",
    "RunTag",
    "ViewType",
]

T = TypeVar("T")


class _Record:
    """What MLflow's entities share: ``to_dictionary`` and iteration over fields."""

    def to_dictionary(self) -> dict[str, Any]:
        """Return the record as nested dictionaries."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]


class LifecycleStage:
    """The two stages of experiments and runs."""

    ACTIVE = "active"
    DELETED = "deleted"


class ViewType:
    """Which lifecycle stages a search returns."""

    ACTIVE_ONLY, DELETED_ONLY, ALL = range(1, 4)


class RunStatus(Enum):
    """The status of a run; ``to_string`` and ``from_string`` are MLflow's."""

    RUNNING = 1
    SCHEDULED = 2
    FINISHED = 3
    FAILED = 4
    KILLED = 5

    @staticmethod
    def to_string(status: RunStatus | int) -> str:
        """Return the name of a status."""
        return RunStatus(status).name

    @staticmethod
    def from_string(status: str) -> RunStatus:
        """Return the status of that name."""
        return RunStatus[status]

    @staticmethod
    def is_terminated(status: RunStatus | int) -> bool:
        """Return whether a run of that status has ended."""
        return RunStatus(status).value >= RunStatus.FINISHED.value


@dataclass(frozen=True)
class ExperimentTag(_Record):
    """A key and its text on an experiment."""

    key: str
    value: str


@dataclass(frozen=True)
class RunTag(_Record):
    """A key and its text on a run."""

    key: str
    value: str


@dataclass(frozen=True)
class Param(_Record):
    """A parameter of a run; values are text, as in MLflow."""

    key: str
    value: str


class Metric(NamedTuple):
    """One point of a metric; `timestamp` is in milliseconds since 1970.

    A tuple, since a history has tens of thousands of them.
    """

    key: str
    value: float
    timestamp: int
    step: int = 0
    run_id: str | None = None

    def to_dictionary(self) -> dict[str, Any]:
        """Return the point as a dictionary."""
        return self._asdict()


@dataclass(frozen=True)
class FileInfo(_Record):
    """A file or folder among a run's artifacts; `file_size` in bytes."""

    path: str
    is_dir: bool
    file_size: int | None = None


@dataclass(frozen=True)
class Experiment(_Record):
    """A named group of runs; times in milliseconds since 1970."""

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    tags: dict[str, str] = field(default_factory=dict)
    creation_time: int | None = None
    last_update_time: int | None = None


@dataclass(frozen=True)
class InputTag(_Record):
    """A key and its text on the use of a dataset (``mlflow.data.context``)."""

    key: str
    value: str


@dataclass(frozen=True)
class Dataset(_Record):
    """What identifies a dataset: name, digest, source, schema, profile."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


@dataclass(frozen=True)
class DatasetInput(_Record):
    """A dataset used by a run."""

    dataset: Dataset
    tags: list[InputTag] = field(default_factory=list)


@dataclass(frozen=True)
class RunInputs(_Record):
    """The datasets a run used."""

    dataset_inputs: list[DatasetInput] = field(default_factory=list)


@dataclass(frozen=True)
class RunInfo(_Record):
    """What identifies a run and where it stands; times in ms since 1970."""

    run_id: str
    run_name: str
    experiment_id: str
    user_id: str
    status: str
    start_time: int
    end_time: int | None
    lifecycle_stage: str
    artifact_uri: str


@dataclass(frozen=True)
class RunData(_Record):
    """What a run recorded: the latest metrics, the params and the tags.

    `values` (other computed scalars) and `context` (environment facts) are
    celltrail's additions.
    """

    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    context: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run(_Record):
    """A tracked execution: its info, its data and its inputs."""

    info: RunInfo
    data: RunData
    inputs: RunInputs = field(default_factory=RunInputs)


class PagedList(list[T], Generic[T]):
    """A list with the token of the next page (None on the last)."""

    def __init__(self, items: list[T], token: str | None = None) -> None:
        super().__init__(items)
        self.token = token

    def to_list(self) -> list[T]:
        """Return the items as a plain list."""
        return list(self)
