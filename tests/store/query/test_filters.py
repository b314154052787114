"""The filter grammar: MLflow's answers, what is added to it, and its errors."""

from __future__ import annotations

import contextlib
import math
import string
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celltrail.errors import InvalidValueError
from celltrail.store.query.fields import EXPERIMENTS, RUNS
from celltrail.store.query.filters import compile_filter
from celltrail.store.query.search import search_runs
from celltrail.store.schema import migrations
from tests.store.query.five_runs import log_five

if TYPE_CHECKING:
    from celltrail.store import Store

# What MLflow 3.17.2 answers on SQLite for the five runs.
MLFLOW = [
    ("metrics.auc > 0.8", "ad"),
    ("metric.auc >= 0.9", "ad"),
    ("metrics.auc < 0.8", "b"),
    ("metrics.auc <= 0.7", "b"),
    ("metrics.auc = 0.9", "a"),
    ("metrics.auc != 0.9", "bcd"),
    ("metrics.loss < 1", "ad"),
    ("metrics.loss != 0.1", "bd"),
    ("metrics.n > -10", "c"),
    ("metrics.n = -5", "c"),
    ("metrics.n < -1e0", "c"),
    ("metrics.auc > 1e3", "d"),
    ("metrics.auc > .5", "abd"),
    ("metrics.auc > 5.", "d"),
    ("metrics.auc > 0.5 AND metrics.loss < 0.5", "ad"),
    ("metrics.auc > 0.5 and metrics.loss < 0.5", "ad"),
    ("metrics.`val/auc` > 0.5", "a"),
    ('metrics."val/auc" > 0.5', "a"),
    ("metrics.'val/auc' > 0.5", "a"),
    ('metrics."val loss" > 1', "a"),
    ("`metrics`.auc > 0.8", "ad"),
    ("params.lr = '0.01'", "a"),
    ('param.lr = "0.01"', "a"),
    ("parameter.lr = '0.01'", "a"),
    ("parameters.lr != '0.01'", "bcd"),
    ("params.model LIKE 'r%'", "a"),
    ("params.model like 'r%'", "a"),
    ("params.model ILIKE 'r%'", "ab"),
    ("params.model iLike 'R_'", "ab"),
    ("params.note LIKE '100\\%'", ""),
    ("params.path LIKE 'a/b\\c'", "d"),
    ("params.path = 'a/b\\c'", "d"),
    ('params.quo = "it\'s"', "d"),
    ("params.empty = ''", "c"),
    ("params.empty != 'x'", "c"),
    ("params.empty IS NULL", "abde"),
    ("params.class IS NULL", "acde"),
    ("params.class IS NOT NULL", "b"),
    ("params.class is not null", "b"),
    ("params.class IS NULL AND params.lr = 'auto'", "c"),
    ("tags.stage = 'dev'", "a"),
    ("tag.stage != 'dev'", "bc"),
    ("tags.stage ILIKE 'DEV'", "ac"),
    ("tags.stage LIKE 'DEV'", ""),
    ("tags.mlflow.parentRunId = 'p1'", "a"),
    ("tags.`mlflow.parentRunId` = 'p1'", "a"),
    ("tags.mlflow.user = 'ana'", "ace"),
    ("tags.a.b.c = 'dotted'", "b"),
    ("tags.a.b.c LIKE 'dot%'", "b"),
    ("tags.select = 'kw'", "d"),
    ("tags.order = '1'", "d"),
    ("tags.stage IS NULL", "de"),
    ("attributes.status = 'FINISHED'", "ae"),
    ("attribute.status != 'FINISHED'", "bcd"),
    ("attr.status = 'FAILED'", "b"),
    ("run.status = 'RUNNING'", "c"),
    ("status = 'finished'", ""),
    ("status ILIKE 'finished'", "ae"),
    ("status LIKE 'F%'", "abe"),
    ("run_name = 'alpha'", "a"),
    ("`run name` = 'alpha'", "a"),
    ("attributes.`run name` = 'alpha'", "a"),
    ("attributes.\"Run name\" = 'alpha'", "a"),
    ("\"run name\" = 'alpha'", "a"),
    ("run_name LIKE '%a'", "ab"),
    ("run_name != 'alpha'", "bcde"),
    ("user_id = 'ana'", "ace"),
    ("start_time > 1000", "bcde"),
    ("start_time >= 1000", "abcde"),
    ("attributes.start_time = 3000", "cde"),
    ("attributes.start_time > 2999.5", "cde"),
    ("start_time != 3000", "ab"),
    ("end_time < 4500", "be"),
    ("end_time != 4000", "ade"),
    ("end_time = 4000", "b"),
    ("created > 2000", "cde"),
    ("attributes.Created > 2000", "cde"),
    ("run_id = 'nope'", ""),
    ("run_id IN ('nope')", ""),
    ("run_id IN ('nope',)", ""),
    ("run_id NOT IN ('nope')", "abcde"),
    ("run_id LIKE '%'", "abcde"),
    ("dataset.name = 'iris'", "ab"),
    ("datasets.name != 'iris'", "bd"),
    ("dataset.name LIKE 'i%'", "ab"),
    ("dataset.digest = 'd1'", "ab"),
    ("dataset.context = 'train'", "a"),
    ("dataset.context = 'eval'", "b"),
    ("dataset.name = 'iris' AND dataset.context = 'eval'", "b"),
    ("dataset.name = 'wine' AND dataset.digest = 'd1'", "b"),
    ("dataset.name IN ('wine', 'cifar')", "bd"),
    ("dataset.name NOT IN ('wine', 'cifar')", "ab"),
    ("dataset.context IN ('eval')", "b"),
    ("dataset.name ILIKE 'IRIS'", "ab"),
    ("\tmetrics.auc>0.5  ", "abd"),
    ("metrics.auc>0.5 AND params.lr='0.01'", "a"),
    ('tags."stage"="dev"', "a"),
]

# MLflow refuses these too.
REFUSED = [
    "metrics.auc > '0.8'",
    "metrics.auc LIKE '0%'",
    "metrics.val/auc > 0.5",
    "metrics.val loss > 1",
    "metrics.auc",
    "metrics.auc 0.8",
    "metrics > 0.8",
    "METRICS.auc > 0.8",
    "params.lr > '0.01'",
    "params.lr = rf",
    "params.lr = `rf`",
    "Status = 'FINISHED'",
    "run name = 'alpha'",
    "start_time > '1000'",
    "run_id IN ()",
    "lifecycle_stage = 'active'",
    "dataset.profile = 'x'",
    "foo.bar = 'x'",
    "foo = 'x'",
    "metric.auc > 0.5; metric.auc < 1",
    "metrics.auc > 0.5 -- comment",
    "metrics.auc > 0.5 /* c */ AND metrics.loss < 1",
    "'x' = params.lr",
    "0.5 < metrics.auc",
    "metrics.auc > metrics.loss",
    "metrics.auc > abs(0.5)",
    "params.lr = 'x",
]

# Beyond MLflow.
ADDED = [
    ("metrics.auc > 0.8 OR params.lr = 'auto'", "acd"),
    ("NOT metrics.auc > 0.5", "c"),
    ("NOT (params.model = 'rf')", "bc"),
    ("metrics.auc > 0.8 OR user_id = 'bob' AND status = 'KILLED'", "ad"),
    ("(metrics.auc > 0.8 OR user_id = 'bob') AND status != 'KILLED'", "ab"),
    ("NOT NOT params.model = 'rf'", "a"),
    ("metrics.auc BETWEEN 0 AND 1", "ab"),
    ("metrics.auc NOT BETWEEN 0 AND 1", "cd"),
    ("metrics.auc IN (0.9, 0.7)", "ab"),
    ("metrics.auc NOT IN (0.9)", "bcd"),
    ("metrics.auc IS NULL", "e"),
    ("metrics.auc IS NOT NULL", "abcd"),
    ("metrics.auc <> 0.9 AND metrics.auc == 0.7", "b"),
    ("params.lr > 0.01", "b"),
    ("params.lr <= 0.01", "ad"),
    ("params.lr = 0.001", "d"),
    ("params.depth = 3", "a"),
    ("params.depth BETWEEN 5 AND 20", "b"),
    ("params.depth IN (3, 10)", "ab"),
    ("params.lr != 0.1", "ad"),
    ("params.lr IN ('0.01', 'auto')", "ac"),
    ("params.model NOT LIKE 'r%'", "bc"),
    ("params.model NOT ILIKE 'r%'", "c"),
    ("params.model >= 's'", "c"),
    ("params.quo = 'it''s'", "d"),
    ("tags.order = 1", "d"),
    ("tags.stage NOT IN ('dev')", "bc"),
    ("status IN ('FINISHED', 'FAILED')", "abe"),
    ("name = 'alpha'", "a"),
    ("duration > 4", "d"),
    ("duration <= 2", "be"),
    ("duration IS NULL", "c"),
    ("end_time IS NULL", "c"),
    ("start_time < '1970-01-01T00:00:02'", "a"),
    ("start_time >= '1970-01-01 00:00:03+00:00'", "cde"),
    ("start_time BETWEEN '1970-01-01' AND '1970-01-01T00:00:01'", "a"),
    ("start_time > '1971-01-01'", ""),
    ("experiment = 'Default'", "abcde"),
    ("experiment LIKE 'x%' OR experiment_id = '7'", ""),
    ("experiment_id = 0", "abcde"),
    ("parent_run_id IS NULL", "abcde"),
    ("parent_run_id = 'nope'", ""),
    ("dataset.name IS NULL", "ce"),
    ("NOT dataset.name IN ('wine', 'cifar')", "ace"),
    ("NOT dataset.name = 'iris'", "cde"),
    ("values.rows IS NULL AND context.host IS NULL", "abcde"),
    ("", "abcde"),
    ("   ", "abcde"),
]


@pytest.fixture
def ask(store: Store) -> Callable[[str], str]:
    """Return a function from a filter to the letters of the runs that match."""
    letters = {run_id: letter for letter, run_id in log_five(store).items()}

    def matching(text: str) -> str:
        runs = search_runs(store, ["0"], text, max_age=60)
        return "".join(sorted(letters[run.info.run_id] for run in runs))

    return matching


def test_mlflows_filters_give_mlflows_answers(ask: Callable[[str], str]) -> None:
    assert {text: ask(text) for text, _ in MLFLOW} == dict(MLFLOW)


def test_what_the_grammar_adds(ask: Callable[[str], str]) -> None:
    assert {text: ask(text) for text, _ in ADDED} == dict(ADDED)


def test_values_and_context_are_searched(store: Store) -> None:
    from celltrail.store import events

    ids = log_five(store)
    store.journal.append(events.text(events.VALUE, ids["a"], "rows", "569"))
    store.journal.append(events.text(events.CONTEXT, ids["b"], "git.branch", "main"))
    by_value = search_runs(store, ["0"], "values.rows > 500")
    by_context = search_runs(store, ["0"], "context.git.branch = 'main'")
    assert [run.info.run_id for run in by_value] == [ids["a"]]
    assert [run.info.run_id for run in by_context] == [ids["b"]]


def test_a_whole_id_finds_its_run(store: Store) -> None:
    ids = log_five(store)
    for text in (
        f"run_id = '{ids['c']}'",
        f"attributes.run_id IN ('{ids['c']}', 'nope')",
        f"run_id LIKE '{ids['c'][:-1]}_'",
        f"artifact_uri = 'runs:/{ids['c']}'",
    ):
        assert [run.info.run_name for run in search_runs(store, ["0"], text)] == [
            "Gamma ray"
        ]


@pytest.mark.parametrize("text", REFUSED)
def test_what_mlflow_refuses_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        compile_filter(text)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("metrics.auc >", 14, "expected a number or a quoted text, found the end"),
        ("metrics.auc 0.9", 13, "expected an operator"),
        ("metrics.auc > 0.9 AND", 22, "expected a comparison"),
        ("metrics.auc > 0.9 params.lr = 1", 19, "expected AND, OR"),
        ("metrics.val/auc > 1", 12, "needs backticks"),
        ("metrics.1st > 1", 10, "needs backticks"),
        ("(metrics.a > 1", 1, "parenthesis is never closed"),
        ("metrics.a > 1)", 14, "found ')'"),
        ("params.a = 'x", 12, "quote is never closed"),
        ("params.a IN 'x'", 13, "a list in parentheses"),
        ("params.a IN ('x', 3)", 14, "quoted text (or numbers only)"),
        ("params.a BETWEEN 1", 19, "AND and the upper bound"),
        ("params.a IS 3", 13, "NULL or NOT NULL"),
        ("params.a NOT 3", 14, "LIKE, ILIKE, IN or BETWEEN"),
        ("params.a = rf", 12, "a number or a quoted text"),
        ("params.a > '0.1'", 12, "write params.a > 0.1"),
        ("metrcs.auc > 1", 1, "Did you mean 'metrics'?"),
        ("user_id = 'x' AND stauts = 'x'", 19, "Did you mean 'status'?"),
        ("auc > 0.9", 1, "as in metrics.auc"),
        ("dataset.nam = 'x'", 1, "Did you mean 'name'?"),
        ("metrics.a LIKE 'x'", 16, "LIKE needs a text"),
        ("start_time LIKE 'x'", 17, "LIKE needs a text"),
        ("start_time > 'yesterday'", 14, "ISO date"),
        ("metrics.a > ?", 13, "found '?'"),
        ("metrics.a > 1 UNION SELECT 1", 15, "found 'UNION'"),
    ],
)
def test_an_error_shows_the_place_and_what_was_expected(
    text: str, column: int, says: str
) -> None:
    with pytest.raises(InvalidValueError) as caught:
        compile_filter(text)
    message = caught.value.message
    first, *_, caret = message.splitlines()
    assert f"column {column}:" in first
    assert says in first
    assert caret.index("^") == 4 + column - 1


def test_an_error_in_a_long_filter_shows_only_the_line_and_its_surroundings() -> None:
    text = "params.a = 'x' AND\n" + "metrics.auc > 0.1 AND " * 10 + "oops"
    with pytest.raises(InvalidValueError, match="line 2, column 225") as caught:
        compile_filter(text)
    _, excerpt, caret = caught.value.message.splitlines()
    assert len(excerpt) < 130
    assert excerpt[caret.index("^") - 1] == "s"


def test_a_filter_nested_too_deeply_is_an_error_not_a_crash() -> None:
    with pytest.raises(InvalidValueError, match="nested too deeply"):
        compile_filter("(" * 5000 + "metrics.a > 1" + ")" * 5000)


def test_many_comparisons_are_fine(ask: Callable[[str], str]) -> None:
    assert ask(" OR ".join(["metrics.auc = 0.9"] * 500)) == "a"
    assert ask(" AND ".join(["metrics.auc = 0.9"] * 500)) == "a"


ATTACKS = [
    "x' OR '1'='1",
    "'; DROP TABLE runs; --",
    '" OR 1=1 --',
    "`; ATTACH 'x' --",
    "\\' OR true --",
    "?; SELECT 1",
    "$1",
    "{{x}}",
    "é\u2028\x01",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_user_text_never_becomes_sql(attack: str) -> None:
    text = attack.replace("'", "''")
    key = attack.replace("`", "``")
    condition = compile_filter(f"params.`{key}` = '{text}' AND params.a LIKE '{text}'")
    assert condition.parameters == (attack, attack, "a", attack)
    assert condition.sql == "((params[?] = ?) AND (params[?] LIKE ?))"


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_an_error(text: str) -> None:
    for subject in (RUNS, EXPERIMENTS):
        with contextlib.suppress(InvalidValueError):
            compile_filter(text, subject)


PIECES = st.lists(
    st.sampled_from(
        [
            *("metrics.a", "params.`k`", "tags.'t'", "status", "start_time"),
            *(
                ">",
                "=",
                "!=",
                "LIKE",
                "IN",
                "NOT",
                "IS",
                "NULL",
                "AND",
                "OR",
                "BETWEEN",
            ),
            *("(", ")", ",", ".", "-", "1", ".5", "'x'", '"y"', "2020"),
            *(";", "--", "?", "::", "[", "]", "nan", "true", "SELECT"),
        ]
    ),
    max_size=9,
)


@given(PIECES)
def test_any_pieces_are_a_filter_or_an_error(pieces: list[str]) -> None:
    try:
        condition = compile_filter(" ".join(pieces))
    except InvalidValueError:
        return
    with empty_store() as connection:
        connection.execute(
            f"SELECT run_id FROM runs WHERE {condition.sql}", condition.parameters
        )


def empty_store() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    for migration in migrations():
        connection.execute(migration.script)
    return connection


# Trees of filters, evaluated naively in Python: True, False or None (unknown).
Row = dict[str, dict[str, Any]]

KEYS = st.sampled_from(["a", "b c", "x/y", "é", "d.e"])
NUMBERS = st.sampled_from([-1.5, 0.0, 0.5, 1.0, 3.0, 1e9])
WORDS = st.sampled_from(["", "x", "X", "xy", "3", "0.5", "a%b", "it's", "é"])
METRIC_VALUES = st.one_of(NUMBERS, st.sampled_from([math.nan, math.inf, -math.inf]))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "metrics": st.dictionaries(KEYS, METRIC_VALUES, max_size=3),
            "params": st.dictionaries(KEYS, WORDS, max_size=3),
            "tags": st.dictionaries(KEYS, WORDS, max_size=3),
        }
    ),
    min_size=1,
    max_size=5,
)
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
}
Tree = tuple[str, Callable[[Row], bool | None]]


def number_of(text: str | None) -> float | None:
    return float(text) if text in {"3", "0.5"} else None


def field_text(entity: str, key: str) -> str:
    return f"{entity}.`{key}`"


def quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def known(value: Any, test: Callable[[Any], bool]) -> bool | None:
    return None if value is None else test(value)


@st.composite
def numeric_leaves(draw: st.DrawFn) -> Tree:
    entity = draw(st.sampled_from(["metrics", "params", "tags"]))
    key = draw(KEYS)

    def value(row: Row) -> float | None:
        found = row[entity].get(key)
        return found if entity == "metrics" else number_of(found)

    name = field_text(entity, key)
    form = draw(st.sampled_from([*COMPARE, "IN", "NOT IN", "BETWEEN", "NOT BETWEEN"]))
    if form in COMPARE:
        literal, test = draw(NUMBERS), COMPARE[form]
        return f"{name} {form} {literal!r}", lambda row: known(
            value(row), lambda found: test(found, literal)
        )
    low, high = draw(NUMBERS), draw(NUMBERS)
    right = f"({low!r}, {high!r})" if "IN" in form else f"{low!r} AND {high!r}"

    def holds(found: float) -> bool:
        inside = found in (low, high) if "IN" in form else low <= found <= high
        return inside is not form.startswith("NOT")

    return f"{name} {form} {right}", lambda row: known(value(row), holds)


@st.composite
def text_leaves(draw: st.DrawFn) -> Tree:
    entity = draw(st.sampled_from(["params", "tags"]))
    key, word = draw(KEYS), draw(WORDS)
    name = field_text(entity, key)
    form = draw(st.sampled_from(["=", "!=", "IN", "NOT IN", "LIKE", "NOT ILIKE"]))
    if form.endswith("LIKE"):
        word = draw(st.sampled_from(["x", "X"]))

    def holds(found: str) -> bool:
        if form == "LIKE":
            return found.startswith(word)
        if form == "NOT ILIKE":
            return not found.lower().startswith(word.lower())
        return (found == word) is (form in {"=", "IN"})

    literal = quote(f"{word}%" if form.endswith("LIKE") else word)
    right = f"({literal})" if form.endswith("IN") else literal
    return f"{name} {form} {right}", lambda row: known(row[entity].get(key), holds)


@st.composite
def null_leaves(draw: st.DrawFn) -> Tree:
    entity = draw(st.sampled_from(["metrics", "params", "tags"]))
    key, is_null = draw(KEYS), draw(st.booleans())
    text = f"{field_text(entity, key)} IS {'NULL' if is_null else 'NOT NULL'}"
    return text, lambda row: (key not in row[entity]) is is_null


def joined(left: Tree, word: str, right: Tree) -> Tree:
    deciding = word == "OR"

    def holds(row: Row) -> bool | None:
        values = (left[1](row), right[1](row))
        if deciding in values:
            return deciding
        return None if None in values else not deciding

    return f"({left[0]}) {word} ({right[0]})", holds


def denied(tree: Tree) -> Tree:
    return f"NOT ({tree[0]})", lambda row: known(tree[1](row), lambda value: not value)


LEAVES = st.one_of(numeric_leaves(), text_leaves(), null_leaves())
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(joined, inner, st.sampled_from(["AND", "OR"]), inner),
        st.builds(denied, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=150)
@given(TREES, ROWS)
def test_the_sql_answers_as_the_tree_does(tree: Tree, rows: list[Row]) -> None:
    text, holds = tree
    condition = compile_filter(text)
    with empty_store() as connection:
        for number, row in enumerate(rows):
            # As text: DuckDB 1.5.5 takes a NaN inside a parameter's dict for NULL.
            metrics = {key: str(value) for key, value in row["metrics"].items()}
            connection.execute(
                "INSERT INTO runs (experiment_id, metrics, params, tags) VALUES "
                "(?, ?::MAP(VARCHAR, VARCHAR)::MAP(VARCHAR, DOUBLE), "
                "?::MAP(VARCHAR, VARCHAR), ?::MAP(VARCHAR, VARCHAR))",
                [number, metrics, row["params"], row["tags"]],
            )
        found = connection.execute(
            f"SELECT experiment_id FROM runs WHERE {condition.sql} ORDER BY 1",
            condition.parameters,
        ).fetchall()
    expected = [(number,) for number, row in enumerate(rows) if holds(row)]
    assert found == expected


@pytest.mark.parametrize("key", [*string.punctuation.replace("`", ""), "a b", "ü", "1"])
def test_any_key_can_be_quoted(key: str) -> None:
    assert compile_filter(f"metrics.`{key}` > 1").parameters[0] == key
    if key != '"':
        assert compile_filter(f'metrics."{key}" > 1').parameters[0] == key
    if key != "'":
        assert compile_filter(f"metrics.'{key}' > 1").parameters[0] == key


def test_filters_of_experiments_have_their_own_attributes() -> None:
    condition = compile_filter("name LIKE 'x%' AND tags.team = 'a'", EXPERIMENTS)
    assert condition.parameters == ("x%", "team", "a")
    with pytest.raises(InvalidValueError, match="unknown entity 'metrics'"):
        compile_filter("metrics.a > 1", EXPERIMENTS)
    with pytest.raises(InvalidValueError, match="Did you mean 'creation_time'"):
        compile_filter("creation_tim > 1", EXPERIMENTS)
