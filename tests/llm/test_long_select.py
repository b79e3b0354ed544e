"""The select of long lists draws what Django's own draws."""

from __future__ import annotations

import pytest
from django import forms
from django.test.html import parse_html

from apps.llm.routes.widgets import LongSelect

CHOICES = [
    ("", "None"),
    ("Models", [("model:1", "A & <b>"), ("model:2", 'Say "hi"')]),
    ("Routes", [("route:1", "Übersetzen")]),
]


@pytest.mark.parametrize("value", ["", None, "model:2", "route:1", 'gone"><script>'])
def test_it_draws_as_djangos(value: str | None) -> None:
    attrs = {"id": "id_x", "required": True, "aria-describedby": "help"}
    own = LongSelect(choices=CHOICES).render("x", value, attrs)
    assert parse_html(own) == parse_html(forms.Select(choices=CHOICES).render("x", value, attrs))
    assert "<script>" not in own
    assert "<b>" not in own
