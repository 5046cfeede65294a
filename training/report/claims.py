"""What the 2018 report claims, and what each recipe reaches of it.

`tables` lays it out, `verdict` says it in sentences.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from training.evaluation import Evaluation
from training.study import RecipeResults, Study
from training.sweep import Sweep

CLAIMED_AVERAGE_PRECISION = 0.8
CLAIMED_RECALL = 0.8
CLAIMED_PRECISION = 0.7
CLAIMED_FALLOUT = 5e-4
CLAIMED_FALLOUT_TEXT = f"{100 * CLAIMED_FALLOUT:g}%"
ORIGINAL = "paper"
"""The recipe of the 2018 report."""


@dataclass(frozen=True)
class Reached:
    """What a recipe reaches of the claims.

    Attributes
    ----------
    name
        The recipe's.
    average_precision, precision_at_recall, fallout_at_recall, recall_at_fallout
        For each random split, at the recall and the fallout that are claimed.
    keeps_all
        For each random split, whether a threshold keeps all claims but the first at once.
    unique
        The average precisions without the transactions that are there twice.
    time, day
        The average precisions on the later 30% and on the next day.
    keeps_all_by_time
        Whether a threshold keeps all claims but the first at once on the later 30%.
    """

    name: str
    average_precision: tuple[float, ...]
    precision_at_recall: tuple[float, ...]
    fallout_at_recall: tuple[float, ...]
    recall_at_fallout: tuple[float, ...]
    keeps_all: tuple[bool, ...]
    unique: tuple[float, ...]
    time: float
    day: float
    keeps_all_by_time: bool

    @classmethod
    def of(cls, results: RecipeResults) -> Self:
        """Measure a recipe by the claims.

        Parameters
        ----------
        results
            What it reached.

        Returns
        -------
        Reached
        """
        sweeps = [each.test.sweep for each in results.stratified]
        return cls(
            name=results.recipe.name,
            average_precision=tuple(map(average_precision, results.stratified)),
            precision_at_recall=tuple(s.precision_at_recall(CLAIMED_RECALL) for s in sweeps),
            fallout_at_recall=tuple(s.fallout_at_recall(CLAIMED_RECALL) for s in sweeps),
            recall_at_fallout=tuple(s.recall_at_fallout(CLAIMED_FALLOUT) for s in sweeps),
            keeps_all=tuple(map(keeps_all, sweeps)),
            unique=results.without_duplicates,
            time=average_precision(results.time),
            day=average_precision(results.day),
            keeps_all_by_time=keeps_all(results.time.test.sweep),
        )

    @cached_property
    def splits(self) -> int:
        """How many random splits there are."""
        return len(self.average_precision)

    @cached_property
    def reaching(self) -> int:
        """In how many of them the average precision that is claimed is reached."""
        return sum(each >= CLAIMED_AVERAGE_PRECISION for each in self.average_precision)

    @cached_property
    def differences(self) -> tuple[float, ...]:
        """What the average precision gains without the duplicates, for each seed."""
        pairs = zip(self.unique, self.average_precision, strict=True)
        return tuple(unique - whole for unique, whole in pairs)


def average_precision(evaluation: Evaluation) -> float:
    """Return it, from the metrics, which are computed once.

    Parameters
    ----------
    evaluation
        Of any split.

    Returns
    -------
    float
        0 to 1.
    """
    return evaluation.metrics.average_precision


def keeps_all(sweep: Sweep) -> bool:
    """Tell whether one threshold keeps the claims about recall, precision and fallout.

    Parameters
    ----------
    sweep
        Over the scores of a test part.

    Returns
    -------
    bool
    """
    kept = (
        (sweep.recall >= CLAIMED_RECALL)
        & (sweep.precision >= CLAIMED_PRECISION)
        & (sweep.fallout <= CLAIMED_FALLOUT)
    )
    return bool(np.any(kept))


def reached(study: Study) -> dict[str, Reached]:
    """Measure every recipe by the claims.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    dict of Reached
        By the recipe's name.
    """
    return {name: Reached.of(results) for name, results in study.results.items()}
