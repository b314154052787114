"""The words by which metrics, parameters and plots are known in people's code."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = [
    "CONTAINERS",
    "FOLD_CALLS",
    "METRIC_ATTRIBUTES",
    "MUTATORS",
    "NOT_ESTIMATORS",
    "PLOT_METHODS",
    "PLOT_MODULES",
    "SEEDERS",
    "TIMERS",
    "TRAINERS",
    "VALUE_ATTRIBUTES",
    "is_argument_noise",
    "is_data_name",
    "is_estimator",
    "is_metric_call",
    "is_metric_name",
    "is_parameter_word",
    "is_plot_call",
    "is_plot_function",
    "is_plot_receiver",
    "singular",
    "word_set",
    "words",
]


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, for a set that is pleasant to read."""
    return frozenset(text.split())


METRIC_WORDS = word_set(
    """
    acc accuracy aic ami ap ari auc aucpr auprc auroc bic bleu brier cer cost dice
    elbo err error f1 f2 fbeta fid fpr fscore gini hamming inertia iou jaccard kappa
    likelihood llf logloss loss mae map50 mape mase mcc medae mrr mse msle ndcg nll
    nmi oob perplexity ppl precision psnr r2 recall reward rmse rmsle rouge rsquared
    score sensitivity sharpe silhouette smape specificity ssim tpr vacc vloss wape
    wer
    """
)
NOT_METRIC_WORDS = word_set(
    """
    cls class col cols column columns criterion fn func function idx index key kind
    margin model name names params samples scorer scoring table thresh threshold tol
    tolerance type weight weights
    """
)
COUNTING_WORDS = frozenset({"count", "n", "num", "number"})
CONTAINERS = frozenset({"evaluation", "metric", "performance", "result", "report"})
DATA_WORDS = word_set(
    """
    X class_names classes corpus data dataset df docs documents examples items
    labels points questions records rows samples sentences targets texts values x xs
    y ys
    """
)
_PLURALS = {"losses": "loss", "accuracies": "accuracy", "perplexities": "perplexity"}

METRIC_FUNCTIONS = frozenset(
    {
        "accuracy",
        "auc",
        "classification_error",
        "cohen_kappa",
        "cross_val_score",
        "cross_validate",
        "f1",
        "hamming_distance",
        "matthews_corrcoef",
        "perplexity",
        "precision_recall_fscore_support",
        "r2",
        "rmse",
    }
)
METRIC_METHODS = frozenset({"evaluate", "score"})
METRIC_SUFFIXES = ("_score", "_error", "_loss", "_auc", "_accuracy")
NOT_METRIC_PREFIXES = (
    "plot_",
    "make_",
    "set_",
    "get_",
    "log_metric",
    "print_",
    "show_",
)
FOLD_CALLS = frozenset({"cross_val_score", "cross_validate"})
METRIC_ATTRIBUTES = frozenset(
    {
        "aic",
        "best_loss",
        "best_score",
        "best_score_",
        "best_value",
        "bic",
        "f_pvalue",
        "inertia_",
        "llf",
        "oob_score_",
        "prsquared",
        "rsquared",
        "rsquared_adj",
    }
)
VALUE_ATTRIBUTES = frozenset({"best_params_", "best_params", "best_iteration"})

PARAMETER_PREFIXES = ("max_", "min_", "n_", "num_")
PARAMETER_WORDS = word_set(
    """
    alpha_grid batch_size beam_size criterion cv dropout early_stopping_rounds
    epochs eta formula gamma initial_lr kernel learning_rate loss lr max_depth
    max_epochs max_features max_iter max_length max_new_tokens max_steps max_tokens
    min_samples_leaf model momentum n_components n_epochs n_estimators n_folds
    n_iter n_splits n_steps n_trials num_boost_round num_epochs num_leaves
    num_train_epochs optimizer patience random_seed random_state scoring seed
    strategy temperature test_size top_k top_p train_size validation_split
    warmup_steps weight_decay
    """
)
NOISE_ARGUMENTS = word_set(
    """
    axis copy copy_X debug desc description disable disp download dtype errors
    figsize help index inplace label labels leave log_level n_jobs name names
    nthread num_workers pin_memory prefix quiet root silent title total tqdm train
    verbose verbose_eval verbosity
    """
)
NOISE_ARGUMENT_PREFIXES = ("print_", "return_", "show_", "verbose")

NOT_ESTIMATORS = word_set(
    """
    ArgumentParser BytesIO Categorical Client Console Counter DataFrame Decimal Enum
    Figure FileLink Fraction HTML IFrame Image Index InteractiveShell JSON
    Javascript Latex Lock Markdown MultiIndex Namespace NamedTuple Path Pool
    PosixPath ProcessPoolExecutor Progress PurePath Queue Response SVG Series
    Session SimpleNamespace StringIO Table Text Thread ThreadPoolExecutor Timedelta
    Timestamp TypeVar TypedDict UUID Video
    """
)
_NOT_ESTIMATOR_ENDINGS = ("Error", "Exception", "Warning", "Display", "Formatter")
SEEDERS = word_set(
    """
    PRNGKey Random RandomState default_rng manual_seed manual_seed_all seed
    seed_everything set_random_seed set_seed
    """
)
# What a function that trains does, even if it plots too.
TRAINERS = frozenset({"backward", "fit", "fit_transform", "step", "train"})
TIMERS = word_set(
    """
    default_timer monotonic monotonic_ns now perf_counter perf_counter_ns
    process_time process_time_ns time time_ns today utcnow
    """
)
MUTATORS = word_set(
    """
    add append appendleft clear discard extend insert pop popitem remove reverse
    setdefault sort update
    """
)

PLOT_MODULES = (
    "matplotlib",
    "seaborn",
    "plotly",
    "altair",
    "bokeh",
    "holoviews",
    "plotnine",
)
_PLOT_RECEIVER = re.compile(r"(plt|pyplot|sns|px|go|alt|(ax|axes|axs|fig)\w{0,2})$")
PLOT_METHODS = word_set(
    """
    add_trace axhline axhspan axvline axvline axvspan bar barh boxplot colorbar
    contour contourf errorbar fill_between hist hist2d hexbin imshow legend matshow
    pcolormesh pie plot plot_partial savefig scatter semilogx semilogy set_title
    set_xlabel set_xlim set_ylabel set_ylim stem subplots suptitle tight_layout
    tick_params update_layout violinplot xlabel ylabel
    """
)
_PLOT_FUNCTION = re.compile(
    r"(plot|draw|display|save_fig|visuali[sz]e)(_|$)|show(_\w+)?$|\w+_plot$|\w+Display$"
)
_WORD = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+\d*(?![a-z])|\d+")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """Return the words of an identifier or label in lower case.

    Examples
    --------
    >>> words("valAUC_macro")
    ('val', 'auc', 'macro')
    """
    return tuple(word.lower() for word in _WORD.findall(name))


def singular(word: str) -> str:
    """Return a metric's word without its plural: losses → loss, f1s → f1."""
    if word in _PLURALS:
        return _PLURALS[word]
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


@lru_cache(maxsize=4096)
def is_metric_name(name: str) -> bool:
    """Return whether a name sounds like a metric: val_loss, macroF1, rmse_test."""
    found = words(name)
    if not found or found[0] in COUNTING_WORDS or NOT_METRIC_WORDS.intersection(found):
        return False
    return any(w in METRIC_WORDS or singular(w) in METRIC_WORDS for w in found)


def is_metric_call(function: str, *, method: bool) -> bool:
    """Return whether a function or method of this name measures something."""
    if method and function in METRIC_METHODS:
        return True
    if function.startswith(NOT_METRIC_PREFIXES):
        return False
    return function in METRIC_FUNCTIONS or function.endswith(METRIC_SUFFIXES)


def is_parameter_word(argument: str) -> bool:
    """Return whether an argument of that name is a parameter in any call."""
    return argument in PARAMETER_WORDS or argument.startswith(PARAMETER_PREFIXES)


def is_argument_noise(argument: str) -> bool:
    """Return whether an argument changes how a thing is done, not what comes out."""
    return argument in NOISE_ARGUMENTS or argument.startswith(
        ("_", *NOISE_ARGUMENT_PREFIXES)
    )


def is_estimator(callee: str) -> bool:
    """Return whether a callee is named as a class with parameters of interest."""
    return (
        callee[:1].isupper()
        and callee not in NOT_ESTIMATORS
        and not callee.endswith(_NOT_ESTIMATOR_ENDINGS)
    )


def is_data_name(name: str) -> bool:
    """Return whether a list of that name is data to work on, not a parameter."""
    return name in DATA_WORDS or name.rpartition("_")[2] in DATA_WORDS


def is_plot_receiver(name: str) -> bool:
    """Return whether methods of that name draw: plt, ax, ax1, fig, sns."""
    return _PLOT_RECEIVER.match(name) is not None


def is_plot_call(name: tuple[str, ...]) -> bool:
    """Return whether a call of a dotted name draws: plt.show, ax.plot, plot_tree."""
    if not name:
        return False
    if len(name) == 1:
        return is_plot_function(name[0])
    return (
        is_plot_receiver(name[0])
        or name[-1] in PLOT_METHODS
        or is_plot_function(name[-1])
    )


def is_plot_function(name: str) -> bool:
    """Return whether a function of that name only shows something."""
    return _PLOT_FUNCTION.match(name) is not None
