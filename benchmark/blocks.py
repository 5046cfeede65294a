"""Puts what a command found into a page that people write; `scaling_page` and `cold_page` call it.

The part that is the command's stands between two comments, which readers of the page do not see.
What is outside of them stays as it is.
"""

from pathlib import Path

from benchmark.errors import MachineError

BEGIN, END = "<!-- {}: begin -->", "<!-- {}: end -->"


def with_block(page: str, name: str, content: str) -> str:
    """Return a page with another content between a command's comments.

    Parameters
    ----------
    page
        Markdown.
    name
        The command's.
    content
        Markdown.

    Returns
    -------
    str
        Where the page has no such comments, they come to its end.
    """
    begin, end = BEGIN.format(name), END.format(name)
    block = f"{begin}\n\n{content.strip()}\n\n{end}"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        return f"{page.rstrip()}\n\n{block}\n".lstrip()
    return f"{before}{block}{after}"


def write_block(path: Path, name: str, content: str) -> None:
    """Write a command's part of a page.

    Parameters
    ----------
    path
        The page; it is made where it does not exist.
    name
        The command's.
    content
        Markdown.

    Raises
    ------
    MachineError
        If it cannot be read or written.
    """
    try:
        page = path.read_text() if path.exists() else ""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(with_block(page, name, content))
    except OSError as error:
        raise MachineError(f"{path} cannot be written: {error.strerror}.") from None
