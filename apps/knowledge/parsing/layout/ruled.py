"""Tables whose cells are drawn: a grid of ruled lines, also with merged cells."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from apps.knowledge.parsing.layout.shapes import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.knowledge.parsing.layout.shapes import Rule, Sheet

_TOUCH = 3.0
_MIN_LINES = 3
_MAX_RULES = 1500
_MAX_CELL = 1500
_MIN_FILLED = 0.3
_MIN_CELLS = 4


def ruled_tables(sheet: Sheet) -> list[Table]:
    """The grids of at least two rows and columns that hold text, from the top."""
    rules = _joined(sheet.rules)
    if len(rules) > _MAX_RULES:
        return []
    found = [table for group in _groups(rules) if (table := _table(sheet, group))]
    return sorted(found, key=lambda table: table.top)


def _joined(rules: Sequence[Rule]) -> list[Rule]:
    """Pieces of one line as one rule: borders are mostly drawn cell by cell, and twice."""
    joined: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (rule.is_level, round(rule.at / _TOUCH), rule.start)):
        last = joined[-1] if joined else None
        same = last is not None and last.is_level == rule.is_level and abs(last.at - rule.at) <= _TOUCH
        if last is not None and same and rule.start <= last.end + _TOUCH:
            joined[-1] = last._replace(end=max(last.end, rule.end))
        else:
            joined.append(rule)
    return joined


def _groups(rules: list[Rule]) -> list[list[Rule]]:
    """Rules that touch each other, directly or through others."""
    parent = list(range(len(rules)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    down = [(at, rule) for at, rule in enumerate(rules) if not rule.is_level]
    for at, level in enumerate(rules):
        if not level.is_level:
            continue
        for other, upright in down:
            across = level.start - _TOUCH <= upright.at <= level.end + _TOUCH
            if across and upright.start - _TOUCH <= level.at <= upright.end + _TOUCH:
                parent[root(other)] = root(at)
    groups: dict[int, list[Rule]] = {}
    for at, rule in enumerate(rules):
        groups.setdefault(root(at), []).append(rule)
    return [group for group in groups.values() if len(group) >= 2 * _MIN_LINES]


def _table(sheet: Sheet, rules: list[Rule]) -> Table | None:
    levels, uprights = ([rule for rule in rules if rule.is_level == flag] for flag in (True, False))
    ys, xs = _places(levels), _places(uprights)
    if len(ys) < _MIN_LINES or len(xs) < _MIN_LINES:
        return None
    edges = [_edges(uprights, (top + bottom) / 2, xs) for top, bottom in pairwise(ys)]
    cells: list[list[list[int]]] = [[[] for _ in range(len(xs) - 1)] for _ in range(len(ys) - 1)]
    for index, box in enumerate(sheet.boxes):
        if box is None or not (ys[0] < box.middle < ys[-1] and xs[0] < box.centre < xs[-1]):
            continue
        row = bisect_right(ys, box.middle) - 1
        own = edges[row]
        place = bisect_right(own, box.centre) - 1
        if 0 <= place < len(own) - 1:
            cells[row][xs.index(own[place])].append(index)
    return _checked(cells, xs, ys)


def _checked(cells: list[list[list[int]]], xs: list[float], ys: list[float]) -> Table | None:
    """The table, unless the grid is a frame, a chart or a page's layout rather than a table of text."""
    rows = [row for row in cells if any(row)]
    columns = sum(any(row[at] for row in rows) for at in range(len(xs) - 1))
    filled = sum(bool(cell) for row in rows for cell in row)
    longest = max((len(cell) for row in rows for cell in row), default=0)
    if len(rows) < _MIN_LINES - 1 or columns < _MIN_LINES - 1:
        return None
    if longest > _MAX_CELL or filled < max(_MIN_FILLED * len(rows) * columns, _MIN_CELLS):
        return None
    return Table(tuple(tuple(tuple(cell) for cell in row) for row in rows), ys[0], ys[-1], tuple(xs))


def _places(rules: list[Rule]) -> list[float]:
    places: list[float] = []
    for at in sorted(rule.at for rule in rules):
        if not places or at - places[-1] > _TOUCH:
            places.append(at)
    return places


def _edges(uprights: list[Rule], middle: float, xs: list[float]) -> list[float]:
    """The column edges that are drawn at this height; merged cells leave some out."""
    drawn = [rule.at for rule in uprights if rule.start - _TOUCH <= middle <= rule.end + _TOUCH]
    return [x for x in xs if any(abs(x - at) <= _TOUCH for at in drawn)]
