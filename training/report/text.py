"""Numbers as a reader wants them; every other module of the report calls it."""

import json
import math
from collections.abc import Sequence

import numpy as np

SIGNIFICANT = 3
SMALLEST_WRITTEN_OUT = 1e-6
NONE = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def number(value: float, like: float | None = None) -> str:
    """Write a number with three significant digits.

    Parameters
    ----------
    value
        Any finite number.
    like
        Another number, whose decimals are taken; its own where it is None.

    Returns
    -------
    str
        Such as "0.820" or "1,235"; with an exponent below a millionth.
    """
    size = abs(value if like is None else like)
    if value == 0:
        return "0"
    if like is None and size < SMALLEST_WRITTEN_OUT:
        return f"{value:.{SIGNIFICANT - 1}e}".replace("-", MINUS)
    return f"{value:,.{_decimals(size)}f}".replace("-", MINUS)


def _decimals(size: float) -> int:
    if size == 0:
        return SIGNIFICANT
    return max(0, SIGNIFICANT - 1 - math.floor(math.log10(size)))


def signed(value: float) -> str:
    """Write a number with three significant digits and its sign.

    Parameters
    ----------
    value
        Any finite number.

    Returns
    -------
    str
        Such as "+0.0123".
    """
    return f"+{number(value)}" if value > 0 else number(value)


def percent(share: float) -> str:
    """Write a share in percent.

    Parameters
    ----------
    share
        1 is all.

    Returns
    -------
    str
        Such as "80.6%" or "0.0574%".
    """
    return f"{number(100 * share)}%"


def euros(amount: float) -> str:
    """Write an amount of money in whole euros.

    Parameters
    ----------
    amount
        In euros.

    Returns
    -------
    str
        Such as "€12,345".
    """
    return f"€{amount:,.0f}".replace("€-", f"{MINUS}€")


def count(value: float) -> str:
    """Write how many there are.

    Parameters
    ----------
    value
        A whole number.

    Returns
    -------
    str
        Such as "284,807".
    """
    return f"{value:,.0f}"


def spread(values: Sequence[float], write_sign: bool = False) -> str:
    """Write the mean of some numbers and their standard deviation.

    Parameters
    ----------
    values
        One number or more.
    write_sign
        Whether a mean above 0 has a plus.

    Returns
    -------
    str
        Such as "0.837 ± 0.020"; with n - 1 in the denominator.
    """
    mean, deviation = mean_and_deviation(values)
    written = signed(mean) if write_sign else number(mean)
    return f"{written} ± {number(deviation, like=mean)}"


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and the standard deviation of a sample.

    Parameters
    ----------
    values
        One number or more.

    Returns
    -------
    mean : float
    deviation : float
        With n - 1 in the denominator; 0 for a single number.
    """
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return float(np.mean(values)), deviation


def of_all(part: int, whole: int) -> str:
    """Write how many of the random splits something is true of.

    Parameters
    ----------
    part
        0 to `whole`.
    whole
        1 or more.

    Returns
    -------
    str
        Such as "in 7 of 10 random splits".
    """
    if part == 0:
        return f"in none of {whole} random splits"
    if part == whole:
        return f"in all {whole} random splits"
    return f"in {part} of {whole} random splits"


def yaml_string(text: str) -> str:
    """Write a text as YAML, whatever is in it.

    Parameters
    ----------
    text
        Any.

    Returns
    -------
    str
        In double quotes: a JSON string is one of YAML's.
    """
    return json.dumps(text, ensure_ascii=False)
