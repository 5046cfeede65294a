"""The function's settings: environment variables that begin with FRAUD_.

`main` reads them once, at the start. A name that is not listed here is left alone, because
Kubernetes itself sets FRAUD_SERVICE_HOST, FRAUD_PORT and the like for a Service named fraud.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from function.errors import SettingError
from function.limits import MOST_TRANSACTIONS
from function.policy import CostPolicy

DEFAULT_MODEL = Path(__file__).parent / "models" / "default.json"
MEBIBYTE = 1024 * 1024

LogLevel = Literal["errors", "problems", "requests"]
LOG_LEVELS: tuple[LogLevel, ...] = ("errors", "problems", "requests")


class Settings(msgspec.Struct, frozen=True):
    """What can be set.

    Attributes
    ----------
    model
        FRAUD_MODEL: the model file. The default is the one in this package.
    max_body_bytes
        FRAUD_MAX_BODY_BYTES: the largest body that is read, 1024 bytes or more; 16 MiB.
    max_held_bytes
        FRAUD_MAX_HELD_BYTES: how many bytes of bodies are held at one time, of all requests
        together, no fewer than of one; 64 MiB. What is more is refused with 503.
    max_connections
        FRAUD_MAX_CONNECTIONS: how many connections may be open, 1 or more; 1,000. What comes on
        more is refused with 503, but for the paths of health.
    max_batch
        FRAUD_MAX_BATCH: how many transactions one JSON array may hold, 1 or more; 10,000.
    upload_timeout_s
        FRAUD_UPLOAD_TIMEOUT_S: how many seconds a client may send nothing of a body, 1 or more; 30.
        A request's head has to be there in a third of that.
    keys_file
        FRAUD_KEYS_FILE: a file of the keys that clients need, one a line; None where they need
        none.
    policy
        FRAUD_POLICY: "threshold", which is the model's own and None here, or "cost:REVIEW" with
        what a review costs in euros.
    reasons
        FRAUD_REASONS: how many reasons come with one transaction, 0 or more; 3.
    log
        FRAUD_LOG: "errors", "problems" for the refused requests too, "requests" for all.
    tracing
        Whether OTEL_EXPORTER_OTLP_ENDPOINT is set; the library reads it.
    revision
        K_REVISION, which Knative sets: the revision's name; "local" elsewhere.
    """

    model: Path = DEFAULT_MODEL
    max_body_bytes: int = 16 * MEBIBYTE
    max_held_bytes: int = 64 * MEBIBYTE
    max_connections: int = 1_000
    max_batch: int = MOST_TRANSACTIONS
    upload_timeout_s: int = 30
    keys_file: Path | None = None
    policy: CostPolicy | None = None
    reasons: int = 3
    log: LogLevel = "problems"
    tracing: bool = False
    revision: str = "local"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Parameters
    ----------
    environment
        Such as `os.environ`.

    Returns
    -------
    Settings

    Raises
    ------
    SettingError
        If a value is not allowed; the message says which, what it was and what is allowed.
    """
    keys_file = environment.get("FRAUD_KEYS_FILE")
    max_body_bytes = _whole_number(
        environment, "FRAUD_MAX_BODY_BYTES", Settings().max_body_bytes, least=1024
    )
    return Settings(
        model=_path(environment, "FRAUD_MODEL", DEFAULT_MODEL),
        max_body_bytes=max_body_bytes,
        max_held_bytes=_whole_number(
            environment, "FRAUD_MAX_HELD_BYTES", Settings().max_held_bytes, least=max_body_bytes
        ),
        max_connections=_whole_number(
            environment, "FRAUD_MAX_CONNECTIONS", Settings().max_connections, least=1
        ),
        max_batch=_whole_number(environment, "FRAUD_MAX_BATCH", Settings().max_batch, least=1),
        upload_timeout_s=_whole_number(
            environment, "FRAUD_UPLOAD_TIMEOUT_S", Settings().upload_timeout_s, least=1
        ),
        keys_file=None if keys_file is None else Path(keys_file),
        policy=_policy(environment, "FRAUD_POLICY"),
        reasons=_whole_number(environment, "FRAUD_REASONS", Settings().reasons, least=0),
        log=_log_level(environment, "FRAUD_LOG"),
        tracing=bool(environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")),
        revision=environment.get("K_REVISION") or Settings().revision,
    )


def _path(environment: Mapping[str, str], name: str, default: Path) -> Path:
    if name not in environment:
        return default
    path = Path(environment[name])
    if not path.is_file():
        raise SettingError(f'{name} is "{path}", which is not a file; a model file is expected.')
    return path


def _whole_number(environment: Mapping[str, str], name: str, default: int, least: int) -> int:
    text = environment.get(name, str(default))
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise SettingError(f'{name} is "{text}"; a whole number from {least} on is expected.')
    return number


def _log_level(environment: Mapping[str, str], name: str) -> LogLevel:
    text = environment.get(name, Settings().log)
    for level in LOG_LEVELS:
        if text == level:
            return level
    raise SettingError(f'{name} is "{text}"; {" or ".join(LOG_LEVELS)} is expected.')


def _policy(environment: Mapping[str, str], name: str) -> CostPolicy | None:
    text = environment.get(name, "threshold")
    if text == "threshold":
        return None
    kind, _, number = text.partition(":")
    try:
        review = float(number)
    except ValueError:
        review = math.nan
    if kind != "cost" or not 0 < review < math.inf:
        raise SettingError(
            f'{name} is "{text}"; "threshold" is expected, or "cost:" and what a review costs in '
            "euros, above 0, such as cost:5."
        )
    return CostPolicy(review)
