"""A viewer sees every position once and in order, through loss, repetition, disorder and new fences."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from apps.runs.log import END, Item, Log, base_of
from apps.runs.track import Heard, Track
from tests.runs.test_log import ALPHABET


@dataclass
class World:
    """A worker, its log in Redis, its row in Postgres, and what is on the wire to one web process."""

    dice: random.Random
    fence: int = 1
    log: Log = field(default_factory=Log)
    published: int = 0
    redis: list[Item] = field(default_factory=list)
    logged: int = 0
    row: list[Item] = field(default_factory=list)
    wire: list[tuple[int, int, str, Any]] = field(default_factory=list)

    def say(self) -> None:
        self.log.append(
            self.dice.choice(["text", "text", "reasoning"]), "".join(self.dice.choices(ALPHABET, k=2))
        )

    def turn(self) -> None:
        for item in self.log.since(self.published, 1 << 40):
            self.wire.append((self.fence, item.seq, item.kind, item.payload))
        self.published = self.log.end
        if self.dice.random() < 0.5 or self.log.ended:
            self.redis += self.log.since(self.logged, 1 << 40)
            self.logged = self.log.end

    def flush_all(self) -> None:
        """FLUSHALL: the worker sees a wrong length at its next append and writes the log whole."""
        self.redis, self.logged = [], 0

    def checkpoint(self) -> None:
        self.row = list(self.log.items)


def entries(items: list[Item]) -> list[tuple[int, str, Any]]:
    return [(item.seq, item.kind, item.payload) for item in items]


def sync(track: Track, world: World) -> None:
    track.begin(world.fence, 1)
    track.fill(entries(world.row))
    track.fill(entries(world.redis))
    track.settle()


class Browser:
    """A web process that forgets, loses and repeats frames, and one viewer behind it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dice = world.dice
        self.track = Track()
        self.seen: list[Item] = []
        self.position = 0

    def receive(self) -> None:
        while self.world.wire and self.dice.random() < 0.8:
            frame = self.world.wire.pop(0)
            if self.dice.random() < 0.1:
                continue
            for _ in range(self.dice.choice([1, 1, 2])):
                if self.track.hear(*frame) in (Heard.GAP, Heard.FENCE):
                    self.track.syncing = True
        if self.dice.random() < 0.2:
            sync(self.track, self.world)
        if self.dice.random() < 0.02:
            self.track = Track()

    def look(self) -> None:
        items = self.track.after(self.position)
        self.seen += items
        self.position = items[-1].end if items else self.position


def live(world: World, browser: Browser) -> None:
    """Four hundred beats of a run and its viewer."""
    dice = world.dice
    for beat in range(400):
        if not world.log.ended:
            world.say()
            if beat > 200 and dice.random() < 0.02:
                world.log.append(END, {"state": "done"})
        for chance, event in ((0.6, world.turn), (0.1, world.checkpoint), (0.03, world.flush_all)):
            if dice.random() < chance:
                event()
        browser.receive()
        if dice.random() < 0.5:
            browser.look()


@pytest.mark.parametrize("seed", range(60))
def test_no_gap_no_repeat_through_random_cuts_loss_and_flushes(seed: int) -> None:
    world = World(random.Random(seed))
    browser = Browser(world)
    live(world, browser)
    if not world.log.ended:
        world.log.append(END, {"state": "done"})
    world.checkpoint()
    browser.track.conclude(world.fence, entries(world.row))
    while browser.position != world.log.end:
        browser.look()
    again = Log.load(0, entries(browser.seen))
    for channel in ("text", "reasoning"):
        assert again.channel(channel) == world.log.channel(channel)
        assert sum(len(i.payload) for i in browser.seen if i.kind == channel) == len(
            world.log.channel(channel)
        )
    assert [item.kind for item in browser.seen].count("end") == 1


def test_a_zombies_frames_are_dropped() -> None:
    track = Track()
    track.begin(3, 1)
    track.settle()
    assert track.hear(2, 0, "text", "old") is Heard.NOTHING
    assert track.hear(3, 0, "text", "new") is Heard.GREW
    assert track.log.channel("text") == "new"


def test_a_new_attempt_begins_at_a_position_of_its_own() -> None:
    track = Track(syncing=False)
    assert track.hear(1, 0, "step", {"step": {"index": 0}}) is Heard.GREW
    second = base_of(2)
    assert track.hear(2, second, "text", "again") is Heard.FENCE
    track.begin(2, 2)
    track.settle()
    assert [item.payload for item in track.after(1)] == ["again"]


def test_the_end_waits_for_its_total() -> None:
    track = Track(syncing=False)
    track.hear(1, 0, "text", "ab")
    assert track.hear(1, 4, END, {"state": "done"}) is Heard.GAP
    assert [item.kind for item in track.after(0)] == ["text"]
    track.hear(1, 2, "text", "cd")
    assert [item.kind for item in track.after(0)] == ["text", "end"]


def test_who_saw_more_than_was_kept_still_sees_the_end() -> None:
    track = Track(syncing=False)
    track.hear(1, 0, "text", "abcdef")
    track.conclude(2, [(0, "text", "abcd"), (4, END, {"state": "interrupted"})])
    assert [(item.seq, item.kind) for item in track.after(6)] == [(4, "end")]


def test_frames_are_held_while_the_log_is_read() -> None:
    track = Track()
    assert track.hear(1, 2, "text", "cd") is Heard.HELD
    track.begin(1, 1)
    track.fill([(0, "text", "abc")])
    assert track.settle() is Heard.GREW
    assert track.log.channel("text") == "abcd"
