"""A function as most would write it: it loads the scikit-learn pipeline and asks it each time."""

import os

import joblib
import pandas as pd
from starlette.requests import Request

COLUMNS = [*(f"V{number}" for number in range(1, 29)), "Amount"]

pipeline = joblib.load(os.environ["BENCHMARK_PIPELINE"])


async def answer(request: Request) -> dict[str, float]:
    """Answer a transaction with the probability of a fraud.

    Parameters
    ----------
    request
        Its body is one transaction as JSON.

    Returns
    -------
    dict of str to float
        The probability, 0 to 1.
    """
    # The pipeline selects its columns by name, so it takes a DataFrame and no array.
    frame = pd.DataFrame([await request.json()], columns=COLUMNS)
    return {"probability": float(pipeline.predict_proba(frame)[0, 1])}
