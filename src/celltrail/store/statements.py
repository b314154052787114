"""The SQL of the fold, in the order in which it is run.

``stage`` holds one row an event (see `celltrail.store.events`), ``q`` its place in the
batch. Within a session the order of the lines is the order of things, whatever its
clock did; between sessions the time decides.
"""

from __future__ import annotations

MEANINGLESS = """
    e IS NULL OR t IS NULL
    OR e NOT IN ('s','e','m','p','g','v','c','a','i','b','o','l')
    OR (e NOT IN ('b','o','l') AND r IS NULL)
    OR (e IN ('m','p','g','v','c','a','i','b') AND k IS NULL)
    OR (e IN ('s','m','a','l') AND s IS NULL)
    OR (e = 'm' AND v IS NULL)
    OR (e IN ('a','i','b') AND x IS NULL)
    OR (e = 'e' AND (x IS NULL
        OR x NOT IN ('RUNNING','SCHEDULED','FINISHED','FAILED','KILLED')))
"""

# Text events in their effective order: a clock that steps back does not reorder a
# session's lines.
ORDER = """
CREATE OR REPLACE TEMP TABLE ordered AS
SELECT *, max(t) OVER (PARTITION BY session ORDER BY q) AS o
FROM stage WHERE e <> 'm'
"""

# Every run the batch concerns, with what it says of the run's life.
TOUCHED = """
CREATE OR REPLACE TEMP TABLE touched AS
WITH told AS (
    SELECT r AS run_id,
        min(s) FILTER (e = 's') AS experiment_id,
        min(t) AS first_time,
        min(t) FILTER (e = 's') AS start_time,
        arg_max(x, (o, q)) FILTER (e = 'e') AS status,
        arg_max(t, (o, q)) FILTER (e = 'e') AS status_time,
        arg_max(session, (o, q)) FILTER (e IN ('s', 'e')) AS owner,
        min(session) AS any_session,
        bool_or(e IN ('p', 'g', 'v', 'c')) AS has_texts,
        bool_or(e = 'm') AS has_metrics
    FROM (SELECT * FROM ordered UNION ALL BY NAME
          SELECT *, NULL::BIGINT AS o FROM stage WHERE e = 'm')
    WHERE r IS NOT NULL GROUP BY r
), known AS (
    SELECT runs.run_id, runs.status, runs.session_id FROM runs
    WHERE runs.run_id IN (SELECT run_id FROM told)
        OR (runs.status = 'RUNNING'
            AND runs.session_id IN (SELECT session_id FROM dead))
), merged AS (
    SELECT coalesce(told.run_id, known.run_id) AS run_id,
        known.run_id IS NULL AS is_new,
        told.experiment_id, told.first_time, told.start_time, told.status_time,
        coalesce(told.status, known.status, 'RUNNING') AS status,
        coalesce(told.owner, known.session_id, told.any_session) AS session_id,
        coalesce(told.has_texts, false) AS has_texts,
        coalesce(told.has_metrics, false) AS has_metrics
    FROM told FULL JOIN known ON told.run_id = known.run_id
)
SELECT * REPLACE (
        CASE WHEN killed THEN 'KILLED' ELSE status END AS status),
    killed OR status IN ('FINISHED', 'FAILED', 'KILLED') AS has_ended
FROM (
    SELECT merged.*, dead.end_time AS dead_time,
        merged.status = 'RUNNING' AND dead.session_id IS NOT NULL AS killed
    FROM merged LEFT JOIN dead ON merged.session_id = dead.session_id
)
"""

# The texts a run holds already come first (o = -1), in the order it holds them.
HELD_TEXTS = """
SELECT run_id, '{kind}' AS kind, entry.key AS key, entry.value AS x, -1 AS o, place AS q
FROM (SELECT run_id, unnest(map_entries({column})) AS entry,
        unnest(range(cardinality({column})::BIGINT)) AS place
    FROM runs WHERE run_id IN
        (SELECT run_id FROM touched WHERE has_texts AND NOT is_new))
"""
TEXT_COLUMNS = {"p": "params", "g": "tags", "v": '"values"', "c": "context"}
TEXTS = (
    "CREATE OR REPLACE TEMP TABLE told_texts AS "
    + " UNION ALL ".join(
        HELD_TEXTS.format(kind=kind, column=column)
        for kind, column in TEXT_COLUMNS.items()
    )
    + " UNION ALL SELECT r, e, k, x, o, q FROM ordered WHERE e IN ('p', 'g', 'v', 'c')"
)

TEXT_MAPS = """
CREATE OR REPLACE TEMP TABLE text_maps AS
WITH latest AS (
    SELECT run_id, kind, key, arg_max({'x': x}, {'o': o, 'q': q}).x AS x,
        min({'o': o, 'q': q}) AS place
    FROM told_texts GROUP BY run_id, kind, key
), maps AS (
    SELECT run_id, kind, map_from_entries(
        list({'key': key, 'value': x} ORDER BY place)) AS entries
    FROM latest WHERE x IS NOT NULL GROUP BY run_id, kind
)
SELECT run_id,
    any_value(entries) FILTER (kind = 'p') AS params,
    any_value(entries) FILTER (kind = 'g') AS tags,
    any_value(entries) FILTER (kind = 'v') AS "values",
    any_value(entries) FILTER (kind = 'c') AS context
FROM maps GROUP BY run_id
"""

PARAM_HISTORY = """
INSERT INTO param_history
SELECT run_id, key, x, make_timestamp(next_o // 1000)
FROM (
    SELECT *, lead(x) OVER series AS next_x, lead(o) OVER series AS next_o
    FROM told_texts WHERE kind = 'p'
    WINDOW series AS (PARTITION BY run_id, key ORDER BY o, q)
) WHERE next_o IS NOT NULL AND x IS DISTINCT FROM next_x AND x IS NOT NULL
"""

# MLflow's rule: the latest value has the greatest (step, timestamp, value).
METRIC_MAPS = """
CREATE OR REPLACE TEMP TABLE metric_maps AS
WITH told AS (
    SELECT r AS run_id, k AS key, arg_max(v, {'s': s, 't': t, 'v': v}) AS value,
        max({'s': s, 't': t, 'v': v}) AS latest,
        min(v) FILTER (NOT isnan(v)) AS low, max(v) FILTER (NOT isnan(v)) AS high,
        count(*) AS points, min(q) AS place
    FROM stage WHERE e = 'm' GROUP BY r, k
    UNION ALL
    SELECT run_id, key, value,
        {'s': stats.step, 't': epoch_ns(stats."time"), 'v': value},
        stats."min", stats."max", stats."count", place - 1000000000
    FROM (SELECT run_id, unnest(map_keys(metrics)) AS key,
            unnest(map_values(metrics)) AS value,
            unnest(map_values(metric_stats)) AS stats,
            unnest(range(cardinality(metrics)::BIGINT)) AS place
        FROM runs WHERE run_id IN (SELECT r FROM stage WHERE e = 'm'))
), merged AS (
    SELECT run_id, key, arg_max(value, latest) AS value, max(latest) AS latest,
        min(low) AS low, max(high) AS high, sum(points)::BIGINT AS points,
        min(place) AS place
    FROM told GROUP BY run_id, key
)
SELECT run_id,
    map_from_entries(list({'key': key, 'value': value} ORDER BY place)) AS metrics,
    map_from_entries(list({'key': key, 'value': {
        'step': latest.s, 'time': make_timestamp(latest.t // 1000),
        'min': low, 'max': high, 'count': points}} ORDER BY place)) AS metric_stats
FROM merged GROUP BY run_id
"""

NO_TEXTS = 'SELECT run_id, params, tags, "values", context FROM runs LIMIT 0'
NO_METRICS = "SELECT run_id, metrics, metric_stats FROM runs LIMIT 0"

WRITTEN = """
CREATE OR REPLACE TEMP TABLE written AS
SELECT touched.run_id, is_new, experiment_id, status, session_id,
    make_timestamp(coalesce(start_time, first_time) // 1000) AS start_time,
    CASE WHEN killed THEN dead_time
        WHEN has_ended THEN make_timestamp(status_time // 1000) END AS end_time,
    has_ended, has_texts, has_metrics, metrics, metric_stats,
    coalesce(params, MAP {{}}) AS params, coalesce(tags, MAP {{}}) AS tags,
    coalesce("values", MAP {{}}) AS "values", coalesce(context, MAP {{}}) AS context
FROM touched
LEFT JOIN {text_maps} AS told_texts ON told_texts.run_id = touched.run_id
LEFT JOIN {metric_maps} AS told_metrics ON told_metrics.run_id = touched.run_id
"""

UPDATE_RUNS = """
UPDATE runs SET
    status = w.status, session_id = w.session_id,
    experiment_id = coalesce(w.experiment_id, runs.experiment_id),
    start_time = CASE WHEN w.experiment_id IS NULL
        THEN runs.start_time ELSE w.start_time END,
    end_time = CASE WHEN w.has_ended THEN
        greatest(coalesce(w.end_time, runs.end_time), runs.start_time) END,
    metrics = CASE WHEN w.has_metrics THEN w.metrics ELSE runs.metrics END,
    metric_stats =
        CASE WHEN w.has_metrics THEN w.metric_stats ELSE runs.metric_stats END,
    params = CASE WHEN w.has_texts THEN w.params ELSE runs.params END,
    tags = CASE WHEN w.has_texts THEN w.tags ELSE runs.tags END,
    "values" = CASE WHEN w.has_texts THEN w."values" ELSE runs."values" END,
    context = CASE WHEN w.has_texts THEN w.context ELSE runs.context END,
    name = CASE WHEN w.has_texts
        THEN coalesce(w.tags['mlflow.runName'], runs.name) ELSE runs.name END,
    user_id = CASE WHEN w.has_texts
        THEN coalesce(w.tags['mlflow.user'], runs.user_id) ELSE runs.user_id END,
    parent_run_id = CASE WHEN w.has_texts
        THEN TRY_CAST(w.tags['mlflow.parentRunId'] AS UUID)
        ELSE runs.parent_run_id END
FROM written w WHERE runs.run_id = w.run_id AND NOT w.is_new
"""

# A run whose beginning is lost is kept all the same, under a name that says so.
INSERT_RUNS = """
INSERT INTO runs BY NAME
SELECT run_id, coalesce(experiment_id, 0) AS experiment_id,
    coalesce(tags['mlflow.runName'],
        'recovered-' || right(run_id::VARCHAR, 8)) AS name,
    status, 'active' AS lifecycle_stage, start_time,
    CASE WHEN has_ended THEN greatest(end_time, start_time) END AS end_time,
    TRY_CAST(tags['mlflow.parentRunId'] AS UUID) AS parent_run_id,
    tags['mlflow.user'] AS user_id, session_id,
    coalesce(metrics, MAP {}) AS metrics, params, tags, "values", context,
    coalesce(metric_stats, MAP {}) AS metric_stats
FROM written WHERE is_new ORDER BY run_id
"""

POINTS = "r AS run_id, k AS key, s AS step, v AS value, make_timestamp(t // 1000)"
SETTLE_POINTS = f"""
INSERT INTO metrics_settled
SELECT * FROM (
    SELECT * FROM metrics_hot WHERE run_id IN
        (SELECT run_id FROM written WHERE has_ended AND NOT is_new)
    UNION ALL
    SELECT {POINTS} FROM stage
    WHERE e = 'm' AND r IN (SELECT run_id FROM written WHERE has_ended)
) ORDER BY run_id, key, step, "timestamp"
"""
COOL_POINTS = """
DELETE FROM metrics_hot WHERE run_id IN
    (SELECT run_id FROM written WHERE has_ended AND NOT is_new)
"""
HOT_POINTS = f"""
INSERT INTO metrics_hot SELECT {POINTS} FROM stage
WHERE e = 'm' AND r IN (SELECT run_id FROM written WHERE NOT has_ended) ORDER BY q
"""

# The common batch of a training loop: nothing but points, all of running runs.
ANY_OTHER = """
SELECT 1 FROM (SELECT DISTINCT r FROM stage)
WHERE r NOT IN (SELECT run_id FROM runs WHERE status = 'RUNNING') LIMIT 1
"""
POINTS_ONLY = (
    METRIC_MAPS,
    """
UPDATE runs SET metrics = m.metrics, metric_stats = m.metric_stats
FROM metric_maps m WHERE runs.run_id = m.run_id
""",
    f"INSERT INTO metrics_hot SELECT {POINTS} FROM stage ORDER BY q",
)

ARTIFACTS = (
    """
DELETE FROM artifacts USING ordered o
WHERE o.e = 'a' AND artifacts.run_id = o.r AND artifacts.path = o.k
""",
    """
INSERT INTO artifacts
SELECT r, k, arg_max(x, (o, q)), arg_max(s, (o, q)), make_timestamp(max(t) // 1000)
FROM ordered WHERE e = 'a' GROUP BY r, k ORDER BY r, k
""",
)

INPUTS = (
    """
DELETE FROM inputs USING ordered o
WHERE o.e = 'i' AND inputs.run_id = o.r AND inputs.name = o.k AND inputs.digest = o.x
""",
    """
INSERT INTO inputs
SELECT r, k, x, d->>'source_type', d->>'source', d->>'schema', d->>'profile',
    TRY_CAST(json_extract(d, '$.tags') AS MAP(VARCHAR, VARCHAR)), time
FROM (SELECT r, k, x, arg_max(d, (o, q))::JSON AS d,
        make_timestamp(max(t) // 1000) AS time
    FROM ordered WHERE e = 'i' GROUP BY r, k, x) ORDER BY time
""",
)

TEXT_BLOBS = """
INSERT INTO texts
SELECT k, any_value(x) FROM ordered
WHERE e = 'b' AND k NOT IN (SELECT digest FROM texts) GROUP BY k
"""

SESSIONS = """
INSERT INTO sessions
SELECT session, make_timestamp(t // 1000), d->>'host', TRY_CAST(d->>'pid' AS BIGINT),
    d->>'user', d->>'python', d->>'platform', d->>'source'
FROM (SELECT session, t, d::JSON AS d FROM ordered WHERE e = 'o') ORDER BY session
"""

CELLS = """
INSERT INTO cells
SELECT session, s, r, d->>'cell_id', TRY_CAST(d->>'execution_count' AS BIGINT),
    d->>'notebook', d->>'code', d->>'status',
    make_timestamp(TRY_CAST(d->>'start' AS BIGINT) // 1000),
    TRY_CAST(d->>'duration' AS DOUBLE)
FROM (SELECT session, s, r, q, d::JSON AS d FROM ordered WHERE e = 'l')
ORDER BY session, s, q
"""

BY_KIND = {
    "a": ARTIFACTS,
    "i": INPUTS,
    "b": (TEXT_BLOBS,),
    "o": (SESSIONS,),
    "l": (CELLS,),
}
