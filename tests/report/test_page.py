"""The page says what the run says, and nothing that stands in a therapy file can act in it."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.report.support import HOSTILE, demo, needle, pumped

from intrathecal.report import pictures, report, write_report
from intrathecal.report.page import LIBRARY, script_safe
from intrathecal.report.wording import dose, number
from intrathecal.simulation.api import Run

VENDORED = Path(__file__).parents[2] / "src" / "intrathecal" / "report" / "vendored"


class Reader(HTMLParser):
    """The texts, the elements with their attributes, and the headings of a page, without its scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.inside = tag
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """What follows a script is text again."""
        self.inside = ""

    def handle_data(self, data: str) -> None:
        """Note a text that is read."""
        if self.inside not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All that is read, on one line."""
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def run() -> Run:
    """Six days."""
    return pumped()


@pytest.fixture(scope="module")
def html(run: Run) -> str:
    """Their report."""
    return report(run)


def test_headline_figures_are_those_of_the_run(run: Run, html: str) -> None:
    """Relief, breathing, doses, refill and presses as JSON has them."""
    text, figures = Reader(html).text, run.figures
    relief = figures["relief"]
    assert f"{number(relief['relief_percent'], 2)} %" in text
    assert f"Pain 7.6 before, {number(relief['pain_mean'], 2)} of 10 on average over the whole run" in text
    assert f"{relief['breathing_fraction_min']:.0%} of normal".replace("%", " %") in text
    last = figures["daily"][-1]["doses"]["morphine"]
    drug = run.finished.case.therapy.drugs[0].drug
    assert f"{dose(drug, last['delivered_ug'])} Reached the tip" in text
    assert f"the program asked for {dose(drug, last['asked_ug'])}" in text
    assert f"{figures['pump']['presses_given']} given, {len(figures['pump']['presses_refused'])} refused" in text
    assert "The reservoir is low on" in text


def test_the_moment_of_the_least_breathing_is_told_where_it_was_sampled() -> None:
    """A dose by needle acts most hours after it: seen with a sample every 15 minutes, and not with one a day."""
    often, rarely = (Reader(report(needle(every_ms=every))).text for every in (900_000, 86_400_000))
    assert "The least that the patient breathed, on day 0" in often
    assert "The least that the patient breathed, between two samples, at" in rarely


def test_a_leak_is_told_first(run: Run, html: str) -> None:
    """From the leak on 60 % of the dose arrives; the days of it are named, in the section that is read first."""
    short = Reader(html[: html.index('id="events"')]).text
    assert re.search(r"\d+ Mar 2026 10:30 to 8 Mar 2026 10:30: 6\d % of the morphine and bupivacaine", short)


def test_the_ledger_is_whole(run: Run, html: str) -> None:
    """Every part of the ledger that is not zero stands in its table, to seven digits."""
    text = Reader(html).text
    for row in run.figures["ledger"].values():
        for key, amount in row.items():
            if key.endswith("_ug") and amount > 0:
                assert number(amount, 7) in text, key


def test_every_source_and_every_unverified_value_is_named(run: Run, html: str) -> None:
    """As `intrathecal cite` has them, the assumptions too."""
    text = Reader(html).text
    for value in run.figures["unverified"]:
        assert value in text
    for sentence in run.figures["assumptions"]:
        assert " ".join(sentence.split()) in text
    assert "doi.org" in text


def test_it_is_said_once_that_it_is_no_medical_device(html: str) -> None:
    """In one sentence, before any figure."""
    text = Reader(html).text
    assert text.count("medical device") == 1
    assert text.index("medical device") < text.index("In short")


def test_the_page_needs_nothing_else(html: str) -> None:
    """No address is loaded, no handler stands in an attribute, and a policy forbids both."""
    for tag, attributes in Reader(html).elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form")
        assert not {"src", "srcset", "action", "background"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "default-src 'none'" in html
    assert "@import" not in html
    assert "url(" not in html[html.index("<style>") : html.index("</style>")]


def test_a_hostile_title_stays_text() -> None:
    """Nothing of it becomes an element or ends a script, in the report and in a picture of a notebook."""
    run = pumped(title=HOSTILE)
    pages = [report(run), pictures(run)["pain"].html, pictures(run)["spine"].html]
    for page in pages:
        assert HOSTILE not in page
        read = Reader(page)
        assert not any(tag == "img" for tag, _ in read.elements)
        assert sum(tag == "script" for tag, _ in read.elements) <= 3
        assert HOSTILE in "".join(read.texts)
    assert "<script>document" not in pictures(run)["pain"]._repr_html_()


def test_json_in_a_script_cannot_end_it() -> None:
    """And it is the same value when it is read."""
    value = {"title": HOSTILE + "<!-- & \u2028"}
    text = script_safe(value)
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == value


def test_ninety_days_are_less_than_two_megabytes(tmp_path: Path) -> None:
    """The demonstration, and a comparison of it with itself is below three."""
    run = demo()
    write_report(run, tmp_path / "one.html")
    assert (tmp_path / "one.html").stat().st_size < 2e6
    write_report(run, tmp_path / "two.html", run)
    assert (tmp_path / "two.html").stat().st_size < 3e6


def test_two_therapies_stand_beside_each_other(run: Run) -> None:
    """Figures of both in one table, and both titles."""
    other = pumped(title="More of it", program="3.6 mg/day")
    text = Reader(report(run, other)).text
    assert "The two therapies beside each other" in text
    assert "B: More of it" in text
    for shown in (run, other):
        assert number(shown.figures["relief"]["relief_percent"]) in text


def test_an_experiment_without_pump_or_date_has_a_report() -> None:
    """Hours in place of dates, and no section invents a pump."""
    text = Reader(report(needle())).text
    assert "day 0, 00:00 h to day 1, 00:00 h" in text
    assert "There is no pump" in text
    assert "Next refill" not in text


def test_nothing_is_left_of_a_report_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    """The old file stays until the new one is whole."""
    target = tmp_path / "report.html"
    target.mkdir()
    with pytest.raises(FileNotFoundError):
        write_report(run, target / "missing" / "report.html")
    assert list(tmp_path.iterdir()) == [target]


def test_progress_is_told_while_a_report_is_written(run: Run, tmp_path: Path) -> None:
    """It rises to the end."""
    told: list[float] = []
    write_report(run, tmp_path / "report.html", progress=told.append)
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] <= 1


def test_the_vendored_library_is_the_one_that_is_recorded() -> None:
    """Its digest stands in the table beside it, its licence and notice too, and every report names it."""
    digest = hashlib.sha256((VENDORED / LIBRARY).read_bytes()).hexdigest()
    assert digest in (VENDORED / "README.md").read_text(encoding="utf-8")
    for name in ("echarts-LICENSE", "echarts-NOTICE", "echarts-LICENSE-d3"):
        assert (VENDORED / name).stat().st_size > 100
    assert "Apache ECharts" in Reader(report(needle())).text
