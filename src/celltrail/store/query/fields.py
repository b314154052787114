"""What a filter can name: the fields of runs and of experiments, and their SQL.

Every key is a bound parameter; the SQL here is made of constants only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from sqlglot import exp

from celltrail.errors import nearest
from celltrail.store.query.syntax import fault

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EXPERIMENTS", "RUNS", "Field", "Subject", "span"]

Kind = Literal["number", "text", "time", "id", "dataset"]

_HEX = "replace(CAST({} AS VARCHAR), '-', '')"


@dataclass(frozen=True)
class Field:
    """One thing to compare or to order by.

    Attributes
    ----------
    name
        As in the results: ``metrics.auc``.
    kind
        How it compares. A ``time`` is in milliseconds; a ``dataset`` field holds for
        a run when it holds for any of its inputs.
    sql
        The expression; NULL where a run lacks the field.
    parameters
        What the expression binds.
    column
        The column behind an ``id`` or a ``time``, which has their order.
    """

    name: str
    kind: Kind
    sql: str
    parameters: tuple[str, ...] = ()
    column: str = ""


@dataclass(frozen=True)
class Subject:
    """What is searched: its attributes, and its columns of keys and values."""

    noun: str
    attributes: Mapping[str, Field]
    maps: Mapping[str, tuple[str, Kind]]
    aliases: Mapping[str, str]
    entities: Mapping[str, str]
    datasets: Mapping[str, Field] = field(default_factory=dict)

    def resolve(self, text: str, node: exp.Expr) -> Field:
        """Return the field that part of a filter names, or raise with a suggestion."""
        parts = _parts(node)
        if len(parts) == 1:
            return self._attribute(text, node, parts[0])
        entity = self.entities.get(parts[0])
        if entity is None:
            known = sorted(self.entities)
            shown = ", ".join(dict.fromkeys(self.entities.values()))
            problem = (
                f"unknown entity {parts[0]!r}.{nearest(parts[0], known)} "
                f"There are: {shown}."
            )
            raise fault(text, span(node)[0], problem)
        key = ".".join(parts[1:])
        if entity == "attributes":
            return self._attribute(text, node, key)
        if entity == "datasets":
            return self._dataset(text, node, key)
        column, kind = self.maps[entity]
        return Field(f"{entity}.{key}", kind, f"{column}[?]", (key,))

    def _attribute(self, text: str, node: exp.Expr, name: str) -> Field:
        known = self.aliases.get(name, name)
        if known in self.attributes:
            return self.attributes[known]
        guess = nearest(name, [*self.attributes, *self.aliases])
        prefix = next(iter(self.maps))
        hint = "" if guess else f" A key needs its prefix, as in {prefix}.{name}."
        problem = (
            f"{self.noun} have no attribute {name!r}.{guess}{hint} "
            f"There are: {', '.join(self.attributes)}."
        )
        raise fault(text, span(node)[0], problem)

    def _dataset(self, text: str, node: exp.Expr, name: str) -> Field:
        if name in self.datasets:
            return self.datasets[name]
        problem = (
            f"datasets have no {name!r}.{nearest(name, self.datasets)} "
            f"There are: {', '.join(self.datasets)}."
        )
        raise fault(text, span(node)[0], problem)


def span(node: exp.Expr) -> tuple[int, int]:
    """Return where a node's text begins and ends in the filter."""
    places = [part.meta for part in node.walk() if "start" in part.meta]
    if not places:
        return 0, 0
    return min(p["start"] for p in places), max(p["end"] + 1 for p in places)


def _parts(node: exp.Expr) -> list[str]:
    if isinstance(node, exp.Dot):
        return [*_parts(node.this), node.expression.name]
    return [part.name for part in node.parts] if isinstance(node, exp.Column) else []


def _fields(*fields: Field) -> dict[str, Field]:
    return {each.name: each for each in fields}


def _time(column: str) -> Field:
    return Field(column, "time", f"(epoch_us({column}) // 1000)", column=column)


RUNS: Final = Subject(
    noun="runs",
    attributes=_fields(
        Field("run_id", "id", _HEX.format("run_id"), column="run_id"),
        Field("run_name", "text", "name"),
        Field("user_id", "text", "user_id"),
        Field("status", "text", "status"),
        Field("artifact_uri", "text", f"('runs:/' || {_HEX.format('run_id')})"),
        _time("start_time"),
        _time("end_time"),
        Field(
            "duration", "number", "(epoch_us(end_time) - epoch_us(start_time)) / 1e6"
        ),
        Field(
            "parent_run_id", "id", _HEX.format("parent_run_id"), column="parent_run_id"
        ),
        Field("experiment_id", "text", "CAST(experiment_id AS VARCHAR)"),
        Field(
            "experiment",
            "text",
            "(SELECT any_value(experiments.name) FROM experiments "
            "WHERE experiments.experiment_id = runs.experiment_id)",
        ),
    ),
    maps={
        "metrics": ("metrics", "number"),
        "params": ("params", "text"),
        "tags": ("tags", "text"),
        "values": ('"values"', "text"),
        "context": ("context", "text"),
    },
    aliases={
        "name": "run_name",
        "run name": "run_name",
        "Run name": "run_name",
        "Run Name": "run_name",
        "created": "start_time",
        "Created": "start_time",
    },
    entities={
        **dict.fromkeys(("metrics", "metric"), "metrics"),
        **dict.fromkeys(("params", "param", "parameters", "parameter"), "params"),
        **dict.fromkeys(("tags", "tag"), "tags"),
        **dict.fromkeys(("attributes", "attribute", "attr", "run"), "attributes"),
        **dict.fromkeys(("datasets", "dataset"), "datasets"),
        **dict.fromkeys(("values", "value"), "values"),
        "context": "context",
    },
    datasets={
        "name": Field("datasets.name", "dataset", "inputs.name"),
        "digest": Field("datasets.digest", "dataset", "inputs.digest"),
        "context": Field(
            "datasets.context", "dataset", "inputs.tags['mlflow.data.context']"
        ),
    },
)

EXPERIMENTS: Final = Subject(
    noun="experiments",
    attributes=_fields(
        Field("name", "text", "name"),
        Field("experiment_id", "text", "CAST(experiment_id AS VARCHAR)"),
        _time("creation_time"),
        _time("last_update_time"),
    ),
    maps={"tags": ("tags", "text")},
    aliases={},
    entities={
        **dict.fromkeys(("tags", "tag"), "tags"),
        **dict.fromkeys(("attributes", "attribute", "attr"), "attributes"),
    },
)
