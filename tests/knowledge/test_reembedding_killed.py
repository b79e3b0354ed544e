"""kill -9 at every stage of a change of model, with real processes: the old index serves, paid once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.changing import offer, row, serving, start, update, vectors
from tests.knowledge.conftest import Library
from tests.knowledge.dying import STAGES_OF_CHANGES
from tests.knowledge.test_ingest_killed import BATCH, RULES, TEXT, TOKENS, readers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from apps.knowledge.models import KnowledgeBase, Reembedding
    from tests.knowledge.embedding_host import EmbeddingHost


@pytest.fixture(scope="module")
def work(_embeddings: EmbeddingHost) -> Iterator[Callable[[Reembedding, str], int]]:
    with readers(_embeddings.url) as reader:

        def take_turn(change: Reembedding, stage: str) -> int:
            return reader({"tenant": str(change.tenant_id), "change": str(change.id), "stage": stage})

        yield take_turn


@pytest.fixture
def base(library: Library) -> KnowledgeBase:
    """Bob's collection with a document of 70 passages, read by a model that costs little time."""
    from apps.knowledge.reembedding.services import embedding_default_set
    from apps.tenants.scope import tenant_scope

    model = offer(library, "hashed-16")
    with tenant_scope(model.tenant_id):
        embedding_default_set(actor=library.actor(library.cast.alice), model_id=model.id)
    base = library.base(library.cast.bob)
    library.read(library.add(base, "long.md", TEXT))
    return base


def _lose(change: Reembedding) -> list[Any]:
    """Its lease runs out; what the sweeper hints."""
    from django.utils import timezone

    from apps.knowledge.reembedding import sweeping

    if row(change).state == "running":
        update(change, lease_until=timezone.now() - timedelta(seconds=1))
    hinted: list[Any] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sweeping, "hint", lambda _, change_id, fence: hinted.append(change_id))
        sweeping.sweep_reembeddings()
    return hinted


def _ledger(change: Reembedding) -> list[tuple[str, int]]:
    from apps.metering.models import UsageRecord
    from apps.tenants.scope import tenant_scope

    with tenant_scope(change.tenant_id):
        rows = UsageRecord.objects.filter(purpose="reembedding").order_by("created_at")
        return list(rows.values_list("state", "tokens_input"))


@pytest.mark.parametrize("stage", STAGES_OF_CHANGES)
def test_killed_at_a_stage_ends_switched_and_paid_once(
    library: Library,
    base: KnowledgeBase,
    embeddings: EmbeddingHost,
    work: Callable[[Reembedding, str], int],
    stage: str,
) -> None:
    before, _ = serving(base)
    model = offer(library)
    change = start(library, base, model)
    embeddings.texts.clear()
    assert work(change, stage) == -9
    is_over = stage in {"change switched", "change cleaning"}
    serves = model.id if is_over else before
    assert row(change).state == ("done" if is_over else "running")
    assert serving(base) == (serves, {serves}), "never half"
    assert vectors(base)[serves] == RULES
    if not is_over:
        assert work(change, "") == 0
        assert row(change).state == "running", "a lease that still runs is taken from nobody"
    assert change.id in _lose(change)
    assert work(change, "") == 0
    done = row(change)
    assert (done.state, done.is_clean, done.chunks_done) == ("done", True, RULES)
    assert serving(base) == (model.id, {model.id})
    assert vectors(base) == {model.id: RULES}
    again = BATCH if stage in {"change paid", "change keeping"} else 0
    assert len(embeddings.texts) == RULES + again, "only a batch whose answer was lost is asked for again"
    assert sum(tokens for _, tokens in _ledger(change)) == (RULES + again) * TOKENS
    assert {state for state, _ in _ledger(change)} == {"settled"}


def test_change_that_kills_three_workers_stops_and_the_old_index_serves(
    library: Library, base: KnowledgeBase, work: Callable[[Reembedding, str], int]
) -> None:
    before, _ = serving(base)
    change = start(library, base, offer(library))
    for attempt in range(1, 4):
        assert work(change, "change claimed") == -9
        assert row(change).attempts == attempt
        _lose(change)
    stopped = row(change)
    assert stopped.state == "failed"
    assert "on our side" in stopped.error
    assert serving(base) == (before, {before})


def test_collection_that_is_deleted_meanwhile_leaves_nothing(
    library: Library, base: KnowledgeBase, work: Callable[[Reembedding, str], int]
) -> None:
    from apps.knowledge.services import knowledge_base_delete
    from apps.tenants.scope import tenant_scope
    from tests.knowledge.conftest import counts

    change = start(library, base, offer(library))
    assert work(change, "change batched") == -9
    with tenant_scope(base.tenant_id):
        knowledge_base_delete(actor=None, knowledge_base=base)
    assert work(change, "") == 0
    left = {name: count for name, count in counts(base.tenant_id).items() if count}
    assert not left.keys() & {"KnowledgeBase", "Document", "Chunk", "ChunkVector", "Reembedding"}
