"""Golden questions that a worker makes: asked of a model, or read from a set in BEIR's layout."""

from __future__ import annotations

import io
import logging
import zipfile
from typing import TYPE_CHECKING, Any, Final

from apps.audit.services import record
from apps.files.services import file_delete, file_save
from apps.knowledge.evaluation import claiming, importing, proposing
from apps.knowledge.evaluation.claiming import UNFINISHED
from apps.knowledge.evaluation.golden import room_check
from apps.knowledge.evaluation.hinting import hint_making, hint_making_after_commit
from apps.knowledge.evaluation.models import EvaluationState, GoldenMaking, MakingKind
from apps.knowledge.evaluation.sets import UnreadableSetError
from apps.knowledge.evaluation.settings import chat_models_for
from apps.llm.errors import RefusedError
from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.rest.errors import ProblemError, invalid
from apps.tenants.scope import current_tenant_id, tenant_scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.files.models import File
    from apps.knowledge.accepting import Readable
    from apps.knowledge.models import KnowledgeBase

MOST_PROPOSED: Final = 50
FILES: Final = {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": "qrels.tsv"}
"""The files of a set, by the field that brings them; without a corpus its documents must be here already."""
MOST_SET_BYTES: Final = 200_000_000
logger = logging.getLogger(__name__)
_KEPT: Final = "What was made before is kept."
FAULT: Final = f"Something on our side went wrong. {_KEPT} Begin again; if it fails again, tell the operator."
LOST: Final = f"It was begun three times and its process was lost each time. {_KEPT}"
BARRED: Final = f"The model is off, or a team here may not use it any more. {_KEPT} Choose another one."
_PLAIN: Final = (ProblemError, UnreadableSetError, VendorError, GuardrailRefusedError, ModelNotFoundError)
_PART: Final = 1 << 20


def proposals_start(*, actor: Actor, base: KnowledgeBase, model_id: UUID, count: int) -> GoldenMaking:
    """Have a model propose so many questions from passages that the actor may read; each waits for approval.

    Raises ProblemError: 400 for another model or number, 409 while questions are being made.
    """
    model = next((each for each in chat_models_for(base) if each.id == model_id), None)
    if model is None:
        message = "Choose a model that every team of this collection may use."
        raise invalid([{"field": "model_id", "message": message}])
    if not 1 <= count <= MOST_PROPOSED:
        raise invalid([{"field": "count", "message": f"From 1 to {MOST_PROPOSED} questions."}])
    room_check(base, count)
    asked = {"model_id": str(model.id), "model": model.name}
    return _begin(actor, base, MakingKind.PROPOSE, asked=asked, total=count)


def set_import(
    *, actor: Actor, base: KnowledgeBase, files: Mapping[str, Readable], name: str
) -> GoldenMaking:
    """Have a set in BEIR's layout read into the collection: documents, questions, gains.

    Raises ProblemError: 400 where queries or qrels are missing, 409 while questions are being made, 413 and
    409 as files do.
    """
    missing = [FILES[field] for field in ("queries", "qrels") if field not in files]
    if missing:
        message = f"A set needs {' and '.join(missing)}. Nothing was imported."
        raise invalid([{"field": "files", "message": message}])
    refuse_beside(base)
    packed = _packed(files)
    kept = file_save(owner_id=actor.user_id, name="set.zip", media_type="application/zip", parts=(packed,))
    return _begin(actor, base, MakingKind.IMPORT, asked={"name": name[:100]}, file=kept)


def refuse_beside(base: KnowledgeBase) -> None:
    """Raise ProblemError 409 while questions are being made for the collection."""
    if GoldenMaking.objects.filter(knowledge_base=base, state__in=UNFINISHED).exists():
        detail = "Wait for its end. Nothing was begun."
        raise ProblemError(409, "is_running", "Questions are being made for this collection", detail)


def make_questions(tenant_id: UUID, making_id: UUID) -> None:
    """Take the row if it waits or was lost, and make its questions; outside any scope."""
    with tenant_scope(tenant_id):
        making = claiming.claim(GoldenMaking, making_id)
    if making is None:
        return
    work = proposing.propose if making.kind == MakingKind.PROPOSE else importing.import_set
    try:
        note = work(making)
    except _PLAIN as error:
        _end(making, EvaluationState.FAILED, error=_told(error))
    except Exception:
        logger.exception("Making golden questions broke off.")
        _end(making, EvaluationState.FAILED, error=FAULT)
    else:
        if note is not None:
            _end(making, EvaluationState.DONE, note=note[:500])


def sweep_makings() -> int:
    """Hint what waits, or whose worker was lost, again; end what was begun too often."""
    return claiming.sweep(GoldenMaking, hint_making, LOST)


def newest_making(base: KnowledgeBase) -> GoldenMaking | None:
    """What is being made for the collection, or was made last."""
    return GoldenMaking.objects.filter(knowledge_base=base).order_by("-created_at", "-id").first()


def _begin(actor: Actor, base: KnowledgeBase, kind: MakingKind, **values: Any) -> GoldenMaking:
    refuse_beside(base)
    making: GoldenMaking = GoldenMaking.objects.create(
        knowledge_base=base, user_id=actor.user_id, kind=kind, **values
    )
    record(
        actor=actor,
        action=f"golden_questions.{kind.value}",
        target_type="knowledge_base",
        target_id=base.id,
        after=making.asked,
    )
    hint_making_after_commit(current_tenant_id(), making.id)
    return making


def _packed(files: Mapping[str, Readable]) -> bytes:
    """The files of a set as one; raises ProblemError 413."""
    whole, taken = io.BytesIO(), 0
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as pack:
        for field, name in FILES.items():
            stream = files.get(field)
            if stream is None:
                continue
            with pack.open(name, "w") as entry:
                while part := stream.read(_PART):
                    taken += len(part)
                    if taken > MOST_SET_BYTES:
                        detail = "A set has up to 200 MB. Nothing was imported."
                        raise ProblemError(413, "too_large", "The set is too large", detail)
                    entry.write(part)
    return whole.getvalue()


def _told(error: Exception) -> str:
    if isinstance(error, ModelNotFoundError) and not isinstance(error, RefusedError):
        return BARRED
    if isinstance(error, ProblemError):
        words = "; ".join(each["message"] for each in error.errors or [])
        return f"{words or f'{error.title}. {error.detail}'} {_KEPT}"
    return f"{error} {_KEPT}"


def _end(making: GoldenMaking, state: EvaluationState, **values: Any) -> None:
    with tenant_scope(making.tenant_id):
        file: File | None = making.file
        if claiming.end(making, state, **values) and file is not None:
            GoldenMaking.objects.filter(id=making.id).update(file=None)
            file_delete(file=file)
