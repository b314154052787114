-- Times are UTC. Ids are UUIDv7, so rows of one run and of one day lie together.
CREATE TABLE store_info (key VARCHAR, value VARCHAR);

CREATE TABLE experiments (
    experiment_id BIGINT, name VARCHAR, artifact_location VARCHAR,
    lifecycle_stage VARCHAR, tags MAP(VARCHAR, VARCHAR),
    creation_time TIMESTAMP, last_update_time TIMESTAMP
);

-- One row a run: search, sort and the wide table read nothing else.
CREATE TABLE runs (
    run_id UUID, experiment_id BIGINT, name VARCHAR, status VARCHAR,
    lifecycle_stage VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP,
    parent_run_id UUID, user_id VARCHAR, session_id UUID,
    metrics MAP(VARCHAR, DOUBLE), params MAP(VARCHAR, VARCHAR),
    tags MAP(VARCHAR, VARCHAR), "values" MAP(VARCHAR, VARCHAR),
    context MAP(VARCHAR, VARCHAR),
    metric_stats MAP(VARCHAR, STRUCT(
        step BIGINT, "time" TIMESTAMP, "min" DOUBLE, "max" DOUBLE, "count" BIGINT)),
    deleted_time TIMESTAMP
);

-- Points of live runs arrive in metrics_hot and move, sorted, when the run ends.
CREATE TABLE metrics_hot (
    run_id UUID, key VARCHAR, step BIGINT, value DOUBLE, timestamp TIMESTAMP
);
CREATE TABLE metrics_settled (
    run_id UUID, key VARCHAR, step BIGINT, value DOUBLE, timestamp TIMESTAMP
);
CREATE TABLE param_history (
    run_id UUID, key VARCHAR, value VARCHAR, replaced_time TIMESTAMP
);
CREATE TABLE artifacts (
    run_id UUID, path VARCHAR, digest VARCHAR, size BIGINT, "time" TIMESTAMP
);
CREATE TABLE inputs (
    run_id UUID, name VARCHAR, digest VARCHAR, source_type VARCHAR, source VARCHAR,
    schema VARCHAR, profile VARCHAR, tags MAP(VARCHAR, VARCHAR), "time" TIMESTAMP
);
CREATE TABLE sessions (
    session_id UUID, start_time TIMESTAMP, host VARCHAR, pid BIGINT, user_id VARCHAR,
    python VARCHAR, platform VARCHAR, source VARCHAR
);
CREATE TABLE cells (
    session_id UUID, seq BIGINT, run_id UUID, cell_id VARCHAR, execution_count BIGINT,
    notebook VARCHAR, code_digest VARCHAR, status VARCHAR, start_time TIMESTAMP,
    duration DOUBLE
);
CREATE TABLE texts (digest VARCHAR, content VARCHAR);

-- What the fold has taken from each journal, and what it could not read.
CREATE TABLE journals (journal VARCHAR, folded BIGINT);
CREATE TABLE quarantine (
    journal VARCHAR, "offset" BIGINT, line VARCHAR, reason VARCHAR, "time" TIMESTAMP
);

CREATE VIEW metrics AS
    SELECT * FROM metrics_settled UNION ALL SELECT * FROM metrics_hot;
CREATE VIEW latest_metrics AS
    SELECT run_id, entry.key AS key, entry.value AS value,
        metric_stats[entry.key].step AS step, metric_stats[entry.key]."time" AS timestamp,
        metric_stats[entry.key]."min" AS "min", metric_stats[entry.key]."max" AS "max",
        metric_stats[entry.key]."count" AS "count"
    FROM (SELECT run_id, metric_stats, unnest(map_entries(metrics)) AS entry FROM runs);
CREATE VIEW params AS
    SELECT run_id, entry.key AS key, entry.value AS value,
        TRY_CAST(entry.value AS DOUBLE) AS number
    FROM (SELECT run_id, unnest(map_entries(params)) AS entry FROM runs);
CREATE VIEW tags AS
    SELECT run_id, entry.key AS key, entry.value AS value
    FROM (SELECT run_id, unnest(map_entries(tags)) AS entry FROM runs);
