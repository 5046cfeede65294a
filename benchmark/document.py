"""Writes docs/benchmarks.md, with a drawing beside it; `benchmark.bench` calls it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmark import tables
from benchmark.contenders import FUNCTION
from benchmark.goals import Verdict
from benchmark.plot import drawn
from benchmark.results import Measured, Results, Summary
from training.files import write_whole

HOW = """\
One worker each, pinned to one core; the load comes from the other. All are asked about the same
transaction, each in the form of its own protocol, and take turns in every round. The numbers are
medians of the rounds, and of the starts.

- This function answers with the probability, the decision and three reasons, and checks all fields.
- *doing nothing* is functions-framework with a function that returns two letters, as pip installs
  it (asyncio, h11), without the gunicorn of its command; *with uvloop* and *with scikit-learn* run
  by that command, with uvloop and httptools.
- *with scikit-learn* serves the pipeline of `scripts/train`, which takes a DataFrame. KServe,
  MLServer, BentoML and LitServe serve a simpler one, fitted with their own scikit-learn, that
  takes an array: `StandardScaler` and `LogisticRegression`, the least that there is to do. What a
  team would write for each is in `benchmark/targets/`. Each is as pip installs it; request logs
  are off, and MLServer scores in the process that serves, which is faster on one core.
- *c* is how many requests are under way at once. A batch has 1,000 transactions, at c=4; events
  and plain JSON beside them are at c=16; streams are one request that is read while it is written.
- PSS is the sum over all processes. *installed* is what stands in site-packages, without
  bytecode: what an image has beyond its Python.
"""


def write_document(
    path: Path, results: Results, summaries: Sequence[Summary], verdicts: Sequence[Verdict]
) -> list[Path]:
    """Write the document, and the drawing to the same name with .svg at its end.

    Parameters
    ----------
    path
        The Markdown file; what it held is lost.
    results, summaries, verdicts
        What is told.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    drawing = path.with_suffix(".svg")
    document = document_of(results, summaries, verdicts, drawing.name)
    return write_whole(
        path.parent, {path.name: document.encode(), drawing.name: drawn(summaries).encode()}
    )


def document_of(
    results: Results, summaries: Sequence[Summary], verdicts: Sequence[Verdict], drawing: str
) -> str:
    """Return the document.

    Parameters
    ----------
    results, summaries, verdicts
        What is told.
    drawing
        The address of the drawing, from the document's folder.

    Returns
    -------
    str
        Markdown.
    """
    parts = [
        "# Benchmarks",
        f"Written by `{results.command}` on {results.date}.",
        results.machine.described(),
        f"![Requests a second and p99 of every contender at 16 connections]({drawing})",
        "## One transaction a request",
        tables.markdown(["", *(each.name for each in summaries)], tables.comparison(summaries)),
        *_workloads(summaries),
        *_client(results),
        *_goals(verdicts),
        "## How it is measured",
        f"{HOW}- Each load lasted {results.seconds} s, in each of "
        f"{len(results.contenders[0].rounds)} rounds.",
        "## Versions",
        tables.markdown(
            ["contender", "versions"], [_versions(each) for each in results.contenders]
        ),
        *_left_out(results.left_out),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _workloads(summaries: Sequence[Summary]) -> list[str]:
    rows = [row for each in summaries if each.name == FUNCTION for row in tables.workloads(each)]
    heads = ["workload", "transactions a second"]
    return ["## This function besides", tables.markdown(heads, rows)] if rows else []


def _client(results: Results) -> list[str]:
    """Say how far the streams' client was from being what limits them."""
    workloads = [
        workload
        for measured in results.contenders
        for each in measured.rounds
        for workload in each.workloads.values()
    ]
    shares = [each.client_busy for each in workloads if each.client_busy is not None]
    return [f"The streams' client took at most {max(shares):.0%} of its core."] if shares else []


def _goals(verdicts: Sequence[Verdict]) -> list[str]:
    return ["## Goals", tables.markdown_goals(verdicts)] if verdicts else []


def _versions(measured: Measured) -> tables.Row:
    versions = (f"{name} {number}" for name, number in measured.versions.items())
    return measured.name, ", ".join(versions)


def _left_out(reasons: Mapping[str, str]) -> list[str]:
    lines = [f"- {name}: {reason}" for name, reason in reasons.items()]
    return ["## Left out", "\n".join(lines)] if lines else []
