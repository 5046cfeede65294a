"""Says in sentences what the numbers of a study say; `page` and `tables` call it."""

from collections.abc import Iterable

from training.report.claims import (
    CLAIMED_AVERAGE_PRECISION,
    CLAIMED_FALLOUT_TEXT,
    CLAIMED_PRECISION,
    CLAIMED_RECALL,
    ORIGINAL,
    Reached,
    average_precision,
)
from training.report.text import mean_and_deviation, number, of_all, percent
from training.study import PolicyOutcome, Study


def verdict(study: Study, found: dict[str, Reached]) -> list[str]:
    """Say in sentences what the numbers say.

    Parameters
    ----------
    study
        All results.
    found
        As `reached` returns it.

    Returns
    -------
    list of str
        One about each claim, one about the later days, one about money.
    """
    compared = [found[name] for name in dict.fromkeys((ORIGINAL, study.model.name))]
    return [
        _about_average_precision(compared),
        _about_the_threshold(compared),
        _about_later_days(study),
        _about_money(study.policies),
    ]


def _about_average_precision(compared: Iterable[Reached]) -> str:
    parts = [
        f"{_called(each.name)} reaches it {of_all(each.reaching, each.splits)}, on average "
        f"{number(mean_and_deviation(each.average_precision)[0])}"
        for each in compared
    ]
    return (
        f"The 2018 report claims an average precision of {CLAIMED_AVERAGE_PRECISION:g}: "
        f"{'; '.join(parts)}."
    )


def _about_the_threshold(compared: Iterable[Reached]) -> str:
    parts = [
        f"with {_called(each.name)} there is one {of_all(sum(each.keeps_all), each.splits)}, and "
        f"{'one' if each.keeps_all_by_time else 'none'} on the later 30% of the time"
        for each in compared
    ]
    return (
        f"It claims a threshold with a recall of {CLAIMED_RECALL:g}, a precision of "
        f"{CLAIMED_PRECISION:g} and a fallout of {CLAIMED_FALLOUT_TEXT} at once: "
        f"{'; '.join(parts)}."
    )


def _called(name: str) -> str:
    return f"its recipe, {name}," if name == ORIGINAL else f"this model's recipe, {name},"


def _about_later_days(study: Study) -> str:
    low, high = study.intervals["average_precision"]
    claimed = CLAIMED_AVERAGE_PRECISION
    where = "within" if low <= claimed <= high else "above" if claimed > high else "below"
    return (
        f"On the later 30% of the time, which tells most of the days to come, this model's recipe "
        f"has an average precision of {number(average_precision(study.chosen.time))}, with a 95% "
        f"interval from {number(low)} to {number(high)}; the {claimed:g} that is claimed lies "
        f"{where} it."
    )


def _about_money(policies: tuple[PolicyOutcome, ...]) -> str:
    reviews = sorted(policies[0].saved)
    review = reviews[len(reviews) // 2]
    best = max(policies, key=lambda policy: policy.saved[review])
    rule = next(policy for policy in policies if policy.name == f"cost:{review:g}")
    beside = (
        "no fixed threshold saves more"
        if best.threshold is None
        else f"{name_of(rule)}, which looks at the Amount, {percent(rule.saved[review])}"
    )
    return (
        f"At {review:g} euros for a review, {name_of(best)} would have saved most there, "
        f"{percent(best.saved[review])} of what the frauds cost without a model; {beside}."
    )


def name_of(policy: PolicyOutcome) -> str:
    """Name a policy so that a rule and the setting of the function cannot be taken for each other.

    Parameters
    ----------
    policy
        Any.

    Returns
    -------
    str
        Such as "the threshold for recall=0.8" or "FRAUD_POLICY=cost:5".
    """
    if policy.threshold is None:
        return f"FRAUD_POLICY={policy.name}"
    return f"the threshold for {policy.name}"
