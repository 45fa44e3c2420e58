"""The audit trail: every change and every view of a record, each line sealed over the one before it.

`django-auditlog` writes the lines. Here a line gets a link: a digest over what it says and the digest of the line before. A line
that is changed, taken out or put in between breaks every link after it, which `verify` finds. The last digest, written down
elsewhere from time to time, shows when lines are missing at the end.

Whoever changes a record holds the trail's end until the transaction ends. On a database that locks single rows it is held before
any row of a record is: two transactions that change the same records in another order then wait for each other one after the
other, and never crosswise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, TypeVar

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.db.models.signals import post_save, pre_delete, pre_save

M = TypeVar("M", bound=Model)
DID = {
    LogEntry.Action.CREATE: "created",
    LogEntry.Action.UPDATE: "changed",
    LogEntry.Action.DELETE: "deleted",
    LogEntry.Action.ACCESS: "seen",
}
#: Columns of a record that are not written down: they would give away a password, or a link that opens a page.
UNTOLD = {
    "User": ["password", "last_login"],
    "Authenticator": ["data", "last_used_at"],
    "Patient": ["link"],
    "Request": ["token"],
}
#: Kinds of records that are called by somebody's name; what others are called is of the record, which the trail does not tell.
NAMED = ("user", "patient", "authenticator")


def watch() -> None:
    """Write down every change of the clinic's records from now on."""
    from allauth.mfa.models import Authenticator

    from intrathecal.workstation.clinic.models import RECORDS

    for model in (*RECORDS, Authenticator):
        auditlog.register(model, exclude_fields=UNTOLD.get(model.__name__, []))
        pre_save.connect(_hold, sender=model, dispatch_uid=f"hold {model.__name__}")
        pre_delete.connect(_hold, sender=model, dispatch_uid=f"hold {model.__name__}")
    post_save.connect(_seal, sender=LogEntry, dispatch_uid="seal")


def hold() -> None:
    """Hold the end of the trail until this transaction ends; SQLite lets one write at a time anyhow."""
    from intrathecal.workstation.clinic.models import Head

    if connection.in_atomic_block and connection.features.has_select_for_update:
        Head.objects.select_for_update().get_or_create(pk=1)


def locked(model: type[M]) -> QuerySet[M]:
    """Records that are held for a change, until this transaction ends; the end of the trail first."""
    hold()
    return model._default_manager.select_for_update(of=("self",))


def viewed(record: Model, page: str) -> None:
    """Write down that the ``page`` showed a ``record`` to whoever is asking; the line and its seal together."""
    with transaction.atomic():
        LogEntry.objects.log_create(
            record, force_log=True, changes=None, action=LogEntry.Action.ACCESS, additional_data={"page": page}
        )


def happened(what: str, about: Model | type[Model], called: str = "", by: Model | None = None) -> None:
    """Write down what happened that is no change of one record; ``about`` one, or about a kind of which one is ``called`` so."""
    said: dict[str, Any] = {"action": LogEntry.Action.ACCESS, "additional_data": {"event": what}, "actor": by}
    with transaction.atomic():
        hold()
        if isinstance(about, Model):
            LogEntry.objects.log_create(about, force_log=True, changes=None, **said)
        else:
            kind = ContentType.objects.get_for_model(about)
            LogEntry.objects.create(content_type=kind, object_pk="", object_repr=called, **said)


def did(line: LogEntry) -> str:
    """What a line says in a word, or in some for what is no change."""
    return str((line.additional_data or {}).get("event") or DID[line.action])


def about(line: LogEntry) -> str:
    """Which record a line is about; for what happened to none of them, what it was called."""
    if not line.object_pk:
        return str(line.object_repr)
    kind = line.content_type
    return f"{kind.name}: {line.object_repr}" if kind.model in NAMED else f"{kind.name} {line.object_pk}"


def _hold(sender: type[Model], raw: bool = False, **_: Any) -> None:
    """Before a record is changed."""
    if not raw:
        hold()


def _seal(sender: type[LogEntry], instance: LogEntry, created: bool, raw: bool = False, **_: Any) -> None:
    """Add a link for a line that was written just now; one that is restored brings its own."""
    if not created or raw:
        return
    from intrathecal.workstation.clinic.models import Head, Link

    with transaction.atomic():
        head, _new = Head.objects.select_for_update().get_or_create(pk=1)
        instance.refresh_from_db()
        head.number += 1
        head.digest = digest(head.number, head.digest, instance)
        head.save()
        Link.objects.create(number=head.number, entry=instance, digest=head.digest)


def digest(number: int, before: str, entry: LogEntry) -> str:
    """What seals a line: SHA-256 over its number, the digest ``before`` and all that it says."""
    said = [
        number,
        before,
        entry.pk,
        entry.content_type_id,
        entry.object_pk,
        entry.object_repr,
        entry.action,
        entry.changes,
        entry.changes_text,
        entry.actor_id,
        entry.remote_addr,
        entry.timestamp.isoformat(),
        entry.additional_data,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def verify() -> Iterator[str]:
    """What is wrong with the trail, one sentence for each place; nothing when it is whole."""
    from intrathecal.workstation.clinic.models import Head, Link

    before, number = "", 0
    for link in Link.objects.select_related("entry").order_by("number").iterator(chunk_size=2000):
        number += 1
        if link.number != number:
            yield f"line {number} is missing: after it comes line {link.number}"
            number = link.number
        if digest(link.number, before, link.entry) != link.digest:
            yield f"line {link.number} ({link.entry.timestamp:%d %b %Y %H:%M:%S}) is not what was written"
        before = link.digest
    head = Head.objects.filter(pk=1).first()
    if (head.number if head else 0) != number or (head.digest if head else "") != before:
        yield f"the trail ends at line {number}, and should at line {head.number if head else 0}"
    unsealed = LogEntry.objects.filter(link__isnull=True).count()
    if unsealed:
        yield f"{unsealed} lines have no seal"
