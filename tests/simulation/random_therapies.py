"""Random therapy files: one or two drugs, a random program, random events and faults."""

from __future__ import annotations

from hypothesis import strategies as st

DRUGS = {
    "morphine": "10 mg/mL",
    "hydromorphone": "5 mg/mL",
    "fentanyl": "1 mg/mL",
    "sufentanil": "0.05 mg/mL",
    "bupivacaine": "15 mg/mL",
    "clonidine": "0.5 mg/mL",
    "baclofen": "1 mg/mL",
    "ziconotide": "25 mcg/mL",
}
PUMPS = {"synchromed-ii-20": 20, "synchromed-iii-40": 40, "prometra-ii-20": 20, "prometra-ii-40": 40}
LEVELS = ("C4", "T2", "T10", "L1", "L3")
FAULTS = (
    'fault = {{ kind = "catheter-leak", fraction = {part} }}',
    'fault = {{ kind = "catheter-leak", fraction = {part}, for = "9 h" }}',
    'fault = {{ kind = "occlusion", fraction = {part}, for = "20 h" }}',
    'fault = {{ kind = "disconnect", for = "1 days" }}',
    'fault = {{ kind = "disconnect" }}',
    'fault = {{ kind = "tip-migration", to = "{level}" }}',
    'fault = {{ kind = "motor-stall", for = "5 h" }}',
    'fault = {{ kind = "over-infusion", factor = 3.5, for = "12 h" }}',
    'fault = {{ kind = "pocket-fill", volume = "0.5 mL" }}',
    'fault = {{ kind = "battery-reset", for = "8 h" }}',
    'fault = {{ kind = "flow-stop", for = "7 h" }}',
    'mri = "50 min"',
    "reset = true",
    'aspirate = {{ volume = "{part} mL", from = "side-port" }}',
    'aspirate = {{ volume = "{part} mL", from = "reservoir" }}',
    'prime = {{ volume = "{part} mL", over = "20 min" }}',
    'program = "{rate} mcg/day"',
    'refill = {{ volume = "15 mL", bridge = "auto", drugs = {{ {drug} = "0.02 mg/mL" }} }}',
    'refill = {{ volume = "2 mL", removed = "0.5 mL" }}',
    'dose = {{ drug = "{drug}", amount = "{part} mg", route = "intrathecal", level = "{level}" }}',
    'dose = {{ drug = "{drug}", amount = "2 mg", route = "intravenous", over = "30 h" }}',
    'dose = {{ drug = "{drug}", amount = "1 mg", route = "epidural", level = "{level}", over = "40 min" }}',
    'revise = {{ tip = "{level}" }}',
    'revise = {{ model = "prometra-110", removed = "20 cm", tip = "{level}" }}',
    'replace-pump = {{ model = "prometra-ii-20", volume = "10 mL", primed = "no" }}',
    'replace-pump = {{ model = "synchromed-iii-40", volume = "30 mL", primed = "tip" }}',
)


@st.composite
def therapies(draw: st.DrawFn) -> str:
    """A random therapy file: one or two drugs, a random program, up to six random events."""
    drugs = draw(st.lists(st.sampled_from(sorted(DRUGS)), min_size=1, max_size=2, unique=True))
    pump = draw(st.sampled_from(sorted(PUMPS)))
    rate = draw(st.integers(1, 3000))
    program = [f"{rate} mcg/day"]
    if draw(st.booleans()):
        program.append(
            f"{draw(st.integers(10, 23))}:00-{draw(st.integers(1, 9)):02}:30 {draw(st.integers(1, 900))} mcg/day"
        )
    if draw(st.booleans()):
        program.append(
            f"bolus {draw(st.integers(1, 300))} mcg over {draw(st.integers(1, 90))} min every 7 h from 03:00"
        )
    if draw(st.booleans()):
        program.append("on demand 20 mcg over 5 min, lockout 2 h, max 5 per day")
    events = []
    for day in sorted(draw(st.lists(st.integers(0, 4 * 24 - 1), max_size=6))):
        action = draw(st.sampled_from(FAULTS)).format(
            part=draw(st.sampled_from(("0.1", "0.35", "0.9"))),
            level=draw(st.sampled_from(LEVELS)),
            rate=draw(st.integers(1, 4000)),
            drug=drugs[0],
        )
        events.append(f'[[event]]\nat = "day {day // 24} {day % 24:02}:17"\n{action}\n')
    tables = "".join(f'[[drug]]\nname = "{drug}"\nconcentration = "{DRUGS[drug]}"\n' for drug in drugs)
    text = "\n".join(program)
    return f"""
[pump]
model = "{pump}"
drive_error = "{draw(st.integers(-14, 14))} %"
[catheter]
model = "ascenda-8780"
removed = "{draw(st.integers(0, 40))} cm"
tip = "{draw(st.sampled_from(LEVELS))}"
{tables}
[fill]
volume = "{draw(st.integers(1, PUMPS[pump]))} mL"
at = 2026-03-02T00:05:00
primed = "{draw(st.sampled_from(("tip", "tubing", "no")))}"
low_reservoir_alarm = "1 mL"
[program]
text = '''
{text}
'''
{"".join(events)}
[simulation]
days = {draw(st.integers(2, 5))}
presses = "4 per day"
"""
