"""The command line of `scripts/bench`; `benchmark.bench` calls it."""

import argparse
from pathlib import Path

from benchmark.arguments import add_outputs, positive
from benchmark.contenders import OWN, PROJECT
from benchmark.peers import PEERS
from benchmark.workloads import CHOICES

DESCRIPTION = (
    "Measure this function beside functions-framework doing nothing, functions-framework with a "
    "scikit-learn pipeline, KServe, MLServer, BentoML and LitServe. All are asked about the same "
    "transaction, in turn; the table shows medians. Each peer is installed below build/, once."
)
BUILD = PROJECT / "build" / "bench"
DOCUMENT = PROJECT / "docs" / "benchmarks.md"
CONTENDERS = [*OWN, *PEERS]


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    found = argparse.ArgumentParser(prog="scripts/bench", description=DESCRIPTION)
    found.add_argument(
        "--rounds", type=positive, default=3, metavar="N", help="of load, each (%(default)s)"
    )
    found.add_argument(
        "--seconds", type=positive, default=5, metavar="S", help="of a load (%(default)s)"
    )
    found.add_argument(
        "--starts", type=positive, default=5, metavar="N", help="of each (%(default)s)"
    )
    found.add_argument(
        "--only",
        nargs="+",
        choices=CONTENDERS,
        default=CONTENDERS,
        metavar="WHO",
        help=f"who is measured, of {', '.join(CONTENDERS)} (all)",
    )
    found.add_argument(
        "--workloads",
        nargs="+",
        choices=CHOICES,
        default=list(CHOICES),
        metavar="WHAT",
        help=f"what is measured, of {', '.join(CHOICES)} (all); only rows is for all contenders",
    )
    found.add_argument(
        "--pipeline",
        type=Path,
        default=BUILD / "model.joblib",
        metavar="FILE",
        help="functions-framework's pipeline; trained where it does not exist (build/bench/...)",
    )
    add_outputs(found, DOCUMENT, "write a page about it, with a drawing (docs/benchmarks.md)")
    return found
