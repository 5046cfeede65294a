"""Writes the report and the model card; `train` calls it where a report is asked for."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from training.data import SHA256
from training.files import write_whole
from training.report.card import card_values
from training.report.claims import reached
from training.report.figures import figures
from training.report.tables import Table, claims_table, metrics_table, policies_table
from training.report.text import count, number, percent, yaml_string
from training.report.verdict import verdict
from training.study import Study

PAGE_FILE = "report.html"
CARD_FILE = "model-card.md"
TEMPLATES = Path(__file__).parent / "templates"

DATA_LINK = "https://www.kaggle.com/datasets/mlg-ulb/creditcardfraud"
LICENCE_LINK = "https://opendatacommons.org/licenses/dbcl/1-0/"


def write_report(folder: Path, study: Study) -> list[Path]:
    """Write the page and the card, each whole or not at all.

    Parameters
    ----------
    folder
        Made where it does not exist.
    study
        What they tell.

    Returns
    -------
    list of Path
        The page and the card; the same bytes for the same study.

    Raises
    ------
    DataError
        If the folder cannot be written.
    """
    # Both are made before the first is written, so that what goes wrong leaves none alone.
    contents = {name: text.encode() for name, text in _rendered(study).items()}
    return write_whole(folder, contents)


def _rendered(study: Study) -> dict[str, str]:
    """Return the text of both files, by their names."""
    shared = _shared_values(study)
    environment = _environment()
    page = environment.get_template("report.html.j2").render(shared, plots=figures(study))
    card = environment.get_template("model-card.md.j2").render(shared, **card_values(study))
    return {PAGE_FILE: page, CARD_FILE: card}


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters = {"count": count, "number": number, "percent": percent, "yaml": yaml_string}
    environment.filters.update(filters)
    return environment


def _shared_values(study: Study) -> dict[str, object]:
    found = reached(study)
    known = study.model.training.data_sha256 == SHA256
    tables: dict[str, Table] = {
        "claims": claims_table(study, found),
        "metrics": metrics_table(study),
        "policies": policies_table(study.policies),
    }
    return {
        **tables,
        "model": study.model,
        "training": study.model.training,
        "summary": study.chosen.recipe.summary,
        "recipes": {name: each.recipe.summary for name, each in study.results.items()},
        "seeds": len(study.chosen.stratified),
        "verdict": verdict(study, found),
        "known": known,
        "data_name": "the ULB credit card data" if known else "a file of the ULB data's form",
        "data_link": DATA_LINK,
        "licence_link": LICENCE_LINK,
    }
