"""The form of a source: its fields come from its kind, so no form knows any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms

from apps.knowledge.connectors.services import INTERVALS, SourceValues

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apps.knowledge.connectors.base import Field, Kind
    from apps.knowledge.connectors.models import Source
    from apps.knowledge.models import KnowledgeBase

_PLAIN: Final = {"spellcheck": "false", "autocomplete": "off", "autocapitalize": "none"}


class SourceForm(forms.Form):
    """Name, collection, the kind's own settings, how often; the secret is write-only."""

    name = forms.CharField(max_length=120, help_text="How administrators call it.")

    def __init__(
        self, *args: Any, kind: Kind, bases: Iterable[KnowledgeBase], source: Source | None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._own = [known.name for known in kind.fields if not known.secret]
        self.fields["name"].initial = source.name if source else ""
        if source is None:
            self.fields["knowledge_base_id"] = forms.TypedChoiceField(
                label="Collection",
                choices=[(str(base.id), base.name) for base in bases],
                help_text=f"Where its documents come into. {kind.readers}",
            )
        for known in kind.fields:
            self.fields[known.name] = _field(known, source)
        self.fields["every_minutes"] = forms.TypedChoiceField(
            label="How often",
            choices=[(str(minutes), label) for minutes, label in INTERVALS.items()],
            coerce=int,
            initial=str(source.every_minutes if source else 60),
            help_text="Each sync fetches what changed and deletes what is gone there.",
        )

    def values(self) -> SourceValues:
        """What the services take."""
        data = self.cleaned_data
        settings = {name: data[name] for name in self._own}
        return SourceValues(data["name"], data["every_minutes"], settings, data.get("secret", ""))


def _field(known: Field, source: Source | None) -> forms.Field:
    if known.secret:
        stored = source is not None and source.has_secret
        replace = "One is stored; leave this empty to keep it. " if stored else ""
        return forms.CharField(
            label=known.label,
            required=known.required and not stored,
            help_text=replace + known.help,
            widget=forms.PasswordInput(attrs=_PLAIN | {"autocomplete": "new-password"}),
        )
    return forms.CharField(
        label=known.label,
        required=known.required,
        max_length=1024,
        strip=False,
        initial=source.settings.get(known.name, known.default) if source else known.default,
        help_text=known.help,
        widget=forms.TextInput(attrs=_PLAIN),
    )
