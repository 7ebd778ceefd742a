"""Sends owed e-mails over SMTP; a mail that was sent is never sent again by a repeated job."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog
from email_validator import EmailNotValidError, validate_email

from bot.jobs.queue import Lease, enqueue
from bot.services.app import App
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import Mail

log = structlog.get_logger()


async def owe_mail(
    tx: Tx,
    now: datetime,
    *,
    recipient: str,
    subject: str,
    text: str,
    case_id: str | None,
    mail_id: str | None = None,
) -> None:
    """Put an e-mail into the outbox, and its job into the queue, in the caller's transaction."""
    mail = Mail(
        id=mail_id or new_id(), recipient=recipient, subject=subject, text=text, case_id=case_id, created_at=now
    )
    tx.add(mail)
    await tx.flush()
    await enqueue(tx, now, "mail", {"mail": mail.id}, key=f"mail:{mail.id}")


async def send_mail(app: App, lease: Lease) -> None:
    """Deliver the mail of a `mail` job. Without an SMTP server it stays in the outbox, where the desk shows it."""
    async with app.read() as tx:
        mail = await tx.get(Mail, lease.payload["mail"])
    if mail is not None and mail.sent_at is None and app.settings.smtp_url:
        await _deliver(app, mail)
    async with app.write() as tx:
        row = await tx.get(Mail, lease.payload["mail"])
        if row is not None and app.settings.smtp_url:
            row.sent_at = row.sent_at or app.now()
        await lease.finish(tx, app.now())


def one_address(text: str) -> Address | None:
    """The one address that a mail goes to; None when it is none or several, or would begin another header."""
    try:
        return Address(addr_spec=validate_email(text.strip(), check_deliverability=False).normalized)
    except (EmailNotValidError, ValueError):
        return None


async def _deliver(app: App, mail: Mail) -> None:
    recipient = one_address(mail.recipient)
    if recipient is None:
        log.warning("mail.no_address", mail=mail.id)  # trying again would not make it one
        return
    url = urlsplit(app.settings.smtp_url)
    message = EmailMessage()
    message["From"] = app.settings.mail_from
    message["To"] = recipient
    message["Subject"] = " ".join(mail.subject.split())
    # The same id on every try lets the receiving side recognise a repeated delivery.
    message["Message-ID"] = f"<{mail.id}@{urlsplit(app.settings.origin).hostname or 'rapport'}>"
    message.set_content(mail.text)
    await aiosmtplib.send(
        message,
        recipients=[recipient.addr_spec],
        hostname=url.hostname,
        port=url.port or 25,
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        use_tls=url.scheme == "smtps",
        timeout=20,
    )
