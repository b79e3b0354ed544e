"""What a numbered document looks like: pictures of its digits and letters, and the check behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

_CLASSES: Final = {"9": "[0-9]", "A": "[A-Za-z]", "*": "[0-9A-Za-z]"}


def anything(_compact: str) -> bool:
    """The check of a number that has none."""
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """One document. In a picture `9` is a digit, `A` a letter, `*` either; all else stands for itself.

    What fits a picture in `sure` is found wherever it stands; what fits one in `told` only near a telling
    word, which is the list `detail` (or, of national ids, `national_id`) in words/cues.toml. `check` is asked
    about the letters and digits alone, in capitals. A `weak` one has no check digit and is passed over behind
    words such as "order number".
    """

    detail: str
    check: Callable[[str], bool] = anything
    sure: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    weak: bool = False
    kind: Kind = Kind.NATIONAL_ID


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture made ready: `offset` characters stand before its first digit."""

    rule: Rule
    pattern: re.Pattern[str]
    behind: str
    """The expression of what begins with its first digit."""
    offset: int
    told: bool


SEPARATORS: Final = " -./()"


def made_ready(rule: Rule) -> list[tuple[tuple[int, str], Picture]]:
    """The pictures of a rule, each under the length of its first run of digits and what follows that run.

    What follows is a separator itself, "A" for a letter, "" for anything else.
    """
    ready = []
    for told, pictures in ((False, rule.sure), (True, rule.told)):
        for picture in pictures:
            parts = [_CLASSES.get(each, re.escape(each)) for each in picture]
            offset = picture.index("9")
            made = Picture(rule, re.compile("".join(parts)), "".join(parts[offset:]), offset, told)
            ready += [(key, made) for key in _keys(picture[made.offset :])]
    return ready


def _keys(picture: str) -> list[tuple[int, str]]:
    """A `*` behind the digits may be one digit more, or a letter."""
    run = len(picture) - len(picture.lstrip("9"))
    rest = picture[run:]
    stars = len(rest) - len(rest.lstrip("*"))
    if not stars:
        return [(run, "A" if rest[:1] == "A" else rest[:1])]
    follows = rest[stars : stars + 1]
    return [(run + more, "A") for more in range(stars)] + [(run + stars, follows)]
