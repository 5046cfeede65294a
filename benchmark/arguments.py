"""What the command lines of several measurements have in common; `options` and they call it."""

import argparse
from pathlib import Path


def positive(text: str) -> int:
    """Read a whole number from 1 on.

    Parameters
    ----------
    text
        As typed.

    Returns
    -------
    int

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number from 1 on')
    return int(text)


def named(text: str) -> tuple[str, str]:
    """Read a name and what it stands for.

    Parameters
    ----------
    text
        NAME=VALUE.

    Returns
    -------
    name, value : str
        Neither is empty.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is not of that form.
    """
    name, _, value = text.partition("=")
    if not name or not value:
        raise argparse.ArgumentTypeError(f'"{text}" is not NAME=VALUE')
    return name, value


def add_outputs(parser: argparse.ArgumentParser, page: Path, says: str) -> None:
    """Add the options that name the files to write.

    Parameters
    ----------
    parser
        It gets --json and --docs.
    page
        Where a page goes if the command line does not say.
    says
        What is written into the page, for the help.
    """
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement to it")
    parser.add_argument("--docs", type=Path, nargs="?", const=page, metavar="FILE", help=says)
