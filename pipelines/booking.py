"""Who gets which place, request after request, and from when: what the step 'book' cannot say in SQL."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from decimal import Decimal
from heapq import heappop, heappush, merge
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Final

from pipelines.inorder import MOST_ROWS, NUMBER, taken_in
from spec.errors import LimitError
from spec.records import record

if TYPE_CHECKING:
    import pyarrow as pa

START, END, PLACE, CHOSEN = "_start", "_end", "_place", "_chosen"
CLASS, OFFERED = "_class", "_offered"
SIZE, ROOM, BEGINS, ENDS, FILLED = "_size", "_room", "_begins", "_ends", "_filled"
MILLION: Final = 1_000_000
"""Times are whole microseconds; numbers are counted in millionths."""
Asked = tuple[int, int, float, list[int]]
"""Number of a request, from when until when its place is taken, and the classes of places that it may have."""
Found = tuple[int, int, float, int]
"""The place of a request, its begin and end, and how full the place is at the begin."""


@record(frozen=True)
class Book:
    """Books request after request. Inputs: the numbered requests and the ranked places, each with the class it is of,
    and which class of requests may have which class of places.
    """

    step: str
    pause: int
    timed: bool
    waits: bool = False
    shared: bool = False
    kind: str = "BIGINT"
    filled: str = "BIGINT"

    def __call__(self, inputs: Sequence[pa.RecordBatchReader], seed: int) -> Mapping[str, pa.Table]:
        """The place of each request, by number, where asked for with its times and how full the place is then.

        ``seed`` is not used, because nothing is drawn.
        """
        import pyarrow as pa

        del seed
        given = taken_in(inputs[0], self.step)
        offered = inputs[1].read_all().sort_by(PLACE)
        places: dict[int, list[int]] = {}
        for place, class_ in zip(*(offered.column(name).to_pylist() for name in (PLACE, CLASS)), strict=True):
            places.setdefault(class_, []).append(place)
        may: dict[int, list[int]] = {}
        looked = 0
        for batch in inputs[2]:
            looked += batch.num_rows
            self._bound(looked)
            for asked, class_ in zip(*(batch.column(name).to_pylist() for name in (CLASS, OFFERED)), strict=True):
                may.setdefault(asked, []).append(class_)
        requests, starts, ends, classes = (given.column(name).to_pylist() for name in (NUMBER, START, END, CLASS))
        if self.waits or self.shared:
            rooms = offered.column(ROOM).to_pylist() if self.shared else [MILLION] * offered.num_rows
            room = dict(zip(offered.column(PLACE).to_pylist(), rooms, strict=True))
            return {"_found": self._shown(given, self._where_room_is(given, places, may, room))}
        asked_for: list[Asked] = []
        for request, start, end, class_ in zip(requests, starts, ends, classes, strict=True):
            if class_ not in may:
                continue
            if not self.timed:
                asked_for.append((request, 0, inf, may[class_]))
            elif start is not None and end is not None and end >= start:
                asked_for.append((request, start, end + self.pause, may[class_]))
        in_order = all(start < end for _, start, end, _ in asked_for) and all(
            one[1] <= other[1] for one, other in pairwise(asked_for)
        )
        chosen = self._as_they_come(asked_for, places) if in_order else self._by_calendar(asked_for, places)
        made = {
            NUMBER: pa.array(requests, pa.int64()),
            CHOSEN: pa.array([chosen.get(request) for request in requests], pa.int64()),
        }
        return {"_found": pa.table(made)}

    def _as_they_come(self, asked_for: Sequence[Asked], places: Mapping[int, list[int]]) -> dict[int, int]:
        """Where no request starts before an earlier one, a place is free once its last booking has ended."""
        free = {class_: list(found) for class_, found in places.items()}
        busy: dict[int, list[tuple[float, int]]] = {class_: [] for class_ in places}
        chosen: dict[int, int] = {}
        looked = 0
        for request, start, end, classes in asked_for:
            looked += len(classes)
            self._bound(looked)
            first: int | None = None
            for class_ in classes:
                left, taken = free[class_], busy[class_]
                while taken and taken[0][0] <= start:
                    heappush(left, heappop(taken)[1])
                if left and (first is None or left[0] < free[first][0]):
                    first = class_
            if first is not None:
                chosen[request] = heappop(free[first])
                heappush(busy[first], (end, chosen[request]))
        return chosen

    def _by_calendar(self, asked_for: Sequence[Asked], places: Mapping[int, list[int]]) -> dict[int, int]:
        """Places in turn, each with all that is booked there."""
        calendars: dict[int, list[tuple[int, float]]] = {}
        chosen: dict[int, int] = {}
        looked = 0
        for request, start, end, classes in asked_for:
            for place in merge(*(places[class_] for class_ in classes)):
                looked += 1
                booked = calendars.setdefault(place, [])
                if _is_free(booked, start, end):
                    chosen[request] = place
                    insort(booked, (start, end))
                    break
            self._bound(looked)
        return chosen

    def _where_room_is(
        self,
        given: pa.Table,
        places: Mapping[int, list[int]],
        may: Mapping[int, list[int]],
        room: Mapping[int, int | None],
    ) -> dict[int, Found]:
        """The place where each request can begin first, of several the first, with room for it all the while."""
        taken: dict[int, Load] = {}
        chosen: dict[int, Found] = {}
        looked = 0
        names = (NUMBER, START, END, CLASS, *([SIZE] if self.shared else []))
        for request, start, end, class_, *sizes in zip(
            *(given.column(name).to_pylist() for name in names), strict=True
        ):
            size = sizes[0] if sizes else MILLION
            since, until = (start, end) if self.timed else (0, inf)
            if size is None or class_ not in may or since is None or until is None or until < since:
                continue
            lasts = until - since + self.pause
            best: tuple[float, int] | None = None
            for place in merge(*(places[one] for one in may[class_])):
                most = room[place]
                if most is None or size > most:
                    continue
                begin, steps = taken.setdefault(place, Load()).begin(since, lasts, most - size, waits=self.waits)
                looked += 1 + steps
                self._bound(looked)
                if begin is not None and (best is None or begin < best[0]):
                    best = begin, place
                if begin == since:
                    break
            if best is not None:
                begin, place = best
                chosen[request] = place, int(begin), begin + until - since, taken[place].at(begin) + size
                taken[place].take(begin, begin + lasts, size)
        return chosen

    def _shown(self, given: pa.Table, chosen: Mapping[int, Found]) -> pa.Table:
        import pyarrow as pa

        requests = given.column(NUMBER).to_pylist()
        found = [chosen.get(request) for request in requests]
        made = {NUMBER: pa.array(requests, pa.int64())}
        made[CHOSEN] = pa.array([one and one[0] for one in found], pa.int64())
        if self.waits:
            made[BEGINS] = in_kind([None if one is None else one[1] for one in found], self.kind)
            made[ENDS] = in_kind([None if one is None else int(one[2]) for one in found], self.kind)
        if self.shared:
            made[FILLED] = in_kind([None if one is None else one[3] for one in found], self.filled)
        return pa.table(made)

    def _bound(self, looked: int) -> None:
        if looked > 10 * MOST_ROWS:
            raise LimitError(
                f"There are more than {10 * MOST_ROWS:,} pairs of a request and a place to look at.",
                hint="Say more of what a place must have: on, or where.",
                where={"step": self.step},
                data={"step": self.step, "limit": 10 * MOST_ROWS},
            )


def _is_free(booked: Sequence[tuple[int, float]], start: int, end: float) -> bool:
    """Whether nothing that is booked overlaps; bookings are in order and do not overlap each other."""
    at = bisect_right(booked, (start, end))
    before = at == 0 or booked[at - 1][1] <= start
    return before and (at == len(booked) or booked[at][0] >= end)


class Load:
    """How much of a place is taken when, in millionths: a number for each stretch from one time to the next."""

    def __init__(self) -> None:
        self._starts: list[float] = [-inf]
        self._loads: list[int] = [0]

    def at(self, time: float) -> int:
        """What is taken at a time."""
        return self._loads[bisect_right(self._starts, time) - 1]

    def begin(self, since: float, lasts: float, beside: int, *, waits: bool) -> tuple[float | None, int]:
        """From when on no more than ``beside`` is taken for so long, and how many stretches were looked at.

        None where that is never so, or not at once for one who does not wait.
        """
        place = bisect_right(self._starts, since) - 1
        begin, steps = since, 0
        while True:
            steps += 1
            until = self._starts[place + 1] if place + 1 < len(self._starts) else inf
            if self._loads[place] > beside:
                if until == inf or not waits:
                    return None, steps
                begin = until
            elif until - begin >= lasts:
                return begin, steps
            place += 1

    def take(self, begin: float, until: float, size: int) -> None:
        """Take so much from one time until another."""
        first, last = self._cut(begin), self._cut(until)
        for place in range(first, last):
            self._loads[place] += size

    def _cut(self, time: float) -> int:
        """The stretch that starts at a time, made where there is none; behind the last where that is never."""
        if time == inf:
            return len(self._starts)
        place = bisect_right(self._starts, time) - 1
        if self._starts[place] == time:
            return place
        self._starts.insert(place + 1, time)
        self._loads.insert(place + 1, self._loads[place])
        return place + 1


def in_kind(values: Sequence[int | None], kind: str) -> pa.Array:
    """Microseconds, or millionths, as an array of a type: DATE, TIMESTAMP with a zone or without, or a number."""
    import pyarrow as pa

    if kind == "DATE":
        days = [None if value is None else value // (86_400 * MILLION) for value in values]
        return pa.array(days, pa.int32()).cast(pa.date32())
    if kind.startswith("TIMESTAMP"):
        return pa.array(values, pa.timestamp("us", tz="UTC" if kind != "TIMESTAMP" else None))
    if kind == "BIGINT":
        return pa.array([None if value is None else value // MILLION for value in values], pa.int64())
    exact = [None if value is None else Decimal(value).scaleb(-6) for value in values]
    return pa.array(exact, pa.decimal128(38, 6))
