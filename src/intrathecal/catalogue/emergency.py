"""What to do in an emergency: overdose and withdrawal by class of drug, the pump by model, and how long to watch a change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from intrathecal.catalogue.values import CHOSEN, Duration


@dataclass(frozen=True)
class Statement:
    """A sentence with the references that it rests on, and whether it was seen in them."""

    says: str
    source: tuple[str, ...]
    verified: bool = False


@dataclass(frozen=True)
class FirstAid:
    """What too much and too little of a class of drugs look like, and what is done first.

    Its name is the family by which `Precaution` calls the class. Without withdrawal signs, stopping does no harm.
    """

    name: str
    title: str
    overdose_signs: tuple[Statement, ...]
    overdose_measures: tuple[Statement, ...]
    withdrawal_measures: tuple[Statement, ...]
    withdrawal_signs: tuple[Statement, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All of them."""
        return (
            *self.overdose_signs,
            *self.overdose_measures,
            *self.withdrawal_signs,
            *self.withdrawal_measures,
        )


@dataclass(frozen=True)
class PumpAid:
    """What to do with a pump in an emergency; ``pumps`` are the beginnings of the names of its models.

    ``stop`` is how its flow is ended, ``line`` what may be done through its side port, ``tones`` what its alarms sound like,
    ``mri`` what a scanner does to it.
    """

    name: str
    title: str
    pumps: tuple[str, ...]
    stop: tuple[Statement, ...]
    line: tuple[Statement, ...]
    tones: tuple[Statement, ...]
    mri: tuple[Statement, ...]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All of them."""
        return (*self.stop, *self.line, *self.tones, *self.mri)


@dataclass(frozen=True)
class Observation:
    """How long a patient is watched after the ``first`` dose of a drug and after a ``rise``; its name is the drug's."""

    name: str
    first: Duration
    rise: Duration


def unknown_sources(
    named: Mapping[str, Mapping[str, object]], references: Collection[str]
) -> Iterator[tuple[str, str]]:
    """The entry and the key of every source of a statement that is no reference."""
    for kind in ("first_aid", "pump_aid"):
        for name, entry in named[kind].items():
            if isinstance(entry, FirstAid | PumpAid):
                for statement in entry.statements:
                    for key in statement.source:
                        if key not in references and key != CHOSEN:
                            yield f"{kind}.{name}", key
