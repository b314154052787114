"""Whether a metric is better higher or lower, told by its name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

__all__ = ["direction"]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LOWER = re.compile(
    r"""brier|cer|cost|deviance|distance|divergence|duration|err|errors?|fid|fnr|fpr|
    hinge|impurity|inertia|kl|latency|logloss|loss|losses|mae|mape|medae|mer|misses|
    mse|msle|nll|penalty|perplexity|ppl|regret|rmse|rmsle|rss|runtime|seconds|smape|
    sse|ter|time|wape|wer""",
    re.VERBOSE,
)
_HIGHER = re.compile(
    r"""acc|accuracy|ap|auc|aucpr|auprc|auroc|balanced|bleu|corr|correct|correlation|
    dice|explained|f|fscore|gain|gini|hits?|iou|jaccard|kappa|likelihood|lift|map|
    matthews|mcc|meteor|mrr|ndcg|pearson|pr|precision|psnr|r|recall|reward|rouge|
    score|sensitivity|sharpe|silhouette|similarity|spearman|specificity|speed|ssim|
    success|throughput|tnr|top|tpr|vmeasure""",
    re.VERBOSE,
)
# The spread of a metric, or how many there were, says nothing about better.
_NEITHER = re.compile("count|n|sem|std|stdev|support|var|variance")


@lru_cache(maxsize=4096)
def direction(name: str) -> Literal[-1, 0, 1]:
    """Return 1 if a metric of that name is better higher, -1 if lower, 0 if unknown.

    Examples
    --------
    >>> direction("val/rmse"), direction("roc_auc"), direction("neg_log_loss")
    (-1, 1, 1)
    >>> direction("n_iter")
    0
    """
    words = [word.lower() for word in _WORD.findall(name)]
    negated = "neg" in words or "negative" in words
    if "explained" not in words and any(map(_NEITHER.fullmatch, words)):
        return 0
    if any(map(_LOWER.fullmatch, words)):
        return 1 if negated else -1
    if any(map(_HIGHER.fullmatch, words)):
        return -1 if negated else 1
    return 0
