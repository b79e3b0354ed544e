"""The demonstration's API keys: told once, and never lost for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.factories import Cast


def test_a_key_whose_text_was_lost_is_replaced_and_ends(cast: Cast) -> None:
    from apps.accounts.models import ApiKey
    from apps.api.demo.loading import KEY, key_ensure
    from apps.tenants.scope import tenant_scope

    slug = cast.acme.slug
    with tenant_scope(cast.acme.id):
        assert key_ensure(slug, cast.alice, None)
        assert key_ensure(slug, cast.alice, None) is None
        assert key_ensure(slug, cast.alice, [slug]) is None
        again = key_ensure(slug, cast.alice, [])
        assert again is not None
        assert again.startswith(f"atrium_{slug}_")
        assert ApiKey.objects.filter(user=cast.alice, name=KEY, revoked_at=None).count() == 1
