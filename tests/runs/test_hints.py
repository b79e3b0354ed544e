"""The hint that is made by hand is the message that Celery itself would send."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any
from uuid import uuid4

from apps.runs import hints
from apps.runs.tasks import run_reply


def test_a_hint_is_what_celery_would_send() -> None:
    from celery import current_app
    from kombu import Connection

    tenant_id, run_id = uuid4(), uuid4()
    own: dict[str, Any] = json.loads(hints.message(tenant_id, run_id))
    with Connection("memory://") as connection:
        queue = connection.SimpleQueue(hints.QUEUE)
        run_reply.apply_async((str(tenant_id), str(run_id)), connection=connection)
        sent = queue.get(timeout=2)
        queue.close()
    assert json.loads(b64decode(own["body"])) == sent.payload
    assert (own["content-type"], own["content-encoding"]) == (sent.content_type, sent.content_encoding)
    named = ("task", "lang", "retries", "eta", "expires", "timelimit", "ignore_result", "group", "parent_id")
    assert {name: own["headers"][name] for name in named} == {name: sent.headers[name] for name in named}
    assert own["headers"]["id"] == own["properties"]["correlation_id"]
    assert current_app.tasks[own["headers"]["task"]] is not None
    assert own["properties"]["delivery_info"]["routing_key"] == run_reply.queue
