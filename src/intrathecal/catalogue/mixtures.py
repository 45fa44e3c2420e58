"""What may be in one reservoir: mixtures that keep, that lose potency, and drugs that do not go together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from intrathecal.catalogue.errors import EntryError
from intrathecal.catalogue.values import Duration, Share

MixtureKind = Literal["not-together", "loses-potency", "keeps", "dissolves-less", "not-by-handset"]


@dataclass(frozen=True)
class Mixture:
    """What a source says of drugs in one reservoir.

    ``drugs`` are names of drugs or of families (`Precaution.families`), all of which must be there, each another drug.
    ``only`` says that nothing else was in what was tested. ``refill_within`` is how long the mixture may stay;
    ``share_left`` the potency found at that time. ``pumps`` restricts the rule to pumps whose name begins so.
    """

    name: str
    kind: MixtureKind
    severity: Literal["off", "note", "soft"]
    drugs: tuple[str, ...]
    says: str
    source: tuple[str, ...]
    verified: bool
    only: bool = False
    pumps: tuple[str, ...] = ()
    refill_within: Duration | None = None
    share_left: Share | None = None

    def __post_init__(self) -> None:
        if not self.drugs:
            raise EntryError("drugs", "it is empty", "name the drugs that it speaks of")
        if (self.refill_within is None) == (self.kind in ("loses-potency", "keeps")):
            raise EntryError(
                "refill_within", f"it does not fit {self.kind}", "give it where a mixture keeps or loses potency"
            )


def matching(mixture: Mixture, inside: Collection[str], families: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """The drugs of a reservoir that ``mixture`` speaks of, one for each of its words; None where it does not apply.

    ``inside`` are the drugs with a concentration; ``families`` their families by name.
    """
    found = _assign(mixture.drugs, tuple(inside), families)
    if found is None or (mixture.only and len(found) != len(inside)):
        return None
    return found


def _assign(
    words: tuple[str, ...], free: tuple[str, ...], families: dict[str, tuple[str, ...]]
) -> tuple[str, ...] | None:
    if not words:
        return ()
    for drug in free:
        if words[0] == drug or words[0] in families.get(drug, ()):
            rest = _assign(words[1:], tuple(other for other in free if other != drug), families)
            if rest is not None:
                return (drug, *rest)
    return None
