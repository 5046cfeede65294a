"""Draws with matplotlib into SVG that stands within a page; the modules plots_* call it."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from training.report.curves import LOWEST_THRESHOLD
from training.report.tables import Table
from training.report.text import SMALLEST_WRITTEN_OUT

WIDTH_IN = 4.4
"""Narrow, so that on a phone, where the drawing fills the width, its text can still be read."""

# The colours of Okabe and Ito, which the colour-blind tell apart, two of them darkened until they
# are seen well on white.
BLUE, ORANGE, GREEN, PURPLE, BLACK = "#0072b2", "#d55e00", "#00795a", "#a8558a", "#222222"
SOFT = "#8a8a8a"
STYLES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (PURPLE, ":"))
"""Colours and the line styles that go with them."""

_SETTINGS: dict[Any, Any] = {
    "axes.edgecolor": SOFT,
    "axes.grid": True,
    "axes.labelcolor": BLACK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
    # Not an embedded font: text stays small, selectable and readable aloud. Layout is computed
    # with the one that matplotlib brings along, which is wider than what stands in for it.
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "grid.color": "#e2e2e2",
    "grid.linewidth": 0.6,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "path.simplify": True,
    "path.simplify_threshold": 0.2,
    "svg.fonttype": "none",
    "text.color": BLACK,
    "xtick.color": BLACK,
    "ytick.color": BLACK,
}
# All that would make two drawings of the same differ, or lead out of the page.
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


@dataclass(frozen=True)
class Plot:
    """A figure with what is said about it.

    Attributes
    ----------
    name
        A word for links and ids, unlike that of any other figure.
    title
        What it is.
    caption
        How to read it.
    description
        What it shows, in words and numbers, for those who do not see it.
    numbers
        What is drawn.
    svg
        The drawing.
    """

    name: str
    title: str
    caption: str
    description: str
    numbers: Table
    svg: Markup


def drawn(
    words: tuple[str, str, str, str],
    numbers: Table,
    paint: Callable[[Figure], None],
    height_in: float = 3.4,
) -> Plot:
    """Draw a figure.

    Parameters
    ----------
    words
        Name, title, caption and description of the `Plot`.
    numbers
        What is drawn.
    paint
        Called with an empty figure.
    height_in
        In inches; all are `WIDTH_IN` wide.

    Returns
    -------
    Plot
        The same bytes for the same words and paint.
    """
    name, title, caption, description = words
    file = io.StringIO()
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        paint(figure)
        figure.savefig(file, format="svg", transparent=True, metadata=_NO_METADATA)
    svg = _inlined(file.getvalue(), name, title, description)
    return Plot(name, title, caption, description, numbers, svg)


def _inlined(document: str, name: str, title: str, description: str) -> Markup:
    """Take from an SVG document what would disturb a page, and add what is read aloud."""
    body = document[document.index("<svg") :]
    box = re.search(r'viewBox="[^"]*"', body)
    assert box is not None  # noqa: S101  matplotlib writes it
    body = body[body.index(">") + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"\s*\n\s*", " ", _with_own_ids(body, name))
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {} '
        'role="img" aria-labelledby="{}-title {}-desc">'
        '<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>'
    ).format(Markup(box[0]), name, name, name, title, name, description)  # noqa: S704  its own
    return head + Markup(body)  # noqa: S704  matplotlib has escaped its texts


def _with_own_ids(body: str, name: str) -> str:
    """Keep the ids that something refers to, and put the figure's name before each."""
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', body))
    body = re.sub(
        r' id="([^"]*)"',
        lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "",
        body,
    )
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{escape(name)}-", body)


def logarithmic(axes: Axes, which: str, low: float, high: float) -> None:
    """Make an axis logarithmic with plain numbers on it.

    Parameters
    ----------
    axes
        Where.
    which
        "x" or "y".
    low, high
        Its ends, above 0.
    """
    axes.set(**{f"{which}scale": "log", f"{which}lim": (low, high)})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: _plain(value)))
    axis.set_minor_formatter(NullFormatter())


def _plain(value: float) -> str:
    """Write a power of ten, without an exponent as long as that can be read."""
    if value >= 1:
        return f"{value:,.0f}"
    return f"{value:.6f}".rstrip("0") if value >= SMALLEST_WRITTEN_OUT else f"{value:g}"


def legend_above(figure: Figure, axes: Axes, columns: int = 2) -> None:
    """Put the legend over the axes, where it hides no line.

    Parameters
    ----------
    figure
        The whole.
    axes
        Whose lines it names.
    columns
        How many entries stand beside one another.
    """
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=columns)


def over_thresholds(axes: Axes) -> None:
    """Make the horizontal axis that of thresholds.

    Parameters
    ----------
    axes
        Where.
    """
    logarithmic(axes, "x", LOWEST_THRESHOLD, 1)
    axes.set_xlabel("threshold")
