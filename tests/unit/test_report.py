"""The report of a training: one page and one model card."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import msgspec
import numpy as np
import pytest
import yaml

import training.study
from function.model import sealed
from training.data import SHA256
from training.errors import DataError
from training.evaluation import Scored
from training.fitting import Wanted, fit
from training.parallel import one_thread_each
from training.recipes import RECIPES
from training.report.claims import reached
from training.report.curves import along_recall, at_thresholds, confusion, reliability
from training.report.page import CARD_FILE, PAGE_FILE, write_report
from training.report.text import number, percent, spread
from training.report.verdict import verdict
from training.study import study
from training.thresholds import Rule

SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "link", "br"}


@pytest.fixture(scope="module")
def found(sample):
    """A study of two seeds."""
    with pytest.MonkeyPatch.context() as patch, one_thread_each():
        patch.setattr(training.study, "SEEDS", range(2))
        rule, recipe = Rule("fallout", 0.005), RECIPES["signed-log"]
        _, model = fit(sample, "0" * 64, Wanted(recipe, recipe.C, rule), lambda _: None)
        return study(sample, model, rule, lambda _: None)


@pytest.fixture(scope="module")
def written(found, tmp_path_factory):
    """The texts of both files, by name."""
    paths = write_report(tmp_path_factory.mktemp("report") / "new", found)
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


@pytest.fixture(scope="module")
def page(written):
    return Page(written[PAGE_FILE])


class Page(HTMLParser):
    """A page's elements, by a parser that holds every start tag against its end tag."""

    def __init__(self, text):
        super().__init__()
        self.text, self.elements, self.open, self.tables, self.figures = text, [], [], {}, {}
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "figure":
            self.figures[attributes["id"]] = []
        if self.open.count("figure"):
            self.figures[list(self.figures)[-1]].append(tag)
        if tag == "table":
            self.rows = []
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "caption":
            self.tables[self.caption] = self.rows

    def handle_data(self, data):
        if "caption" in self.open:
            self.caption = data
        elif self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data

    def of(self, tag):
        return [attributes for each, attributes in self.elements if each == tag]

    def table(self, caption):
        return next(rows for name, rows in self.tables.items() if name.startswith(caption))


def cells(rows, label):
    return next(row[1:] for row in rows if row[0] == label)


def test_the_page_is_well_formed_and_its_ids_are_its_own(page):
    assert page.text.startswith("<!doctype html>\n<html lang=")
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    local = [each["href"][1:] for each in page.of("a") if each["href"].startswith("#")]
    assert local
    assert set(local) <= set(ids)


def test_the_headings_are_in_order(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(np.diff(levels)) <= 1


def test_the_page_loads_nothing_from_elsewhere(page):
    assert not page.of("script") + page.of("img") + page.of("iframe") + page.of("style")[1:]
    assert [each["href"] for each in page.of("link")] == ["data:,"]
    assert "@import" not in page.text
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page.text))
    addresses = set(re.findall(r"https?://[^\s\"'<]+", page.text))
    links = {each["href"] for each in page.of("a")}
    assert addresses - links == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "default-src 'none'" in page.text


def test_the_page_stays_small(written):
    assert len(written[PAGE_FILE].encode()) < 2_000_000


def test_every_figure_is_told_in_words_and_numbers(page):
    drawings = [ET.fromstring(each) for each in re.findall(r"<svg.*?</svg>", page.text, re.DOTALL)]
    assert len(drawings) == len(page.figures) >= 8
    for drawing, (name, tags) in zip(drawings, page.figures.items(), strict=True):
        title, description = drawing.find(f"{SVG}title"), drawing.find(f"{SVG}desc")
        assert drawing.get("role") == "img"
        assert drawing.get("aria-labelledby").split() == [title.get("id"), description.get("id")]
        assert title.text
        assert re.search(r"\d", description.text), name
        assert {"figcaption", "details", "summary", "table", "caption"} <= set(tags)
        assert not {"metadata", "style", "image"} & {
            each.tag[len(SVG) :] for each in drawing.iter()
        }


def test_what_a_drawing_refers_to_is_in_it(page):
    for text in re.findall(r"<svg.*?</svg>", page.text, re.DOTALL):
        used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text))
        assert used <= set(re.findall(r' id="([^"]+)"', text))


def test_tables_name_what_their_rows_and_columns_are(page):
    assert {each.get("scope") for each in page.of("th")} == {"col", "row"}
    assert all(len({len(row) for row in rows}) == 1 for rows in page.tables.values())


def test_the_pages_numbers_are_the_studys(page, found):
    time, metrics = found.chosen.time, found.chosen.time.metrics
    alerts, fraud = time.test.scores >= time.threshold, time.test.truth == 1
    assert page.table("Confusion matrix")[1:] == [
        ["honest", f"{np.sum(~fraud & ~alerts):,}", f"{np.sum(~fraud & alerts):,}"],
        ["fraud", f"{np.sum(fraud & ~alerts):,}", f"{np.sum(fraud & alerts):,}"],
    ]
    precisions = [each.metrics.precision for each in found.chosen.stratified]
    low, high = found.intervals["precision"]
    assert cells(page.table("What signed-log reaches"), "Precision") == [
        spread(precisions),
        number(metrics.precision),
        f"{number(low)} to {number(high)}",
        number(found.chosen.day.metrics.precision),
    ]
    claims = page.table("What the 2018 report claims")
    assert cells(claims, "Average precision")[1:] == [
        spread([each.test.average_precision for each in results.stratified])
        for results in found.results.values()
    ]
    for policy, row in zip(found.policies, page.table("What each policy")[1:], strict=True):
        assert policy.name in row[0]
        assert row[5:] == [percent(share) for share in policy.saved.values()]
    assert found.model.digest in page.text


def test_the_cost_rules_losses_are_what_it_does_not_save(page, found):
    *_, last = page.table("What is lost")
    without = found.chosen.time.test.sweep.amount_of_frauds
    rules = {policy.name: policy for policy in found.policies}
    expected = [(1 - rules[f"cost:{review}"].saved[review]) * without for review in (2, 5, 10)]
    assert last == ["the cost rule", *(f"€{loss:,.0f}" for loss in expected)]


def test_the_verdict_follows_the_numbers(found):
    claims = reached(found)
    sentences = " ".join(verdict(found, claims))
    low, high = found.intervals["average_precision"]
    assert f"a 95% interval from {number(low)} to {number(high)}" in sentences
    results = found.results["signed-log"]
    never = replace(claims["signed-log"], average_precision=(0.799, 0.7), keeps_all=(False, True))
    sentences = " ".join(verdict(found, {**claims, "signed-log": never}))
    assert "signed-log, reaches it in none of 2 random splits, on average 0.750" in sentences
    assert "signed-log, there is one in 1 of 2 random splits" in sentences
    assert claims["signed-log"].unique == results.without_duplicates


def test_the_cards_front_matter_is_yaml_with_the_studys_numbers(written, found):
    _, front, body = written[CARD_FILE].split("---\n", 2)
    card = yaml.safe_load(front)
    assert {"license", "library_name", "tags", "metrics", "model-index"} <= card.keys()
    assert "datasets" not in card  # a sample is not the data set
    (index,) = card["model-index"]
    results = {each["dataset"]["config"]: each for each in index["results"]}
    chosen = found.chosen
    expected = {
        "time": chosen.time.metrics.recall,
        "day": chosen.day.metrics.recall,
        "stratified": np.mean([each.metrics.recall for each in chosen.stratified]),
    }
    for config, recall in expected.items():
        metrics = {each["type"]: each["value"] for each in results[config]["metrics"]}
        assert metrics["recall"] == recall
        assert all(type(value) is float for value in metrics.values())
        assert set(metrics) == set(card["metrics"])
    assert body.startswith(f"\n# Model card for signed-log {found.model.version}\n")


def test_the_card_has_the_sections_of_a_model_card(written):
    sections = re.findall(r"^## (.+)$", written[CARD_FILE], re.MULTILINE)
    assert sections == [
        "Model details",
        "Uses",
        "Bias, risks and limitations",
        "How to get started",
        "Training details",
        "Evaluation",
        "Decision policies",
        "Caveats",
        "Environmental impact",
    ]
    tables = re.findall(r"(?:^\|.*\n)+", written[CARD_FILE], re.MULTILINE)
    assert len(tables) == 3
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_only_the_data_set_itself_is_called_so(found, written, tmp_path):
    assert "a file of the same form with another digest" in written[PAGE_FILE]
    record = msgspec.structs.replace(found.model.training, data_sha256=SHA256)
    model = sealed(msgspec.structs.replace(found.model, training=record))
    page, card = write_report(tmp_path, replace(found, model=model))
    front = yaml.safe_load(card.read_text(encoding="utf-8").split("---\n")[1])
    assert front["datasets"] == ["mlg-ulb/creditcardfraud"]
    assert "with another digest" not in page.read_text(encoding="utf-8")


def test_the_same_study_gives_the_same_bytes_in_place_of_those_of_before(found, written, tmp_path):
    (tmp_path / PAGE_FILE).write_text("the page of before")
    for path in write_report(tmp_path, found):
        assert path.read_text(encoding="utf-8") == written[path.name]
    assert {path.name for path in tmp_path.iterdir()} == {PAGE_FILE, CARD_FILE}


@pytest.mark.parametrize("obstacle", ["a file", "a folder"])
def test_nothing_half_is_left_where_the_report_cannot_be_written(obstacle, monkeypatch, tmp_path):
    monkeypatch.setattr(
        "training.report.page._rendered", lambda _: {PAGE_FILE: "all", CARD_FILE: "all"}
    )
    folder = tmp_path / "report"
    if obstacle == "a file":
        folder.write_text("in the way")
    else:
        (folder / CARD_FILE / "in the way").mkdir(parents=True)
    with pytest.raises(DataError, match=r"report cannot be written: \w"):
        write_report(folder, None)
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path != folder]
    assert all(path.read_text() == "all" and path.parent == folder for path in left)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1.00"),
        (0.82, "0.820"),
        (0.00043449, "0.000434"),
        (1234.5, "1,234"),
        (-0.5, "\N{MINUS SIGN}0.500"),
        (3.21e-9, "3.21e\N{MINUS SIGN}09"),
    ],
)
def test_numbers_have_three_significant_digits(value, text):
    assert number(value) == text


def test_a_spread_has_the_decimals_of_its_mean():
    assert spread([0.8, 0.9]) == "0.850 ± 0.071"
    assert spread([0.8]) == "0.800 ± 0"
    assert spread([0.01, 0.03], write_sign=True) == "+0.0200 ± 0.0141"


def test_a_thinned_curve_keeps_the_points_that_matter():
    truth = np.array([1, 0, 1, 0, 0, 1])
    scored = Scored(truth, np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]), np.ones(6))
    points = along_recall(scored.sweep)
    assert scored.sweep.precision[points].tolist() == pytest.approx([1, 1 / 2, 2 / 3, 2 / 5, 1 / 2])
    assert at_thresholds(scored.sweep, np.array([1.0, 0.8, 0.75, 0.4, 0.0])).tolist() == [
        0, 2, 2, 6, 6,
    ]  # fmt: skip
    assert confusion(scored, 0.7) == ((2, 1), (1, 2))


def test_bins_hold_every_transaction_once():
    truth = np.array([0, 0, 1, 1, 0, 1])
    scored = Scored(truth, np.array([0, 5e-5, 2e-4, 0.5, 0.4, 1.0]), np.ones(6))
    bins = reliability(scored)
    assert [(each.transactions, each.frauds) for each in bins] == [(2, 0), (1, 1), (3, 2)]
    assert bins[-1].score == pytest.approx(1.9 / 3)
    low, high = bins[0].interval
    assert (low, high) == pytest.approx((0, 1.96**2 / (2 + 1.96**2)))
