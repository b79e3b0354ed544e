"""What is withdrawn leaves its width in a log and nothing else."""

from apps.runs.log import Log

SAID = {"text": "", "reason": "Not here."}


def _written() -> Log:
    log = Log()
    log.append("reasoning", "Secret?")
    log.append("text", "The secret")
    log.append("tool", {"index": 0, "id": "c", "name": "send", "arguments": "secret"})
    return log


def test_nothing_of_it_is_left_and_every_position_stays() -> None:
    log = _written()
    before = log.end
    log.append("replaced", SAID)
    assert log.end == before + 1
    assert "ecret" not in log.dump().decode()
    assert [(item.seq, item.kind) for item in log.items] == [
        (0, "reasoning"),
        (7, "text"),
        (17, "tool"),
        (18, "replaced"),
    ]
    assert log.items[2].payload["name"] == "send"
    assert (log.channel("text"), log.channel("reasoning")) == ("", "")


def test_what_follows_is_the_text_and_its_offsets_begin_anew() -> None:
    log = _written()
    log.append("replaced", {"text": "Sorry. ", "reason": "Not here."})
    log.append("text", "And so on")
    assert log.channel("text") == "Sorry. And so on"
    assert log.items[-1].offset == 7


def test_a_copy_that_hears_of_it_later_forgets_it_too() -> None:
    ours, theirs = _written(), _written()
    ours.append("replaced", SAID)
    assert theirs.put(ours.items[-1].seq, "replaced", SAID)
    assert theirs.dump() == ours.dump()
    late = Log.load(0, [(item.seq, item.kind, item.payload) for item in ours.items])
    assert "ecret" not in str(late.since(3))
