"""What the model card holds beside what the page holds; `page` calls it.

The card is in the form of the Hugging Face Hub: https://huggingface.co/docs/hub/model-cards, after
Margaret Mitchell and others: Model Cards for Model Reporting. FAT* 2019.
"""

from dataclasses import dataclass

import numpy as np

from function.model import Model
from training.evaluation import Evaluation
from training.report.tables import METRICS
from training.study import Study

# As https://huggingface.co/metrics calls them; it has no name for the others.
HUB_METRICS = {"brier": "brier_score"}


@dataclass(frozen=True)
class HubMetric:
    """One number of the card's front matter.

    Attributes
    ----------
    kind
        The Hub's word for it.
    name
        The reader's.
    value
        Not rounded.
    """

    kind: str
    name: str
    value: float

    @property
    def written(self) -> str:
        """The value as YAML 1.1 reads it: without an exponent, which needs a point there."""
        return np.format_float_positional(self.value, trim="0")


@dataclass(frozen=True)
class HubResult:
    """What one split gave.

    Attributes
    ----------
    config
        The split, in a word.
    split
        The same in words.
    metrics
        All seven.
    """

    config: str
    split: str
    metrics: tuple[HubMetric, ...]


def card_values(study: Study) -> dict[str, object]:
    """Return what the card's template asks for and the page's does not.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    dict
        By the name in the template.
    """
    return {
        "hub_metrics": [HUB_METRICS.get(name, name) for name in METRICS],
        "hub_results": hub_results(study),
        "numbers_in_model": numbers_in(study.model),
        "feature_names": [feature.name for feature in study.model.features],
        "needs_time": study.model.needs_time,
        "undersampled": study.chosen.recipe.undersampled,
    }


def hub_results(study: Study) -> tuple[HubResult, ...]:
    """Return the results of the model's recipe as the front matter has them.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    tuple of HubResult
        The mean of the random splits, the later 30% of the time, the next day.
    """
    chosen = study.chosen
    count = len(chosen.stratified)
    return (
        _result("stratified", f"test, mean of {count} random splits of 30%", chosen.stratified),
        _result("time", "test, the later 30% of the time", (chosen.time,)),
        _result("day", "test, what follows the first day", (chosen.day,)),
    )


def _result(config: str, split: str, evaluations: tuple[Evaluation, ...]) -> HubResult:
    metrics = [
        HubMetric(
            HUB_METRICS.get(name, name),
            label,
            float(np.mean([getattr(each.metrics, name) for each in evaluations])),
        )
        for name, label in METRICS.items()
    ]
    return HubResult(config, split, tuple(metrics))


def numbers_in(model: Model) -> int:
    """Count the numbers that were learnt for the log-odds.

    Parameters
    ----------
    model
        Any.

    Returns
    -------
    int
        The intercept and the weights.
    """
    weights = sum(1 + (feature.signed_log != 0) + len(feature.hinges) for feature in model.features)
    return 1 + weights
