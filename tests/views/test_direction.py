from __future__ import annotations

import pytest

from celltrail.views.direction import direction


@pytest.mark.parametrize(
    "name",
    [
        *(
            "auc",
            "roc_auc",
            "val/auc",
            "testAUC",
            "accuracy",
            "val_acc",
            "f1",
            "f1_macro",
        ),
        *("r2", "R2 score", "precision@10", "recall", "mean_test_score", "mAP", "top5"),
        *(
            "neg_log_loss",
            "neg_mean_squared_error",
            "explained_variance",
            "cv_mean_auc",
        ),
    ],
)
def test_better_higher(name: str) -> None:
    assert direction(name) == 1


@pytest.mark.parametrize(
    "name",
    [
        *(
            "loss",
            "train_loss",
            "valLoss",
            "log_loss",
            "logloss",
            "rmse",
            "RMSE",
            "mae",
        ),
        *("mean_squared_error", "error rate", "perplexity", "fit_time", "eval/loss"),
        *("accuracy_loss", "neg_log_likelihood"),
    ],
)
def test_better_lower(name: str) -> None:
    assert direction(name) == -1


@pytest.mark.parametrize(
    "name",
    [
        *("", "n_iter", "n_errors", "auc_std", "loss_std", "support", "threshold"),
        *("lr", "epoch", "mean", "glossary", "🎉"),
    ],
)
def test_unknown(name: str) -> None:
    assert direction(name) == 0
