"""Broken therapy files, and the line, cause and remedy that each one gets.

Each is the example file with one thing changed; the line is that of the change.
"""

from pathlib import Path

import pytest

from intrathecal.therapy import TherapyError, parse_therapy

EXAMPLE = (Path(__file__).parents[2] / "examples/failed-back.toml").read_text(encoding="utf-8")
BOTH = '{ morphine = "20 mg/mL", bupivacaine = "30 mg/mL" }'
AT = "at = 2026-03-02T10:30:00"

TEXT = [
    ("height =", "hieght =", 4, 'unknown key "hieght" in [patient]; did you mean "height"'),
    ("[patient]", "[patent]", 3, 'unknown key "patent" in the file; did you mean "patient"'),
    ('"172 cm"', "172 cm", 4, '172 cm is not in quotes; write height = "172 cm"'),
    ('"172 cm"', "\N{LEFT DOUBLE QUOTATION MARK}172 cm\N{RIGHT DOUBLE QUOTATION MARK}", 4, "typographic quotes"),
    ('"female"', "female", 7, 'female is not in quotes; write sex = "female"'),
    ("age = 58", "age = 58\nage = 59", 7, '"age = 59" says again what was said before; keep one of them'),
    ("age = 58", "age =", 6, 'age has no value; write age = "..." on one line'),
    ("age = 58", "age", 6, '"age" is not TOML'),
    ("age = 58", "sedatives = True", 6, "True is not true or false; write sedatives = true"),
    ("pain = 7.6", "pain = .5", 9, '".5" has no leading zero; write 0.5'),
    ("pain = 7.6", "pain = 7,6", 9, '"7,6" has a comma; write 7.6 for a decimal'),
    ("pain = 7.6", f"pain = {'9' * 9000}", 9, "a number has thousands of digits"),
    ('per 24 h\n"""', "per 24 h\n", 37, 'the text that begins here is never closed; close it with """'),
    ("[patient]", "[[patient]]", 3, "patient: it stands more than once; write patient once, with single brackets"),
    ("[[drug]]\nname", "[drug]\nname", 26, '"[drug]" says again what was said before; keep one of them; [[drug]] and'),
    (
        'bridge = "auto" }',
        'bridge = "auto",',
        47,
        "a table in braces goes over several lines; write { ... } on one line",
    ),
    ("title = ", "title = 5 # ", 1, 'title: it is the number 5, not a text; write it in quotes: title = "..."'),
    ("title = ", 'title = "" # ', 1, "title: the text is empty"),
]
PATIENT = [
    ('"172 cm"', '"172 cn"', 4, 'height: "cn" is not a unit; write cm, for example "31 cm"'),
    ('"172 cm"', '"172"', 4, 'height: "172" has no unit; write for example "31 cm"'),
    ('"172 cm"', '"172 kg"', 4, 'height: "172 kg" is not a length'),
    ('"172 cm"', '"tall"', 4, 'height: "tall" does not begin with a number'),
    ('"172 cm"', '"1,72 m"', 4, 'height: "1,72" has a comma; write 1.72'),
    ('"172 cm"', '"1e999999999 cm"', 4, "has an exponent; write all its digits"),
    ('"172 cm"', f'"{"1" * 500} cm"', 4, "is too long for a number"),
    ('"172 cm"', "172", 4, 'height: 172 has no unit; write the number with its unit in quotes, for example height = "'),
    ('"172 cm"', "true", 4, "height: it is true, not a number with a unit"),
    ('"172 cm"', '"3 m"', 4, 'height: 3 m is not plausible; write a value from "60 cm" to "250 cm"'),
    ('"172 cm"', '"-172 cm"', 4, "height: -172 cm is not plausible"),
    ('"78 kg"', '"5 kg"', 5, 'weight: 5 kg is not plausible; write a value from "8 kg" to "350 kg"'),
    ('"78 kg"', '"78000 mg/day"', 5, 'weight: "78000 mg/day" is not a body mass'),
    (
        "age = 58",
        'age = "58"',
        6,
        'age: it is the text "58", not a number; write a number from 1 to 120, without quotes',
    ),
    ("age = 58", "age = 0", 6, "age: 0 is not possible; write a number from 1 to 120"),
    ("age = 58", "age = false", 6, "age: it is false, not a number"),
    ('"female"', '"woman"', 7, 'sex: "woman" is not a sex; known are female, male'),
    ('"neuropathic"', '"neuropatic"', 8, 'indication: "neuropatic" is not an indication; did you mean "neuropathic"?'),
    ("pain = 7.6", "pain = 76", 9, "pain: 76 is not possible; write a number from 0 to 10"),
    ("pain = 7.6", "pain = -1", 9, "pain: -1 is not possible"),
    ("pain = 7.6", "pain = nan", 9, "pain: NaN is not a number"),
    ("pain = 7.6", "pain = -inf", 9, "pain: -Infinity is not a number"),
    ("pain = 7.6", "pain = 1e999999", 9, '"1e999999" has an exponent; write all its digits'),
    ("pain = 7.6", "pain = 1e99999999999999999999", 9, '"1e99999999999999999999" has an exponent; write all its'),
    ("pain = 7.6", "pain = 1e-300", 9, '"1e-300" has an exponent; write all its digits'),
    ("pain = 7.6", "pain = 0.0000000000001", 9, "pain: 0.0000000000001 is too small to mean anything"),
    ("pain = 7.6", "pain = 9999999999999", 9, "pain: a number of more than twelve digits is not possible"),
    ("pain = 7.6", f"pain = 0x{'f' * 9000}", 9, "is too long for a number; write at most nine digits"),
    ('"240 mg/day"', '"240 mg"', 10, 'oral_opioid: "240 mg" is not a mass rate; write for example "2.4 mg/day"'),
    ('"240 mg/day"', '"-1 mg/day"', 10, "oral_opioid: -1 mg/day is negative; write zero or more"),
    ('"240 mg/day"', '"100001 mg/day"', 10, 'beyond anything conceivable; write at most "100000 mg/day"'),
    ("age = 58", 'sleep_apnoea = "yes"', 6, 'sleep_apnoea: it is the text "yes"; write true or false, without quotes'),
    ("age = 58", 'egfr = "90 mL"', 6, 'egfr: "90 mL" is not a flow'),
    ("age = 58", "egfr = 900", 6, "egfr: 900 is not possible; write a number from 0 to 300"),
    ("age = 58", 'allergies = "latex"', 6, 'allergies: it is the text "latex", not a list; write allergies = [...]'),
    ("age = 58", 'allergies = ["latex", 3]', 6, "allergies, item 2: it is the number 3, not a text"),
]
DEVICES = [
    ('"synchromed-ii-20"', '"synchromed-ii"', 13, 'unknown pump "synchromed-ii"; did you mean "synchromed-ii-'),
    ('model = "synchromed-ii-20"', "", 12, '[pump] has no "model"; write for example model = "synchromed-ii-20"'),
    ("implanted = 2026-03-02", "implanted = 2026-03-03", 14, "2026-03-03 is after the first fill (2026-03-02)"),
    ("implanted = 2026-03-02", "implanted = 2026-02-30", 14, "2026-02-30 does not exist; write a date of the calendar"),
    ("implanted = 2026-03-02", 'implanted = "2026-02-30"', 14, "implanted: 2026-02-30 does not exist"),
    ("implanted = 2026-03-02", f"implanted = {AT[5:]}", 14, "implanted: it is a date and time, not a date"),
    ("implanted = 2026-03-02", "implanted = 0206-03-02", 14, "the year 206 is not plausible"),
    ('"+01:00"', '"+1:00"', 15, '"+1:00" is not an offset; write sign, hours and minutes, such as "+01:00"'),
    ('"+01:00"', '"+15:00"', 15, '+15:00 is the offset of no place; write an offset from "-12:00" to "+14:00"'),
    ('"+01:00"', '"+01:00"\ndrive_error = 2', 16, "drive_error: 2 has no unit"),
    (
        '"+01:00"',
        '"+01:00"\ndrive_error = "200 %"',
        16,
        "drive_error: 200 % is not plausible; write a percentage up to",
    ),
    ('"ascenda-8781"', '"ascenda-8782"', 18, 'unknown catheter "ascenda-8782"; did you mean "ascenda-8781"'),
    ('"31 cm"', '"140 cm"', 19, "removed: the whole ascenda-8781 is 140 cm long; write less than that"),
    ('"31 cm"', '"-1 cm"', 19, "removed: -1 cm is negative; write zero or more"),
    (
        '"31 cm"',
        '["31 cm"]',
        19,
        "removed: 1 lengths for 2 segments; write one for each segment of ascenda-8781: pump 76 cm",
    ),
    ('"31 cm"', '["3 cm", "65 cm"]', 19, "removed, item 2: the spinal segment is 64 cm long; write at most that"),
    ('"31 cm"', '[\n"76 cm",\n"64 cm"]', 19, "removed: nothing is left of the catheter"),
    ('"31 cm"', '[\n"3 cm",\n"3"]', 21, 'removed, item 2: "3" has no unit'),
    ('tip = "T10"', "", 17, '[catheter] has no "tip"; write for example tip = "T10"'),
    ('tip = "T10"', 'tip = "S3"', 20, 'tip: "S3" is a level outside the canal; write a level from C1 to S2'),
    ('tip = "T10"', 'tip = "T13"', 20, 'tip: "T13" is a level outside the canal'),
    (
        'tip = "T10"',
        'tip = "T10"\nspace = "epidural"',
        21,
        "space: ascenda-8781 is an intrathecal catheter; write space",
    ),
    ('tip = "T10"', 'tip = "T10"\nspace = "spinal"', 21, 'space: "spinal" is not a space'),
    (
        "[catheter]",
        "[pump.custom]\nx = 1\n[catheter]",
        17,
        "custom: model is synchromed-ii-20, so that nothing uses it",
    ),
    ("[[drug]]", "[catheter.custom]\nx = 1\n[[drug]]", 22, "custom: model is ascenda-8781, so that nothing uses it"),
    ("[catheter]", "[pump.extra]\nx = 1\n[catheter]", 17, 'unknown key "extra" in [pump]'),
]
DRUGS = [
    ('name = "morphine"', 'name = "morfine"', 23, 'unknown drug "morfine"; did you mean "morphine"?'),
    ('name = "morphine"', 'nome = "morphine"', 23, 'unknown key "nome" in [[drug]]; did you mean "name"?'),
    ('name = "bupivacaine"', 'name = "morphine"', 27, "name: morphine stands twice; write each drug once"),
    ('"10 mg/mL"', '"10 mg"', 24, 'concentration: "10 mg" is not a concentration; write for example "10 mg/mL"'),
    ('"10 mg/mL"', '"10 mg/mm"', 24, 'concentration: "10 mg/mm" is not a concentration'),
    ('"10 mg/mL"', '"10 mg/mLL"', 24, 'concentration: "mg/mLL" is not a unit; write mg/mL or'),
    ('"10 mg/mL"', f'"{"9" * 30} mg/mL"', 24, "has too many digits"),
    ('"10 mg/mL"', "10", 24, "concentration: 10 has no unit"),
    ('"10 mg/mL"', '"-10 mg/mL"', 24, "concentration: -10 mg/mL is negative"),
    ('"10 mg/mL"', '"0 mg/mL"', 22, "the primary drug, morphine, is not in the first fill"),
    (
        '"10 mg/mL"',
        '"10 g/mL"',
        24,
        "morphine at 10 g/mL is above what can be sold or dissolved (50 mg/mL); check the number",
    ),
    ('concentration = "15 mg/mL"', "", 26, "bupivacaine has no concentration, and a pump needs one"),
]
FILL = [
    (
        'volume = "20 mL"\nat',
        'volume = "21 mL"\nat',
        31,
        "volume: 21 mL is more than the reservoir of synchromed-ii-20 holds",
    ),
    ('volume = "20 mL"\nat', 'volume = "0 mL"\nat', 31, "volume: 0 mL is not possible; write a value above zero"),
    ('volume = "20 mL"\nat', "at", 30, '[fill] has no "volume"'),
    (AT, "", 30, '[fill] has no "at"; write for example at = 2026-03-02T10:30:00'),
    (
        AT,
        f"{AT}+01:00",
        32,
        "has an offset; times are the pump's clock: leave the offset out, and write utc_offset in [pump]",
    ),
    (AT, 'at = "2026-03-02T10:30:00Z"', 32, "has an offset; times are the pump's clock"),
    (AT, AT[:-3], 32, "2026-03-02T10:30 has no seconds; write 2026-03-02T10:30:00"),
    (AT, "at = 2026-03-02T25:30:00", 32, "2026-03-02T25:30:00 is not a time that exists"),
    (AT, "at = 2026-02-30T10:30:00", 32, "2026-02-30T10:30:00 does not exist; write a date of the calendar"),
    (AT, 'at = "2026-02-30 10:30"', 32, "at: 2026-02-30 10:30 does not exist; write a date of the calendar and a time"),
    (AT, 'at = "2026-03-02 24:30"', 32, "at: 2026-03-02 24:30 does not exist"),
    (AT, "at = 10:30:00", 32, "at: it is a time of day, not a time"),
    (AT, 'at = "day 0"', 32, "at: day 0 counts from the first fill itself"),
    (AT, f"{AT}.1234567", 32, "has a part of a millisecond"),
    (AT, f"{AT}.1234", 32, "has a part of a millisecond"),
    ('primed = "tip"', 'primed = "yes"', 33, 'primed: "yes" is not a way to prime; known are tip, tubing, no'),
    ('primed = "tip"', "primed = true", 33, "primed: it is true, not a text"),
    ('alarm = "2 mL"', 'alarm = "2 mg"', 34, 'low_reservoir_alarm: "2 mg" is not a volume'),
    ('alarm = "2 mL"', 'alarm = "21 mL"', 34, "low_reservoir_alarm: 21 mL is more than the reservoir"),
    ('alarm = "2 mL"', 'alarm = "2 mL"\nlead = "7 cm"', 35, 'lead: "7 cm" is not a duration'),
    ('alarm = "2 mL"', 'alarm = "2 mL"\nlead = "999999 days"', 35, "lead: 999999 days is not plausible"),
    ('alarm = "2 mL"', 'alarm = "2 mL"\nlead = "-1 days"', 35, "lead: -1 days is not plausible"),
    ('alarm = "2 mL"', 'alarm = "2 mL"\nreservoir_now = "12 mL"', 35, "reservoir_now: the time of it is missing"),
    ('alarm = "2 mL"', 'alarm = "2 mL"\nnow = "day 9"', 35, "now: what the reservoir holds at that time is missing"),
    (
        'alarm = "2 mL"',
        'alarm = "2 mL"\nnow = "day 9"\nreservoir_now = "40 mL"',
        36,
        "reservoir_now: 40 mL is more than the reservoir",
    ),
    (
        'alarm = "2 mL"',
        'alarm = "2 mL"\nreservoir_now = "4 mL"\nnow = 2026-03-01T00:00:00',
        36,
        "now: 2026-03-01T00:00:00 is before the first fill (2026-03-02T10:30:00)",
    ),
    (
        'alarm = "2 mL"',
        'alarm = "2 mL"\nnext_visit = 2026-03-01',
        35,
        "next_visit: 2026-03-01 is before the first fill",
    ),
]
PROGRAM = [
    ("over 10 min at", "over 10 min on", 40, '"on" stands where "at" or "every" is needed'),
    ("0.2 mg over", "0.2 mgs over", 40, '"mgs" is not a unit of amount (ng, mcg, mg, uL, mL); did you mean mg?'),
    ("limit 4 mg", "3 mg/day\nlimit 4 mg", 42, 'two bases: "2.4 mg/day" (line 1) and "3 mg/day"; keep one'),
    ("2.4 mg/day\n22", "22", 37, "text: no base; write a line with the rate"),
    ("[program]\ntext", "[program]\nTEXT", 37, 'unknown key "TEXT" in [program]; did you mean "text"?'),
    ('"3 mg/day"', '"3 mg/dy"', 55, '"dy" is not a time of a rate (min, h, day); did you mean day?'),
    ('"3 mg/day"', '"""\n\n3 mg/day\nlimit 0 mg per 1 h"""', 58, "a limit of 0 mg is not possible"),
    ('"3 mg/day"', '"3 mg/day\\nlimit 0 mg per 1 h"', 55, "a limit of 0 mg is not possible"),
    ('"3 mg/day"', '"""3 mg/\\\n    day\nlimit 0 mg per 1 h"""', 57, "a limit of 0 mg is not possible"),
    ('"3 mg/day"', '"""3 mg/day\\n\\tstop"""', 55, 'two bases: "3 mg/day" (line 1) and "stop"'),
    ('"3 mg/day"', "'''\n3 mg/day\nstop'''", 57, 'two bases: "3 mg/day" (line 1) and "stop"'),
    ('"3 mg/day"', "3", 55, "program: it is the number 3, not a text"),
    ('"synchromed-ii-20"', '"isomed-20-0.5"', 36, "isomed-20-0.5 gives a fixed 0.5 mL/day and runs no program"),
]
EVENTS = [
    ('"day 60 14:00"', '"day 40 14:00"', 50, "event 2 (day 40 14:00) is before event 1 (2026-04-20T09:00:00); write"),
    ("at = 2026-04-20T09:00:00", AT[:-8] + "10:00:00", 46, "2026-03-02T10:00:00 is before the first fill"),
    ('"day 60 14:00"', '"day 60 25:00"', 50, "at: the time 25:00 does not exist; write a time from 00:00 to 23:59"),
    ('"day 60 14:00"', '"day 60 24:00"', 50, "at: 24:00 is the next day; write day 61 00:00"),
    ('"day 60 14:00"', '"day sixty"', 50, 'at: "day sixty" is not a day; write a whole number of days'),
    ('"day 60 14:00"', '"day 1e9"', 50, 'at: "day 1e9" is not a day'),
    ('"day 60 14:00"', '"day 99999999"', 50, "at: day 99999999 is too far away; write a day from 0 to 36500"),
    ('"day 60 14:00"', '"in May"', 50, 'at: "in May" is not a time; write a local time such as'),
    ('"day 60 14:00"', "60", 50, "at: it is the number 60, not a time"),
    (
        'mri = "45 min"',
        'mri = "45 min"\nreset = true',
        52,
        "the event holds mri and reset; write one [[event]] for each",
    ),
    ('mri = "45 min"', "", 49, "the event does nothing; write one of refill, program"),
    ('mri = "45 min"', 'mrt = "45 min"', 51, 'unknown key "mrt" in [[event]]; did you mean "mri"?'),
    ('mri = "45 min"', "mri = 45", 51, "mri: 45 has no unit"),
    ('mri = "45 min"', 'mri = "45 h"', 51, "mri: 45 h is not plausible"),
    ('mri = "45 min"', 'mri = "0 min"', 51, "mri: 0 min is not plausible"),
    ('at = "day 70"\n', "", 53, '[[event]] has no "at"; write for example at = "day 30 09:00"'),
    ('mri = "45 min"', "reset = false", 51, "reset: it resets nothing"),
    ('mri = "45 min"', 'prime = { volume = "0.3 mL" }', 51, 'prime has no "over"'),
    ('mri = "45 min"', 'prime = { volume = "0.3 mL", over = "0 s" }', 51, "over: 0 s is not possible"),
    (
        'mri = "45 min"',
        'prime = { volume = "0.3 mL", over = "0.0001 s" }',
        51,
        "0.0001 s is not a whole number of milli",
    ),
    (
        'mri = "45 min"',
        'aspirate = { volume = "2 mL" }',
        51,
        'aspirate has no "from"; write for example from = "side-port"',
    ),
    ('mri = "45 min"', 'aspirate = { volume = "2 mL", from = "port" }', 51, 'did you mean "side-port"?'),
    ('mri = "45 min"', "revise = {}", 51, "revise: it changes nothing"),
    (
        'mri = "45 min"',
        'revise = { removed = "20 cm" }',
        51,
        "removed: 31 cm were off before, and a catheter does not grow",
    ),
    ('mri = "45 min"', 'replace-pump = { model = "isomed-20-0.5" }', 55, "isomed-20-0.5 gives a fixed 0.5 mL/day"),
    ('mri = "45 min"', 'replace-pump = { model = "synchromed" }', 51, 'unknown pump "synchromed"; did you mean'),
    ('mri = "45 min"', 'oral_opioid = "45 mg"', 51, 'oral_opioid: "45 mg" is not a mass rate'),
]
REFILLS = [
    (
        BOTH,
        '{ morphine = "20 mg/mL", fentanyl = "30 mcg/mL" }',
        47,
        "fentanyl: it is not declared in [[drug]]; known are",
    ),
    (BOTH, '{ bupivacaine = "30 mg/mL" }', 47, "drugs: it leaves out morphine, the primary drug"),
    (BOTH, '{ bupivacaine = "30 mg/mL" }, primary = "bupivacaine"', 47, "give a program event at the same time"),
    (
        BOTH,
        '{ bupivacaine = "30 mg/mL" }, primary = "morphine"',
        47,
        "primary: morphine is not among the drugs of this",
    ),
    (BOTH, "{}", 47, "drugs: it names no drug"),
    (BOTH, '{ morphine = "0 mg/mL" }', 47, "morphine: a concentration of zero is no drug; leave it out of drugs"),
    (BOTH, '{ morphine = "60 mg/mL" }', 47, "morphine at 60 mg/mL is above what can be sold or dissolved"),
    (BOTH, '"morphine"', 47, 'drugs: it is the text "morphine", not a table; write drugs = { ... }'),
    (
        '"20 mL", drugs',
        '"25 mL", drugs',
        47,
        "volume: 25 mL is more than the reservoir of synchromed-ii-20 holds; write at most 20",
    ),
    ('bridge = "auto"', 'removed = "25 mL"', 47, "removed: 25 mL is more than the reservoir"),
    ('bridge = "auto"', 'actual = { fentanyl = "1 mg/mL" }', 47, "fentanyl: it is not declared in [[drug]]"),
    ('bridge = "auto"', 'bridge = "automatic"', 47, 'bridge: "automatic" is not a bridge'),
    (
        'bridge = "auto"',
        'bridge = { volume = "0.4 mL" }',
        47,
        'bridge has no "rate"; write for example rate = "0.24 mL/day"',
    ),
    ('bridge = "auto"', 'bridge = { volume = "0.4 mL", rate = "2 mg/day" }', 47, 'rate: "2 mg/day" is not a flow'),
    ('bridge = "auto"', 'bridg = "auto"', 47, 'unknown key "bridg" in refill; did you mean "bridge"?'),
]
FAULTS = [
    (
        '"catheter-leak"',
        '"catheter-leek"',
        59,
        'kind: "catheter-leek" is not a kind of fault; did you mean "catheter-leak"',
    ),
    (
        "fraction = 0.4",
        "fraction = 40",
        59,
        "fraction: a fraction of 40 is not possible; write a number above 0 and at most 1",
    ),
    ("fraction = 0.4", "fraction = 0", 59, "fraction: a fraction of 0 is not possible"),
    ("fraction = 0.4", "factor = 0.4", 59, 'unknown key "factor" in fault; did you mean "fraction"'),
    (", fraction = 0.4", "", 59, 'fault has no "fraction"; write for example fraction = 0.4'),
    ("fraction = 0.4", 'fraction = 0.4, for = "0 h"', 59, "for: 0 h is not possible"),
    ('"catheter-leak", fraction = 0.4', '"tip-migration", to = "L6"', 59, 'to: "L6" is a level outside the canal'),
    ('"catheter-leak", fraction = 0.4', '"over-infusion", factor = 1', 59, "a factor of 1 is another thing"),
    (
        '"catheter-leak", fraction = 0.4',
        '"pocket-fill", volume = "21 mL"',
        59,
        "volume: 21 mL is more than the reservoir",
    ),
    ('"catheter-leak", fraction = 0.4', '"disconnect", fraction = 1', 59, 'unknown key "fraction" in fault'),
    ("fraction = 0.4", 'fraction = 0.4, for = "9000 year"', 59, "for: 9000 year is beyond anything conceivable; write"),
    ('{ kind = "catheter-leak", fraction = 0.4 }', '"catheter-leak"', 59, "fault: it is the text"),
    ('kind = "catheter-leak", ', "", 59, 'fault has no "kind"; write for example kind = "catheter-leak"'),
]
DOSES = [
    ('amount = "3 mg", route = "by mouth"', 'route: "by mouth" is not a route; known are oral, intravenous'),
    ('amount = "3 mg", route = "oral", level = "L3"', "level: the oral route has no level; leave it out"),
    ('amount = "3 mg", route = "oral", over = "5 min"', "over: a dose by mouth is swallowed at once; leave it out"),
    ('amount = "3 mL", route = "oral"', 'amount: "3 mL" is not a mass'),
    ('amount = "0 mg", route = "oral"', "amount: 0 mg is not possible"),
    ('amount = "1 kg", route = "oral"', 'amount: 1 kg is beyond anything conceivable; write at most "100 g"'),
    ('amount = "10001 mg", route = "intrathecal"', 'conceivable; write at most "10 g"'),
    ('amount = "3 mg", route = "epidural", volume = "2 L"', "volume: 2 L is beyond anything conceivable; write at"),
    (
        'amount = "3 mg", route = "epidural", over = "3651 days"',
        "over: 3651 days is beyond anything conceivable; write",
    ),
    ('amount = "3 mg", route = "epidural", level = "S5"', 'level: "S5" is a level outside the canal'),
    ('amount = "3 mg"', 'dose has no "route"; write for example route = "oral"'),
    ('amount = "3 mg", route = "intrathecal", volume = "0 mL"', "volume: 0 mL is not possible"),
]
SIMULATION = [
    ("days = 90", "days = 0", 62, "days: 0 is not possible; write a number from 0.001 to 3650"),
    ("days = 90", "days = -5", 62, "days: -5 is not possible"),
    ("days = 90", "days = 4000", 62, "days: 4000 is not possible"),
    ("days = 90", 'days = "90"', 62, 'days: it is the text "90", not a number'),
    ("days = 90", "days = true", 62, "days: it is true, not a number"),
    ('"when pain > 5"', '"always"', 63, 'presses: "always" is not a way to press; write "never", a list of times'),
    ('"when pain > 5"', '"when pain > 50"', 63, "presses: 50 is not possible; write a number from 0 to 10"),
    ('"when pain > 5"', '"when pain > five"', 63, 'presses: "five" is not a number'),
    ('"when pain > 5"', '"5000 per day"', 63, "presses: 5000 is not possible; write a number from 0 to 1440"),
    ('"when pain > 5"', '["08:00"]', 63, 'presses, item 1: "08:00" is not a time'),
    ('"when pain > 5"', '["day 3", "day 2"]', 63, "presses, item 2: it is not after the press before it"),
    ('"when pain > 5"', '["day 3", "day 3 00:00"]', 63, "presses, item 2: it is not after the press before it"),
    ('"when pain > 5"', "3", 63, "presses: it is the number 3, not a text"),
    ("seed = 7", "seed = -1", 64, "seed: -1 is not possible"),
    ("seed = 7", "seed = 7.5", 64, "seed: it is the number 7.5, not a whole number"),
    ("seed = 7", "seed = true", 64, "seed: it is true, not a whole number"),
    ("seed = 7", '[catalogue]\nfiles = ["nowhere.toml"]', 65, "nowhere.toml: the file cannot be read"),
    ("seed = 7", "[catalogue]", 64, '[catalogue] has no "files"'),
    ("seed = 7", 'catalogue = "x.toml"', 64, 'unknown key "catalogue" in [simulation]'),
]
CASES = [*TEXT, *PATIENT, *DEVICES, *DRUGS, *FILL, *PROGRAM, *EVENTS, *REFILLS, *FAULTS, *SIMULATION]


def message_of(text: str) -> str:
    """What is said of a broken file."""
    with pytest.raises(TherapyError) as caught:
        parse_therapy(text, "broken.toml", Path())
    return str(caught.value)


@pytest.mark.parametrize(("old", "new", "line", "message"), CASES)
def test_what_is_wrong_and_where(old: str, new: str, line: int, message: str) -> None:
    """A broken file is refused with its name, the line of the mistake, the cause and the remedy."""
    assert old in EXAMPLE, "the example has changed"
    said = message_of(EXAMPLE.replace(old, new, 1))

    assert said.startswith(f"broken.toml, line {line}: ")
    assert message in said
    assert ";" in said


@pytest.mark.parametrize(("dose", "message"), DOSES)
def test_what_is_wrong_with_a_dose(dose: str, message: str) -> None:
    """A dose by another way is refused when its way, drug or place does not exist."""
    said = message_of(EXAMPLE.replace('mri = "45 min"', f'dose = {{ drug = "morphine", {dose} }}'))

    assert said.startswith("broken.toml, line 51: ")
    assert message in said


def test_a_dose_of_a_drug_that_is_not_there() -> None:
    """Doses are of declared drugs, and by mouth of drugs of which something is known by mouth."""
    dose = 'dose = { drug = "fentanyl", amount = "3 mg", route = "oral" }'

    assert 'line 51: drug: "fentanyl" is not declared in [[drug]]; known are morphine, bupivacaine' in message_of(
        EXAMPLE.replace('mri = "45 min"', dose)
    )
    assert "line 51: route: nothing is known of bupivacaine by mouth; write another route" in message_of(
        EXAMPLE.replace('mri = "45 min"', dose.replace("fentanyl", "bupivacaine"))
    )


def test_a_list_of_tables_has_two_brackets() -> None:
    """One [drug] or one [event] is not the list that it should be."""
    assert "broken.toml, line 1: drug: it may stand several times; write [[drug]] with two brackets" in message_of(
        '[drug]\nname = "morphine"\n'
    )
    assert "line 3: event: it may stand several times; write [[event]]" in message_of(
        '[[drug]]\nname = "morphine"\n[event]\nat = "day 1"\n'
    )


@pytest.mark.parametrize(
    ("first", "after", "message"),
    [
        ("[catheter]", "[[drug]]", "line 12: a pump needs a catheter; add [catheter] with model"),
        ("[fill]", "[program]", "line 12: a pump needs a fill; add [fill] with volume"),
        ("[program]", "[[event]]", 'line 12: synchromed-ii-20 needs a program; add [program] with text = "2.4 mg/day"'),
        ("[pump]", "[catheter]", "line 12: [catheter] belongs to a pump; add [pump], or leave [catheter] out"),
        ("[[drug]]", "[fill]", "broken.toml: no drug is named; write [[drug]] with a name"),
    ],
)
def test_a_table_that_is_missing(first: str, after: str, message: str) -> None:
    """A pump needs its catheter, fill and program, they need a pump, and everything needs a drug."""
    text = EXAMPLE[: EXAMPLE.index(first)] + EXAMPLE[EXAMPLE.index(after) :]

    assert message in message_of(text)


def test_an_event_of_a_pump_without_a_pump() -> None:
    """A file without a pump has doses and background opioid alone."""
    text = '[[drug]]\nname = "morphine"\n[[event]]\nat = "day 1"\nrefill = { volume = "20 mL" }\n'

    assert "broken.toml, line 5: refill: it needs a pump; add [pump]" in message_of(text)


def test_what_a_fixed_rate_pump_cannot_do() -> None:
    """No program, prime, bridge, reset or motor fault on a pump that has neither controller nor motor."""
    fixed = EXAMPLE.replace("synchromed-ii-20", "isomed-20-0.5")
    fixed = fixed[: fixed.index("[program]")] + "[[event]]\nat = 2026-04-20T09:00:00\n"

    for event, said in {
        'program = "3 mg/day"': "program: isomed-20-0.5 gives a fixed 0.5 mL/day and runs no program",
        'prime = { volume = "0.1 mL", over = "5 min" }': "prime: isomed-20-0.5 cannot give a bolus",
        'refill = { volume = "20 mL", bridge = "auto" }': "bridge: isomed-20-0.5 cannot run a bridge",
        "reset = true": "reset: isomed-20-0.5 has nothing to reset",
        'fault = { kind = "motor-stall" }': "kind: isomed-20-0.5 has no motor and no battery",
        'replace-pump = { model = "synchromed-ii-20" }': "model: synchromed-ii-20 needs a program; give a program event",
    }.items():
        assert f"broken.toml, line 38: {said}" in message_of(f"{fixed}{event}\n")


def test_an_external_pump_lies_in_no_pocket() -> None:
    """A pocket fill needs a pocket."""
    text = EXAMPLE.replace("synchromed-ii-20", "external").replace(
        '"catheter-leak", fraction = 0.4', '"pocket-fill", volume = "9 mL"'
    )

    assert "line 59: volume: an external pump lies in no pocket; leave the fault out" in message_of(text)
