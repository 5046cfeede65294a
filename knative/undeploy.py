"""The command `scripts/undeploy`: removes all that `scripts/deploy` ever wrote to a namespace."""

import argparse
import re
import sys
from collections.abc import Sequence

from rich.console import Console

from knative.cluster import SERVICE_KIND
from knative.errors import ClusterError, NotInTimeError
from knative.manifests import SELECTOR
from knative.namespace import Namespace
from knative.workload import Thing, things_of

DESCRIPTION = (
    "Remove all that scripts/deploy wrote to a namespace, whatever the overlay was: every object "
    "with the label app.kubernetes.io/part-of=fraud-scoring, and all that the cluster made of "
    "them. It ends when the pods are gone; they first answer what they have accepted. A Secret "
    "that you made by hand stays, unless you labelled it so. Exit codes: 0 nothing is left, "
    "1 failed or not confirmed, 2 wrong usage."
)
FORBIDDEN = re.compile(r"^Error from server \(Forbidden\): (?P<kind>\S+) is forbidden")


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With a sentence, if it was not confirmed or something is left.
    """
    options = _parser().parse_args(arguments)
    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        things = find(Namespace(options.namespace), notes)
        if not things:
            sys.stdout.write("Nothing is there to remove.\n")
            return
        if not options.yes:
            _confirm(things)
        notes.print("Waiting for the pods to end; they answer first what they have accepted.")
        remove(Namespace(options.namespace), things, options.timeout)
    except ClusterError as error:
        sys.exit(f"scripts/undeploy: {error}")
    sys.stdout.write("".join(f"Removed {each.words}\n" for each in things))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/undeploy", description=DESCRIPTION)
    parser.add_argument("--namespace", help="default: that of the current context")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--timeout", type=float, default=300, metavar="S", help="seconds to wait (%(default)s)"
    )
    return parser


def _confirm(things: Sequence[Thing]) -> None:
    names = "".join(f"  {each.words}\n" for each in things)
    if not sys.stdin.isatty():
        raise ClusterError(f"This would remove\n{names}Say --yes to have it removed.")
    sys.stderr.write(f"In the namespace {things[0].metadata.namespace}, this removes\n{names}")
    sys.stderr.write("Remove them? [y/N] ")
    if input().strip().lower() not in {"y", "yes"}:
        raise ClusterError("Nothing was removed.")


def find(namespace: Namespace, notes: Console) -> list[Thing]:
    """Find what deploy wrote.

    Parameters
    ----------
    namespace
        Where to look.
    notes
        Gets a line where a kind cannot be looked for.

    Returns
    -------
    list of Thing
        Without what the cluster made of others, which goes with them.

    Raises
    ------
    ClusterError
        If the cluster cannot be asked.
    """
    kinds = namespace.kubectl("api-resources", "--namespaced", "--verbs=list,delete", "-o=name")
    listed = ",".join(sorted(set(kinds.split()) - {"events", "events.events.k8s.io"}))
    text, complaints = namespace.kubectl_in_part("get", listed, SELECTOR, "--output=json")
    _explain(complaints, notes)
    return [each for each in things_of(text, Thing) if not each.metadata.owner_references]


def _explain(complaints: str, notes: Console) -> None:
    """Go on where kinds are not for this operator to read: these he cannot have made either."""
    lines = [line for line in complaints.splitlines() if not line.startswith("Warning: ")]
    matches = [FORBIDDEN.search(line) for line in lines]
    if not all(matches):
        raise ClusterError(f"kubectl failed; nothing was removed. {complaints.strip()}")
    kinds = [match["kind"] for match in matches if match]
    if SERVICE_KIND in kinds:
        raise ClusterError(f"You may not read the namespace. {lines[kinds.index(SERVICE_KIND)]}")
    if kinds:
        notes.print(f"Not looked for, because you may not read them: {', '.join(kinds)}")


def remove(namespace: Namespace, things: Sequence[Thing], seconds: float) -> None:
    """Remove objects with all that the cluster made of them, and wait until these are gone.

    Parameters
    ----------
    namespace
        Where they lie.
    things
        As `find` returns them.
    seconds
        How long to wait at the most.

    Raises
    ------
    NotInTimeError
        If something was still there then.
    ClusterError
        If the cluster cannot be asked, or refuses.
    """
    # In the foreground an object is gone only after all that was made of it, the pods at the end.
    options = ("--cascade=foreground", "--ignore-not-found", f"--timeout={max(1, round(seconds))}s")
    try:
        namespace.kubectl("delete", *options, *(each.resource for each in things))
    except ClusterError as error:
        if "timed out" not in str(error):
            raise
        raise NotInTimeError(
            f"Not all was gone after {seconds:.0f} s; the cluster goes on with it. "
            "Run this again to wait for it."
        ) from None
