"""The rules, in the order in which they are asked."""

from __future__ import annotations

from intrathecal.programmer.review.rule import Rule
from intrathecal.programmer.review.rules.battery import BATTERY
from intrathecal.programmer.review.rules.bridge import BRIDGE
from intrathecal.programmer.review.rules.dates import DATES
from intrathecal.programmer.review.rules.drugs import DRUG_RULES
from intrathecal.programmer.review.rules.flow import FLOW
from intrathecal.programmer.review.rules.handset import HANDSET
from intrathecal.programmer.review.rules.label import LABEL
from intrathecal.programmer.review.rules.priming import PRIMING
from intrathecal.programmer.review.rules.schedule import SCHEDULE

#: About the pump: its flow, schedule, handset, bridge, label, line, dates and battery.
DEVICE_RULES: tuple[Rule, ...] = (*FLOW, *SCHEDULE, *HANDSET, *BRIDGE, *LABEL, *PRIMING, *DATES, *BATTERY)
RULES: tuple[Rule, ...] = (*DEVICE_RULES, *DRUG_RULES)
