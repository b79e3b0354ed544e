"""Mail to people, in plain text, where SMTP is configured; never part of a transaction."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from apps.tenants.scope import after_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)
_sender = ThreadPoolExecutor(2, thread_name_prefix="mail")


def mail_is_configured() -> bool:
    """Whether this installation can send mail."""
    return bool(settings.EMAIL_HOST)


def send_after_commit(*, to: str, subject: str, template: str, context: Mapping[str, object]) -> None:
    """Send once the scope has committed, on a thread of its own: the answer takes as long without a mail.

    A failure is logged without the text, which may hold a link.
    """
    if not mail_is_configured():
        return
    body = render_to_string(f"mail/{template}.txt", dict(context))

    def send() -> None:
        try:
            send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [to])
        except OSError as error:
            log.warning("mail %s could not be sent: %s", template, type(error).__name__)

    after_commit(lambda: _sender.submit(send))
