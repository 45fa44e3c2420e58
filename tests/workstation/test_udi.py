"""Codes on the labels of pumps, as scanners and people write them."""

from __future__ import annotations

from datetime import date

import pytest

from intrathecal.workstation.clinic import udi

CODE = "(01)00000000000017(17)280430(10)AB12(21)NGV424242H"


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        " (01) 00000000000017 (17)280430 (10)AB12\n(21)NGV424242H\n",
        "]d2010000000000001717280430" + "10AB12\x1d21NGV424242H",
        "]C10100000000000017172804302" + "1NGV424242H\x1d10AB12",
        "\x1d010000000000001717280430" + "10AB12\x1d21NGV424242H\x1d",
        "21NGV424242H\x1d10AB12\x1d17280430" + "0100000000000017",
        "(21)NGV424242H(10)AB12(17)280400(01)00000000000017",
    ],
)
def test_a_udi_of_gs1_is_taken_apart(text: str) -> None:
    """With brackets or with separators, in any order; the day 00 is the last of its month."""
    read = udi.read(text)
    assert (read.issuer, read.item, read.lot, read.serial) == ("GS1", "00000000000017", "AB12", "NGV424242H")
    assert read.expires == date(2028, 4, 30)
    assert "\x1d" not in read.text


@pytest.mark.parametrize(
    ("text", "item", "lot", "serial", "expires"),
    [
        ("+A123BJC5D6E71G", "A123BJC5D6E71", "", "", None),
        ("+A99912345/$$52001510X33", "A99912345", "10X3", "", date(2020, 1, 15)),
        ("]d1+a99912345/$$52001510x33", "A99912345", "10X3", "", date(2020, 1, 15)),
    ],
)
def test_the_examples_of_hibcc_are_read(text: str, item: str, lot: str, serial: str, expires: date | None) -> None:
    """The first two stand in its own standard, with their check characters."""
    read = udi.read(text)
    assert (read.issuer, read.item, read.lot, read.serial, read.expires) == ("HIBCC", item, lot, serial, expires)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ("$$+3280430NGV1H", ("", "NGV1H", None, date(2028, 4, 30))),
        ("$$0428AB12/SNGV1H/16D20250131", ("AB12", "NGV1H", date(2025, 1, 31), date(2028, 4, 30))),
        ("$AB12/SNGV1H/14D20280430", ("AB12", "NGV1H", None, date(2028, 4, 30))),
        ("$$8123280430AB12", ("AB12", "", None, date(2028, 4, 30))),
        ("$$7AB12", ("AB12", "", None, None)),
        ("$+NGV1H", ("", "NGV1H", None, None)),
    ],
)
def test_the_parts_of_hibcc_are_read(parts: str, said: tuple[str, str, date | None, date | None]) -> None:
    """Dates in each of their forms, lot and serial number."""
    read = udi.read(checked(f"+A99912345/{parts}"))
    assert (read.lot, read.serial, read.made, read.expires) == said


def checked(body: str) -> str:
    """With its check character: the sum of all characters, modulo 43."""
    order = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
    return body + order[sum(order.index(one) for one in body) % 43]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(01)00000000000018(21)A", "check digit"),
        ("0100000000000018\x1d21A", "check digit"),
        ("(21)A", "has no device identifier"),
        ("hello", "is no UDI"),
        ("", "has no device identifier"),
        ("(01", "is no UDI"),
        ("(01)00000000000017(21)", "is no UDI"),
        ("(01)00000000000017(21)AB(C)1", "is no UDI"),
        ("(01)00000000000017(17)280230(21)A", "no day of the calendar"),
        ("(01)00000000000017(17)281331(21)A", "no day of the calendar"),
        ("01000000000000171728023121A", "no day of the calendar"),
        ("(01)00000000000017(01)00000000000024(21)A", "is in it twice"),
        ("(01)0000000000001７(21)A", "a character that no UDI has"),
        ("=/A9999XYZ100T0944=,000025", "of ICCBBA, for blood, cells and tissue"),
        ("&1A9999XYZ100", "of ICCBBA"),
        ("+", "no whole code of HIBCC"),
        ("+A123BJC5D6E71H", "does not fit the others"),
        ("+A99912345/$$52001510X34", "does not fit the others"),
        (checked("+A99912345/$$3281330AB12"), "no day of the calendar"),
        (checked("+A99912345/$$3"), "no whole code of HIBCC"),
        (checked("+A99912345/XYZ"), "no whole code of HIBCC"),
    ],
)
def test_what_is_no_udi_is_refused(text: str, said: str) -> None:
    """With what would be right."""
    with pytest.raises(udi.UdiError, match=said.replace("(", r"\(").replace(")", r"\)")):
        udi.read(text)
