"""What a benchmark measures on: a tenant, its people with sessions and chats, a key, a model at the upstream.

python -m bench.furnish UPSTREAM_PORT CHATS [PART …]: prints one line of JSON. Runs with the variables of a
command. With parts of bench/ruling.py also a second tenant, where they are set.
"""

from __future__ import annotations

import json
import sys

import django

PEOPLE = 20
MODEL = "mock-gpt"
HOST = "127.0.0.1"


def main() -> None:
    """Make all of it in a fresh installation."""
    upstream, chats = int(sys.argv[1]), int(sys.argv[2])
    django.setup()
    _tenant("bench", upstream)
    made = _people(chats)
    if sys.argv[3:]:
        from bench.ruling import ruled_key

        _tenant("ruled", upstream)
        made["ruled_key"] = ruled_key("ruled", MODEL, sys.argv[3:])
    print(json.dumps(made))


def _tenant(slug: str, upstream: int) -> None:
    from django.core.management import call_command

    call_command("tenant_create", slug, "--json", stdout=sys.stderr)
    call_command("allow_host", "--tenant", slug, "--host", HOST, "--port", str(upstream), stdout=sys.stderr)
    call_command(
        "connection_add", "--tenant", slug, "--name", "Mock", "--base-url", f"http://{HOST}:{upstream}/v1",
        "--key", "sk-bench", "--models", MODEL, "--default", stdout=sys.stderr,
    )  # fmt: skip


def _people(chats: int) -> dict[str, object]:
    from apps.accounts.actors import Actor
    from apps.accounts.middleware import COOKIE
    from apps.accounts.selectors import everyone
    from apps.accounts.services.keys import api_key_create
    from apps.accounts.services.people import user_create
    from apps.accounts.services.sessions import session_create
    from apps.chat.conversations import Change, conversation_create, conversation_update
    from apps.tenants.hosts import tenant_of_slug
    from apps.tenants.scope import tenant_scope

    tenant = tenant_of_slug("bench")
    assert tenant is not None
    slots = []
    with tenant_scope(tenant.id):
        actors = []
        for number in range(PEOPLE):
            user = user_create(
                actor=None, email=f"p{number}@bench.example", name=f"P {number}", role="member"
            )
            session, token = session_create(user=user, ip=None, agent="bench")
            actors.append((Actor(user, None, session.id, None), f"{COOKIE}={token}"))
        for number in range(chats):
            actor, cookie = actors[number % PEOPLE]
            chat = conversation_create(actor=actor, model=MODEL)
            conversation_update(actor=actor, conversation_id=chat.id, change=Change(title="Measured"))
            slots.append({"session": cookie, "conversation": str(chat.id)})
        _, key = api_key_create(
            actor=None, slug="bench", user=actors[0][0].user, team=everyone(), name="bench", scopes=["chat"]
        )
    return {"host": "bench.localhost", "key": key, "model": MODEL, "slots": slots}


if __name__ == "__main__":
    main()
