"""Match my trial: from a successful trial to the therapy file of the first program, with its reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from textwrap import wrap

from intrathecal.care.diary import Diary
from intrathecal.care.errors import FirstProgramError
from intrathecal.care.first_dose import SPINAL, FirstDose, from_infusion, from_needles, told
from intrathecal.care.first_fill import FirstFill, concentration, first_fill
from intrathecal.care.given import Infusion, amount, infusion_at, needles, on_the_clock
from intrathecal.care.reasons import share
from intrathecal.care.trial import Verdict
from intrathecal.catalogue import Catalogue, Pump
from intrathecal.pump.hardware import DAY_MS
from intrathecal.quantities import Quantity, plain
from intrathecal.therapy import Therapy
from intrathecal.therapy.file.load import parse_therapy

MS_PER_S = 1000
WIDTH = 110
#: A program is looked at for as long as it takes to settle and be judged at the first visit.
SIMULATED_DAYS = 14
#: A diary's dose and the file's are the same within what rounding takes.
SAME_DOSE = 0.005


@dataclass(frozen=True)
class Asked:
    """What the trial does not say.

    ``pump`` and ``catheter`` are catalogue names, ``at`` the first fill on the pump's clock, ``volume`` what is filled in
    (None: the whole reservoir). ``removed`` and ``offset`` are written as given. ``daily_ug`` and ``concentrations`` (ug/mL)
    by drug stand in for what would follow from the trial.
    """

    pump: str
    catheter: str
    at: datetime
    volume: Quantity | None = None
    removed: str | None = None
    tip: str | None = None
    offset: str | None = None
    daily_ug: Mapping[str, Fraction] | None = None
    concentrations: Mapping[str, Fraction] | None = None


@dataclass(frozen=True)
class FirstProgram:
    """The therapy file as ``text``, the same as a checked ``therapy``, its doses and fill, and the reasons in sentences."""

    text: str
    therapy: Therapy
    doses: tuple[FirstDose, ...]
    fill: FirstFill
    reasons: tuple[str, ...]


def first_program(
    trial: Therapy, verdict: Verdict, asked: Asked, name: str, directory: Path, files: Sequence[Path] = ()
) -> FirstProgram:
    """The first program after a trial that passed.

    ``name`` is what messages call the new file, which will lie in ``directory``; ``files`` are laid over the catalogue. Raises
    `FirstProgramError` for a trial that did not pass, a diary that is not this trial's, and a dose or fill that no rule gives;
    `TherapyError` for what the new file cannot hold.
    """
    if verdict.decision != "pass" or verdict.findings is None:
        raise FirstProgramError(
            f"{verdict.diary.file}: the trial did not pass ({verdict.decision}); no program follows from it"
        )
    catalogue = trial.catalogue
    _check_time(asked, verdict.diary, trial)
    pump, volume = _pump(asked, catalogue)
    doses = _doses(trial, verdict, asked, catalogue)
    fill = first_fill(doses, pump, volume, asked.concentrations or {}, catalogue)
    found = verdict.findings
    reasons = (
        f"The trial passed: relief {found.relief.percent:.0f} % over {verdict.days} days, and true relief of at least "
        f"{catalogue.trial.success} with a probability of {share(found.probability)}.",
        *(sentence for dose in doses for sentence in dose.because),
        *fill.because,
        *_further(asked),
    )
    text = _written(trial, asked, pump, volume, doses, fill, reasons)
    return FirstProgram(text, parse_therapy(text, name, directory, files), doses, fill, reasons)


def _check_time(asked: Asked, diary: Diary, trial: Therapy) -> None:
    """A pump is filled after the trial that speaks for it."""
    ended = on_the_clock(diary.phase("trial")[-1].at, trial)
    if asked.at.date() < ended.date():
        raise FirstProgramError(
            f"--at: {asked.at:%Y-%m-%d} is before the trial's last entry ({ended:%Y-%m-%d}, {diary.file}); give the day on "
            "which the pump is filled"
        )


def _pump(asked: Asked, catalogue: Catalogue) -> tuple[Pump, Quantity]:
    if asked.pump not in catalogue.pumps:
        raise FirstProgramError(f'--pump: unknown pump "{asked.pump}"; known are {", ".join(catalogue.pumps)}')
    pump = catalogue.pumps[asked.pump]
    if pump.kind == "external":
        raise FirstProgramError("--pump: external is the pump of a trial; name the one that will be implanted")
    whole = Quantity(pump.reservoir_volume.number, pump.reservoir_volume.unit, "volume")
    if asked.volume is not None and asked.volume.exact > whole.exact:
        raise FirstProgramError(f"--fill: {asked.volume} is more than {pump.name} holds; give at most {whole}")
    return pump, asked.volume or whole


def _doses(trial: Therapy, verdict: Verdict, asked: Asked, catalogue: Catalogue) -> tuple[FirstDose, ...]:
    """The first doses, the primary drug first: those asked for in the place of those that follow."""
    if trial.start is None:
        raise FirstProgramError(
            f"{trial.file}: nothing in the file has a date, so the diary cannot be laid over it; date it"
        )
    given = tuple(dose for dose in needles(trial) if dose.route in SPINAL)
    last = _last_ms(verdict.diary, trial, trial.start)
    insisted = dict(asked.daily_ug or {})
    declared = [entry.drug.name for entry in trial.drugs]
    for drug in insisted:
        if drug not in declared:
            raise FirstProgramError(f"--daily: {drug} is not a drug of {trial.file}; it has {', '.join(declared)}")
    derived: tuple[FirstDose, ...] = ()
    if any(drug not in insisted for drug in declared):
        infusion = infusion_at(trial, last)
        if infusion is not None:
            _check_dose(verdict.diary, "mass rate", infusion.daily_ug, trial)
            rest = {drug: daily for drug, daily in infusion.daily_ug.items() if drug not in insisted and daily}
            derived = from_infusion(Infusion(rest, infusion.space, infusion.since_ms), catalogue)
        else:
            rest_given = [dose for dose in given if dose.at_ms <= last and dose.drug not in insisted]
            _check_dose(verdict.diary, "mass", {dose.drug: dose.ug for dose in rest_given}, trial)
            derived = from_needles(rest_given, verdict, trial, trial.start)
    by_name = {dose.drug.name: dose for dose in (*told(insisted, catalogue), *derived)}
    doses = tuple(by_name[drug] for drug in declared if drug in by_name)
    if not doses:
        raise FirstProgramError(
            f"{trial.file}: up to the end of the diary it gives no drug to the spine; name the file of this trial"
        )
    return doses


def _last_ms(diary: Diary, trial: Therapy, start: datetime) -> int:
    """The last trial entry as milliseconds of the trial file's time; raises where the diary is not of that time."""
    moments = [on_the_clock(entry.at, trial) for entry in diary.phase("trial")]
    end = start + timedelta(milliseconds=float(trial.simulation.days * DAY_MS))
    if moments[0] < start or moments[-1] > end:
        raise FirstProgramError(
            f"{diary.file}: its trial is of {moments[0]:%Y-%m-%d %H:%M} to {moments[-1]:%Y-%m-%d %H:%M}, that of {trial.file} of "
            f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}; name the two that belong together"
        )
    return round((moments[-1] - start).total_seconds() * MS_PER_S)


def _check_dose(diary: Diary, kind: str, given_ug: Mapping[str, Fraction], trial: Therapy) -> None:
    """The diary's last dose of a ``kind`` and the file's (ug, ug a day) are one; raises `FirstProgramError` where they differ."""
    written = [
        (entry, entry.dose) for entry in diary.phase("trial") if entry.dose is not None and entry.dose.kind == kind
    ]
    if not written:
        return
    entry, dose = written[-1]
    name = entry.drug or trial.primary.name
    per, unit = ("/day", "ug/day") if kind == "mass rate" else ("", "ug")
    ours = given_ug.get(name)
    if ours is None or abs(dose.to(unit) - ours) > SAME_DOSE * ours:
        file_says = "none" if ours is None else amount(ours, trial.catalogue.drugs[name]) + per
        raise FirstProgramError(
            f"{diary.file}, line {entry.line}: {dose} of {name}, and {trial.file} gives {file_says} of it then; "
            "correct the one that is wrong"
        )


def _further(asked: Asked) -> tuple[str, ...]:
    """What the new file leaves to be found out."""
    if asked.removed is None:
        return (
            "What is trimmed off the catheter is not known yet: write removed at the operation, the dead volume follows.",
        )
    return ()


def _written(
    trial: Therapy,
    asked: Asked,
    pump: Pump,
    volume: Quantity,
    doses: Sequence[FirstDose],
    fill: FirstFill,
    reasons: Sequence[str],
) -> str:
    primary = doses[0]
    tip = asked.tip or _trial_tip(trial)
    removed = [f"removed = {_quoted(asked.removed)}"] if asked.removed else []
    offset = asked.offset or _trial_offset(trial)
    lines = [f"title = {_quoted('First program after: ' + trial.title)}", ""]
    lines += [f"# {line}" for sentence in reasons for line in wrap(sentence, WIDTH)]
    lines += ["", *_patient(trial), "[pump]", f"model = {_quoted(asked.pump)}", f"implanted = {asked.at.date()}"]
    lines += [f'utc_offset = "{offset}"', "", "[catheter]", f"model = {_quoted(asked.catheter)}", *removed]
    lines += [f"tip = {_quoted(tip)}", ""]
    for dose in doses:
        made = concentration(fill.concentrations[dose.drug.name], dose.drug)
        lines += ["[[drug]]", f'name = "{dose.drug.name}"', f'concentration = "{made}"', ""]
    lines += ["[fill]", f'volume = "{volume}"', f"at = {asked.at.isoformat()}", 'primed = "tip"', ""]
    if pump.fixed_flow is None:
        lines += ["[program]", f'text = "{amount(primary.daily_ug, primary.drug)}/day"', ""]
    return "\n".join([*lines, "[simulation]", f"days = {SIMULATED_DAYS}"]) + "\n"


def _patient(trial: Therapy) -> list[str]:
    """The patient as the trial's file has it; what that assumed is left out again."""
    patient = trial.patient
    given = {
        "height": f'"{patient.height_cm:g} cm"',
        "weight": f'"{patient.weight_kg:g} kg"',
        "age": f"{patient.age:g}",
        "indication": f'"{patient.indication}"',
        "pain": f"{patient.pain:g}",
        "oral_opioid": f'"{plain(patient.oral_opioid.number)} {patient.oral_opioid.unit}"',
    }
    lines = [f"{key} = {value}" for key, value in given.items() if key not in patient.assumed]
    lines += [f'sex = "{patient.sex}"'] if patient.sex else []
    for key in ("sedatives", "sleep_apnoea"):
        value = getattr(patient, key)
        lines += [f"{key} = {str(value).lower()}"] if value is not None else []
    lines += [f"egfr = {patient.egfr_ml_per_min:g}"] if patient.egfr_ml_per_min is not None else []
    lines += [f"allergies = [{', '.join(map(_quoted, patient.allergies))}]"] if patient.allergies else []
    return ["[patient]", *lines, ""] if lines else []


def _trial_tip(trial: Therapy) -> str:
    if trial.catheter is not None:
        return trial.catheter.tip
    levels = [dose.level for dose in needles(trial) if dose.level is not None]
    raise FirstProgramError(
        f"--tip: the trial had no catheter (its needle lay at {levels[-1]}); name the level at which the tip will lie"
    )


def _trial_offset(trial: Therapy) -> str:
    minutes = trial.pump.utc_offset_minutes if trial.pump else 0
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _quoted(text: str) -> str:
    """A TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
