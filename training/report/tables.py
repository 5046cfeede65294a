"""The tables of the page and of the card, as text; `page` and `card` call it."""

from collections.abc import Callable
from dataclasses import dataclass

from function.model import Metrics
from training.bootstrap import Interval
from training.report.claims import (
    CLAIMED_AVERAGE_PRECISION,
    CLAIMED_FALLOUT,
    CLAIMED_FALLOUT_TEXT,
    CLAIMED_PRECISION,
    CLAIMED_RECALL,
    Reached,
)
from training.report.text import NONE, number, percent, spread
from training.report.verdict import name_of
from training.study import PolicyOutcome, Study

METRICS = {
    "average_precision": "Average precision",
    "precision": "Precision",
    "recall": "Recall",
    "fallout": "Fallout",
    "brier": "Brier score",
    "log_loss": "Log loss",
    "calibration_error": "Calibration error",
}
"""By the name of the field of `Metrics`, what the reader reads."""


@dataclass(frozen=True)
class Table:
    """A table whose cells are text.

    Attributes
    ----------
    caption
        What it shows.
    columns
        The head.
    rows
        Each as long as the head; the first cell says what the row is.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def claims_table(study: Study, found: dict[str, Reached]) -> Table:
    """Lay out the claims beside what each recipe reaches.

    Parameters
    ----------
    study
        All results.
    found
        As `training.report.claims.reached` returns it.

    Returns
    -------
    Table
        A column for each recipe.
    """
    splits = found[study.model.name].splits
    names = [f"{name} (this model)" if name == study.model.name else name for name in found]
    return Table(
        f"What the 2018 report claims and what each recipe reaches: mean ± standard deviation over "
        f"{splits} random splits where nothing else is said",
        ("", "claimed", *names),
        tuple(
            (label, claimed, *(cell(each) for each in found.values()))
            for label, claimed, cell in (*_claims(splits), *_beyond_the_claims())
        ),
    )


_Row = tuple[str, str, Callable[[Reached], str]]


def _claims(splits: int) -> tuple[_Row, ...]:
    recall, fallout = f"{CLAIMED_RECALL:g}", CLAIMED_FALLOUT_TEXT
    return (
        (
            "Average precision",
            f"{CLAIMED_AVERAGE_PRECISION:g}",
            lambda each: spread(each.average_precision),
        ),
        ("its lowest and highest", NONE, lambda each: _range(each.average_precision)),
        ("splits that reach the claim", NONE, lambda each: f"{each.reaching} of {splits}"),
        (
            f"Precision at recall {recall}",
            f"{CLAIMED_PRECISION:g}",
            lambda each: spread(each.precision_at_recall),
        ),
        (
            f"Fallout at recall {recall}, in percent",
            f"{100 * CLAIMED_FALLOUT:g}",
            lambda each: spread([100 * fallout for fallout in each.fallout_at_recall]),
        ),
        (f"Recall at fallout {fallout}", recall, lambda each: spread(each.recall_at_fallout)),
        (
            "splits where one threshold keeps the three",
            NONE,
            lambda each: f"{sum(each.keeps_all)} of {splits}",
        ),
    )


def _beyond_the_claims() -> tuple[_Row, ...]:
    return (
        ("Average precision, later 30% of the time", NONE, lambda each: number(each.time)),
        (
            "one threshold keeps the three there",
            NONE,
            lambda each: "yes" if each.keeps_all_by_time else "no",
        ),
        ("Average precision, next day", NONE, lambda each: number(each.day)),
        ("Average precision without duplicates", NONE, lambda each: spread(each.unique)),
        (
            "the difference on the same split",
            NONE,
            lambda each: spread(each.differences, write_sign=True),
        ),
    )


def _range(values: tuple[float, ...]) -> str:
    return f"{number(min(values))} to {number(max(values))}"


def metrics_table(study: Study) -> Table:
    """Lay out the metrics of the model's recipe on every split.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    Table
        A row for each metric.
    """
    chosen = study.chosen
    random = [each.metrics for each in chosen.stratified]
    rows = [
        _metric_row(name, label, random, chosen.time.metrics, chosen.day.metrics, study.intervals)
        for name, label in METRICS.items()
    ]
    rows += [
        _row_of_each("Threshold", lambda each: number(each.threshold), study),
        _row_of_each("Transactions", lambda each: f"{each.transactions:,}", study),
        _row_of_each("of them frauds", lambda each: f"{each.frauds:,}", study),
    ]
    columns = (f"{len(random)} random splits", "later 30% of the time", "95% interval", "next day")
    caption = f"What {study.model.name} reaches on transactions that it was not trained on"
    return Table(caption, ("", *columns), tuple(rows))


def _metric_row(
    name: str,
    label: str,
    random: list[Metrics],
    time: Metrics,
    day: Metrics,
    intervals: dict[str, Interval],
) -> tuple[str, ...]:
    interval = intervals.get(name)
    return (
        label,
        spread([getattr(each, name) for each in random]),
        number(getattr(time, name)),
        _range(interval) if interval else NONE,
        number(getattr(day, name)),
    )


def _row_of_each(label: str, cell: Callable[[Metrics], str], study: Study) -> tuple[str, ...]:
    chosen = study.chosen
    random = dict.fromkeys(cell(each.metrics) for each in chosen.stratified)
    written = next(iter(random)) if len(random) == 1 else "its own for each"
    return label, written, cell(chosen.time.metrics), NONE, cell(chosen.day.metrics)


def policies_table(policies: tuple[PolicyOutcome, ...]) -> Table:
    """Lay out what each policy would have done.

    Parameters
    ----------
    policies
        One or more.

    Returns
    -------
    Table
        A row for each policy.
    """
    reviews = sorted(policies[0].saved)
    return Table(
        "What each policy would have done with the later 30% of the time",
        (
            "policy",
            "threshold",
            "alerts per 1,000",
            "precision",
            "recall",
            *(f"saved at €{review:g}" for review in reviews),
        ),
        tuple(
            (
                name_of(policy),
                "by the Amount" if policy.threshold is None else number(policy.threshold),
                number(policy.alerts_per_thousand),
                number(policy.precision),
                number(policy.recall),
                *(percent(policy.saved[review]) for review in reviews),
            )
            for policy in policies
        ),
    )
