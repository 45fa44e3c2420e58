"""Take the README's picture from the report of the demonstration: headline figures, and the spine just after a bolus."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import intrathecal
from intrathecal.report import write_report
from intrathecal.report.samples import samples

HERE = Path(__file__).parent
#: The sixth morning, twenty minutes after the bolus of 07:00 began.
MOMENT_MS = (5 * 24 + 21) * 3_600_000 - 10 * 60_000
STYLE = """
nav, #events, #delivery, #drug > h2, .time, .tools, .how, #drug figure:not(#spine), .remarks { display: none !important }
svg.spine { height: 690px !important }
h2 { margin-top: 1.4rem !important }
"""


def main() -> int:
    """Write ``failed-back.png`` beside this file."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.stderr.write("There is no Chromium on this machine (apt-get install chromium).\n")
        return 2
    therapy = intrathecal.load_therapy(HERE.parents[1] / "examples" / "failed-back.toml")
    run = intrathecal.simulate(therapy, profiles=())
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder) / "report.html"
        write_report(run, report)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(report.as_uri())
        page.wait_for_selector("html[data-ready=yes]", state="attached")
        index = int(samples(run).times_ms.searchsorted(MOMENT_MS))
        move = "(slider, index) => { slider.value = index; slider.dispatchEvent(new Event('input')); }"
        page.locator("#time-slider").evaluate(move, index)
        page.add_style_tag(content=STYLE)
        box = page.locator("#spine").bounding_box()
        height = box["y"] + box["height"] if box else 1000
        page.screenshot(
            path=HERE / "failed-back.png", clip={"x": 0, "y": 0, "width": 1280, "height": height}, full_page=True
        )
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
