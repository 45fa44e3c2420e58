"""Every word of a page can be translated: it stands in a tag of translation, or is a unit or a name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

from intrathecal.workstation.configuration import HERE

TEMPLATES = sorted((HERE / "templates").rglob("*.html"))
#: Attributes that people read or hear.
SAID = re.compile(r'\s(?:alt|title|placeholder|aria-label|aria-description)="([^"]*)"')
#: The same in every language.
NAMES = {"intrathecal", "CSV", "GTIN", "SPID", "UTC", "UDI"}
UNITS = {"mL", "uL", "mL/day", "mcg", "mg", "min", "h", "cm", "kg", "mm"}


def untranslated(template: str) -> list[str]:
    """Words of a template that are outside of every translation tag."""
    text, inside = "", 0
    for token in Lexer(template).tokenize():
        if token.token_type == TokenType.BLOCK:
            name = token.contents.split()[0]
            inside += (name in ("blocktranslate", "comment")) - (name in ("endblocktranslate", "endcomment"))
        elif token.token_type == TokenType.TEXT and not inside:
            text += token.contents
    text = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    said = " ".join([re.sub(r"<[^>]*>", " ", text), *SAID.findall(text)])
    words = re.findall(r"[A-Za-z][\w/-]+", re.sub(r"&\w+;", " ", said))
    return [word for word in words if word not in NAMES | UNITS]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(HERE / "templates")))
def test_every_word_of_a_template_can_be_translated(path: Path) -> None:
    """Nothing that people read is outside of a translation tag."""
    assert untranslated(path.read_text()) == []


def test_a_word_that_cannot_be_translated_is_found() -> None:
    """In the text, and in what a screen reader says."""
    assert untranslated('{% translate "Dose" %} <p title="Stop">now</p> {{ rate }} mL/day') == ["now", "Stop"]
