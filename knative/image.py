"""The command `scripts/image`: one image of the function with one model.

The image's name follows from what is in it, so another model or other code never comes under a
name that a revision already uses.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from function.errors import ModelFileError
from function.model import read_model
from knative.commands import run, stream
from knative.errors import ClusterError, CommandError

DESCRIPTION = "Build the image of the function with one model and print its name."
PROJECT = Path(__file__).resolve().parent.parent
MODEL = Path("function/models/default.json")
"""Where the Dockerfile looks for the model, unless it is told otherwise."""

SCRATCH = PROJECT / "build"
"""Not the system's folder for such things, which a docker that came as a snap cannot read."""

REPOSITORY = "dev.local/fraud"
"""Knative does not ask a registry for names in dev.local: the image is on the node or nowhere."""

PROGRAMS = ("docker", "podman", "buildah")


@dataclass(frozen=True)
class Builder:
    """What builds the image.

    Attributes
    ----------
    program
        One of `PROGRAMS`, or minikube.
    profile
        minikube's name for the cluster; None leaves that to minikube.
    """

    program: str
    profile: str | None = None


def main(arguments: list[str] | None = None) -> None:
    """Run the command. The image's name alone goes to standard output.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With a sentence, if the model cannot be used or the image cannot be built.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.push and not options.tag:
        parser.error(f"--push needs --tag with a name in your registry; {REPOSITORY} is in none")
    try:
        name = make(options.model, options.tag, options.builder, push=options.push)
    except (ClusterError, ModelFileError) as error:
        sys.exit(f"scripts/image: {error}")
    except KeyboardInterrupt:
        sys.exit("scripts/image: stopped.")
    sys.stdout.write(f"{name}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/image", description=DESCRIPTION)
    parser.add_argument(
        "--model", type=Path, default=PROJECT / MODEL, metavar="FILE", help=f"default: {MODEL}"
    )
    parser.add_argument(
        "--tag", metavar="IMAGE", help=f"default: {REPOSITORY}:VERSION-DIGEST, from the content"
    )
    parser.add_argument(
        "--builder",
        choices=("minikube", *PROGRAMS),
        help="default: minikube where kubectl's context is one of its, else the first installed",
    )
    parser.add_argument("--push", action="store_true", help="push the image to its registry, too")
    return parser


def make(
    model: Path, tag: str | None = None, builder: str | None = None, *, push: bool = False
) -> str:
    """Build the image and push it, if that is wanted.

    Parameters
    ----------
    model
        A model file, anywhere.
    tag
        The image's name; None takes the one that follows from the content.
    builder
        minikube or one of `PROGRAMS`; None chooses one.
    push
        Whether to push the image to the registry that its name begins with.

    Returns
    -------
    str
        The image's name.

    Raises
    ------
    ModelFileError
        If the model cannot be used.
    ClusterError
        If there is no builder, or if it failed.
    """
    version = read_model(model).version
    chosen = choose_builder(builder)
    if push and chosen.program == "minikube":
        # It says nothing and ends well where a push failed.
        raise ClusterError("minikube cannot be trusted to push: choose another --builder.")
    SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="image-", dir=SCRATCH) as folder:
        stage(model, Path(folder))
        own = f"{REPOSITORY}:{version}-{digest(Path(folder))[:7]}"
        _build(chosen, Path(folder), own, tag or own)
    if push:
        stream(chosen.program, "push", tag or own)
    return tag or own


def choose_builder(program: str | None = None) -> Builder:
    """Choose what builds the image.

    Parameters
    ----------
    program
        What the operator named; None where that is left to us.

    Returns
    -------
    Builder
        minikube where kubectl speaks to one of its clusters, because the image has to be there;
        otherwise the first of `PROGRAMS` that is installed.

    Raises
    ------
    ClusterError
        If there is none.
    """
    if program in PROGRAMS:
        return Builder(program)
    profile = _current_profile()
    if profile or program:
        return Builder("minikube", profile)
    for each in PROGRAMS:
        if shutil.which(each):
            return Builder(each)
    raise ClusterError(
        f"There is nothing to build an image with: install one of {', '.join(PROGRAMS)}, "
        "or make a minikube cluster with scripts/cluster."
    )


def _current_profile() -> str | None:
    try:
        context = run("kubectl", "config", "current-context").strip()
        listed = json.loads(run("minikube", "profile", "list", "--light", "--output", "json"))
    except (CommandError, json.JSONDecodeError):
        return None  # neither program has to be there
    names = [profile["Name"] for profile in listed.get("valid", [])]
    return context if context in names else None


def stage(model: Path, folder: Path) -> None:
    """Lay out all that the image is made of, and nothing else.

    The builder gets this folder rather than the project. The builders differ in how they read
    .dockerignore (minikube's leaves out the Dockerfile, and models in folders of build/) and in
    how they are given a build argument (with minikube it depends on the cluster's container
    runtime). Here the model lies where the Dockerfile looks by itself, and all of that is moot.

    Parameters
    ----------
    model
        The model file, anywhere.
    folder
        An empty folder.

    Raises
    ------
    ClusterError
        If something cannot be copied.
    """
    try:
        (folder / "requirements").mkdir()
        for file in ("Dockerfile", "requirements/function.txt"):
            shutil.copyfile(PROJECT / file, folder / file)
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / "function", folder / "function", ignore=ignore)
        shutil.copyfile(model, folder / MODEL)
        for path in folder.rglob("*"):
            # The function runs as a user who owns none of this, whatever the umask here is.
            path.chmod(0o755 if path.is_dir() else 0o644)
    except OSError as error:
        raise ClusterError(f"What the image is made of cannot be copied: {error}.") from None


def digest(folder: Path) -> str:
    """Return one digest over the names and the contents of all files in a folder.

    Parameters
    ----------
    folder
        As `stage` lays it out.

    Returns
    -------
    str
        SHA-256, in hexadecimal.
    """
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    lines = [f"{hashlib.sha256(files[n].read_bytes()).hexdigest()}  {n}\n" for n in sorted(files)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _build(builder: Builder, folder: Path, own: str, name: str) -> None:
    if builder.program != "minikube":
        stream(builder.program, "build", "--tag", name, str(folder))
        return
    profile = ("--profile", builder.profile) if builder.profile else ()
    stream("minikube", "image", "build", *profile, "--tag", own, str(folder))
    # minikube ends well where the build failed or no node runs, so the node is asked. Under the
    # image's own name it can hold only this content; under another it may hold an earlier image.
    if own not in run("minikube", "image", "ls", *profile).split():
        raise CommandError("minikube did not build the image; its own words are above.")
    if name != own:
        stream("minikube", "image", "tag", *profile, own, name)
