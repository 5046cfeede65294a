"""The model file: what `training` writes and the function reads.

A model is additive: each feature contributes to the log-odds on its own, so a decision's reasons
are exact. For one feature with value x,

    z = (x - mean) / scale, with log(1 + x) in place of x where the transform says so
    contribution = offset + linear · z + signed_log · sign(z) · log(1 + |z|)
                   + the sum over the hinges of weight · max(0, z - knot)

and the log-odds are the intercept and all contributions added up. The offsets centre each
contribution, so that it is 0 on average over the training data and the intercept is the log-odds
of an average transaction.
"""

import hashlib
import math
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Literal

import msgspec

from function.errors import ModelFileError
from function.transaction import NUMBER_FIELDS

SCHEMA = 2
"""The version of the file's form that this code writes and reads."""

VERSION_LENGTH = 12
NEVER_NEGATIVE = ("Amount", "Time")


class Hinge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bend: from the knot on, in units of z, the contribution grows by weight per unit more."""

    knot: float
    weight: float


class Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One feature and its part in the log-odds; the formula is in this module's head."""

    name: str
    transform: Literal["identity", "log1p"]
    mean: float
    scale: float
    offset: float
    linear: float
    signed_log: float = 0.0
    hinges: tuple[Hinge, ...] = ()


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How well the recipe did on data that it had not seen.

    Attributes
    ----------
    average_precision
        0 to 1.
    precision, recall
        At the threshold, 0 to 1.
    fallout
        The false positive rate at the threshold, 0 to 1.
    brier
        The mean squared error of the probabilities, 0 to 1.
    log_loss
        The mean of -log of the probability that was given to what came true, 0 or more.
    calibration_error
        The expected calibration error, 0 to 1: how far the mean probability and the share of
        frauds lie apart in 20 bins of equal width, on average over the transactions.
    threshold
        The threshold at which they were measured, 0 to 1, chosen on the training part alone.
    transactions, frauds
        How many there were in the test part.
    """

    average_precision: float
    precision: float
    recall: float
    fallout: float
    brier: float
    log_loss: float
    calibration_error: float
    threshold: float
    transactions: int
    frauds: int


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model was trained on and how the recipe was measured.

    Attributes
    ----------
    data_sha256
        The SHA-256 of the CSV file, in hexadecimal.
    transactions, frauds
        How many the model was fitted to.
    parameters
        The recipe's parameters.
    threshold_rule
        What the threshold was chosen for, such as "fallout=0.0005".
    metrics
        By the name of the split: "stratified" and "time".
    """

    data_sha256: str
    transactions: int
    frauds: int
    parameters: dict[str, int | float]
    threshold_rule: str
    metrics: dict[str, Metrics]


class Distribution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a number is spread over the training data, for comparison with what comes later.

    Attributes
    ----------
    edges
        Its deciles, in rising order and each once: a value belongs to the bin after the last edge
        that it reaches.
    shares
        The share of the transactions in each bin, one more than there are edges; they add up to 1.
    tails
        Quantiles near both ends, by their level, such as "0.999".
    baseline_psi
        The population stability index (PSI) of the later days of the training data against the
        first, in ten bins of the first: how far days lie apart of which nothing is wrong.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    tails: dict[str, float]
    baseline_psi: float


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The training data as a reference for drift.

    Attributes
    ----------
    features
        By name, as the client sends them.
    score
        Of the probabilities.
    alert_rate
        The share of the transactions that are called frauds at the threshold, 0 to 1.
    """

    features: dict[str, Distribution]
    score: Distribution
    alert_rate: float


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model file's whole content.

    Attributes
    ----------
    schema
        The version of the file's form.
    name
        The recipe's name.
    version
        The first characters of the digest: equal models have equal versions.
    digest
        SHA-256 over everything else in the file, in hexadecimal.
    threshold
        A transaction is called a fraud from this probability on, between 0 and 1.
    intercept
        The log-odds of an average transaction.
    features
        In the order in which they are added up.
    training
        Where the numbers come from.
    reference
        What the training data looked like.
    """

    schema: int
    name: str
    version: str
    digest: str
    threshold: float
    intercept: float
    features: tuple[Feature, ...]
    training: Training
    reference: Reference

    @property
    def needs_time(self) -> bool:
        """Whether a transaction without Time cannot be scored."""
        return any(feature.name == "Time" for feature in self.features)


class _Schema(msgspec.Struct):
    schema: int


def sealed(model: Model) -> Model:
    """Return the model with the digest and the version that its content has.

    Parameters
    ----------
    model
        Whatever its digest and version are, they do not count.

    Returns
    -------
    Model
    """
    blank = msgspec.structs.replace(model, version="", digest="")
    digest = hashlib.sha256(msgspec.json.encode(blank)).hexdigest()
    return msgspec.structs.replace(model, version=digest[:VERSION_LENGTH], digest=digest)


def encode_model(model: Model) -> bytes:
    """Return the bytes of a model file: indented JSON, the same for the same model.

    Parameters
    ----------
    model
        As `sealed` returns it.

    Returns
    -------
    bytes
    """
    return msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n"


def read_model(path: Path) -> Model:
    """Read and check a model file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Model

    Raises
    ------
    ModelFileError
        If the file cannot be read, is not a model, is of a later schema, was changed after it was
        written, or holds a number that cannot be right.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"The model file {path} cannot be read: {error.strerror}.") from None
    try:
        schema = msgspec.json.decode(content, type=_Schema).schema
        if schema != SCHEMA:
            raise ModelFileError(
                f"The model file {path} has schema {schema}; this function reads schema {SCHEMA}. "
                "Use the function of the release that wrote it, or train the model again."
            )
        model = msgspec.json.decode(content, type=Model)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModelFileError(f"The model file {path} is not a model: {error}.") from None
    for fault in _faults(model):
        raise ModelFileError(f"The model file {path} cannot be used: {fault}.")
    return model


def _faults(model: Model) -> Iterable[str]:
    if sealed(model) != model:
        yield "its digest does not fit its content, so it was changed after it was written"
    if not 0 < model.threshold < 1:
        yield f"its threshold is {model.threshold}; a number between 0 and 1 was expected"
    names = [feature.name for feature in model.features]
    if len(set(names)) < len(names) or not names:
        yield "it has no features, or one of them twice"
    for feature in model.features:
        yield from _faults_of_feature(feature)
    if model.reference.features.keys() != set(names):
        yield "its reference is not about the same features"
    for name, distribution in (*model.reference.features.items(), ("score", model.reference.score)):
        if not _is_sound(distribution):
            yield f"the reference of {name} has bins that are none"


def _faults_of_feature(feature: Feature) -> Iterable[str]:
    if feature.name not in NUMBER_FIELDS:
        yield f"its feature {feature.name} is not a number of a transaction"
    if feature.scale <= 0:
        yield f"the scale of {feature.name} is {feature.scale}; it must be above 0"
    if feature.transform == "log1p" and feature.name not in NEVER_NEGATIVE:
        yield f"the transform log1p of {feature.name} would fail where it is below -1"


def _is_sound(distribution: Distribution) -> bool:
    """Tell whether the bins are in order and hold everything."""
    edges, shares = distribution.edges, distribution.shares
    return (
        all(low < high for low, high in pairwise(edges))
        and len(shares) == len(edges) + 1
        and min(shares) >= 0
        and math.isclose(sum(shares), 1, abs_tol=1e-3)
    )
