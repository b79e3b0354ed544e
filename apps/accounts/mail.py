"""Mail to people, as text and as HTML, where SMTP is configured; never part of a transaction."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from apps.accounts.addresses import tenant_url
from apps.tenants.scope import after_commit, current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)
_sender = ThreadPoolExecutor(2, thread_name_prefix="mail")


def mail_is_configured() -> bool:
    """Whether this installation can send mail."""
    return bool(settings.EMAIL_HOST)


def send_after_commit(*, to: str, subject: str, template: str, context: Mapping[str, object]) -> None:
    """Send once the scope has committed, on a thread of its own: the answer takes as long without a mail.

    The context's `path` is given to the templates as `link` too, at the organisation's own host. A failure
    is logged without the text, which may hold a link.
    """
    if not mail_is_configured():
        return
    values = dict(context)
    if "path" in values:
        values["link"] = tenant_url(current_tenant_id(), str(values["path"]))
    message = EmailMultiAlternatives(
        " ".join(subject.split()),
        render_to_string(f"mail/{template}.txt", values),
        settings.DEFAULT_FROM_EMAIL,
        [to],
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"mail/{template}.html", values), "text/html")

    def send() -> None:
        try:
            message.send()
        except (OSError, ValueError) as error:
            log.warning("mail %s could not be sent: %s", template, type(error).__name__)

    after_commit(lambda: _sender.submit(send))
