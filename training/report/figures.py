"""The figures of the page; `page` calls it."""

from training.report.plots_costs import costs
from training.report.plots_curves import precision_recall, thresholds
from training.report.plots_model import contributions, drift, recipes
from training.report.plots_scores import calibration, confusion_matrix
from training.report.svg import Plot
from training.study import Study

FIGURES = (
    recipes,
    precision_recall,
    thresholds,
    confusion_matrix,
    calibration,
    costs,
    contributions,
    drift,
)
"""A further figure is one function in a module plots_* and one line here."""


def figures(study: Study) -> dict[str, Plot]:
    """Draw all figures.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    dict of Plot
        By name, in the order of the page; the same bytes for the same study.
    """
    plots = [draw(study) for draw in FIGURES]
    return {plot.name: plot for plot in plots}
