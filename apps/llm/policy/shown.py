"""Parameters in words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from apps.accounts.models import Team
    from apps.llm.policy.rules import Setting

LABELS: Final = {
    "temperature": "Temperature",
    "reasoning_effort": "Reasoning effort",
    "max_output": "Output limit",
}


def setting_text(setting: Setting) -> str:
    """The value for people; "Not set" where the model's own host decides."""
    value = setting.value
    if value is None:
        return "Not set"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, int):
        return f"{value:,} tokens"
    return value.capitalize()


def source_text(setting: Setting, team: str) -> str:
    """Where the value comes from; `team` is the name of the team that is looked at."""
    if setting.value is None:
        return "the model decides"
    who = "the organisation" if setting.is_organisations else team
    return f"set by {who} for this model" if setting.is_of_model else f"set by {who}"


def told(settings: list[Setting], team: Team) -> list[tuple[str, str, str]]:
    """Those parameters that are set: name, value and source in words, as they hold in the team."""
    return [
        (LABELS[each.name], setting_text(each), source_text(each, team.name))
        for each in settings
        if each.value is not None
    ]
