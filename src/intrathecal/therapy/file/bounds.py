"""Bounds outside which a value is a slip of the key.

They judge typing, not therapy: wide enough for the smallest child with a baclofen pump and the tallest and heaviest
adult; a value inside them may still be wrong for the patient, which is for review to say. They are chosen by this
project, far beyond what anybody is given, and rest on no source.
"""

from __future__ import annotations

from decimal import Decimal

from intrathecal.therapy.clauses import LONGEST_DAYS

HEIGHT = ("60 cm", "250 cm")
WEIGHT = ("8 kg", "350 kg")
AGE_YEARS = (1, 120)
PAIN = (0, 10)
EGFR_ML_PER_MIN = (0, 300)
#: The first implanted pumps are of the early 1980s.
YEARS = (1980, 2200)
SIMULATED_DAYS = (Decimal("0.001"), LONGEST_DAYS)
#: "day n" up to a hundred years, so that it is a date.
LAST_DAY = 36500
#: A drive further off than this delivers nothing that one could call a dose.
DRIVE_ERROR_PERCENT = 90
OVER_INFUSION_FACTOR = 100
#: From the refill appointment to the low-reservoir date.
LEAD = ("0 s", "1 year")
#: Anything that lasts (an infusion, a fault): as long as the longest run.
LONGEST = f"{LONGEST_DAYS} days"
#: A hundred grams of oral morphine a day.
MOST_ORAL_OPIOID = "100000 mg/day"
#: What one dose event may give, and in how much fluid: by mouth or vein, and into the fluid or the epidural space.
LARGEST_DOSE = {"oral": "100 g", "intravenous": "100 g", "epidural": "10 g", "intrathecal": "10 g"}
LARGEST_DOSE_VOLUME = {"oral": "10 L", "intravenous": "10 L", "epidural": "1 L", "intrathecal": "1 L"}
#: A gram in every millilitre is no solution.
STRONGEST = "1000 mg/mL"
#: What a bridge or a leaking valve may run at.
FASTEST_FLOW = "10000 mL/day"
LONGEST_SCAN = ("1 s", "1 day")
PRESSES_PER_DAY = 1440
SEED = 2**63 - 1
