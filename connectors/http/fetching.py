"""All pages of a stream, into a folder: one list, or one for each record of a parent stream.

A list is a walk from its first page on. The log of ``connectors.http.staged`` knows each walk's next request, so a read
that was killed goes on where it was.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import cast

from connectors.http import placeholders
from connectors.http.asking import Answer, Ask, Paginator, ask_of, at, paginator, params_of
from connectors.http.definition import Definition, Parent, Request, Stream
from connectors.http.newest import Past
from connectors.http.repeats import Keys
from connectors.http.sending import EndError, Sender, SkipError
from connectors.http.staged import Pages
from connectors.http.windows import Window
from spec.base import Document, JsonValue
from spec.errors import DataError, LimitError
from spec.records import record

Values = Mapping[str, str | None]
ELSEWHERE = "base_url"
"""Among the values of placeholders: where all of a connection's requests go instead of the connector's addresses."""


@record(frozen=True)
class Walk:
    """One list to read: its name among the stream's, its first request, and what its parent's record gives."""

    name: str
    first: Ask
    parent: Mapping[str, JsonValue] = field(default_factory=dict)
    window: Window | None = None
    named: Values = field(default_factory=dict)
    """What the parent's record gives to the request."""


@dataclass
class Fetch:
    """Reading one stream. ``enough`` records end it early, for a first look."""

    definition: Definition
    stream: str
    request: Request
    sender: Sender
    pages: Pages
    values: Values
    keys: Keys
    fields: dict[str, None]
    """Names at the top of the records, in order of appearance."""
    parents: Callable[[], Iterator[Mapping[str, JsonValue]]] | None = None
    windows: Sequence[Window] = ()
    past: Past | None = None
    enough: int | None = None
    is_whole: bool = True
    """False when ``enough`` ended the reading before its end."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: set[str] = field(default_factory=set)
    _counts: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """Read what is still to be read; whoever called says that it is all. What fails leaves the pages closed."""
        if self.pages.done:
            return
        unit, params = paginator(self.request.paginate)
        ended: set[str] = set()
        open_: dict[str, Ask] = {}
        ahead: dict[str, Sequence[Ask]] = {}
        for page in self.pages.log:
            self._counts[page.walk] += page.records
            if page.then is not None:
                open_[page.walk] = ask_of(cast("dict[str, JsonValue]", page.then))
            else:
                open_.pop(page.walk, None)
                ended.add(page.walk)
            if page.ahead is not None:
                asks = cast("list[dict[str, JsonValue]]", page.ahead)
                ahead[page.walk] = [ask_of(one) for one in asks]
        try:
            with ThreadPoolExecutor(2 * self.definition.limits.concurrency, thread_name_prefix="dreflow-http") as pool:
                self._all(pool, unit, params, ended, open_, ahead)
        except BaseException:
            self.pages.close()
            raise

    def _all(
        self,
        pool: ThreadPoolExecutor,
        unit: Paginator,
        params: Document,
        ended: set[str],
        open_: Mapping[str, Ask],
        ahead: Mapping[str, Sequence[Ask]],
    ) -> None:
        waiting: set[Future[Sequence[Walk]]] = set()
        # Windows are read in their order: what changes meanwhile moves on into a later one.
        most = 1 if self.windows else 2 * self.definition.limits.concurrency
        todo = self._todo(unit, params, ended, open_, ahead)
        more: list[Walk] = []
        try:
            while True:
                while len(waiting) < most:
                    if self._has_enough():
                        self.is_whole = False
                        break
                    walk = more.pop() if more else next(todo, None)
                    if walk is None:
                        break
                    if walk.name not in ended:
                        waiting.add(pool.submit(self._walk, walk, unit, params))
                if not waiting:
                    return
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for one in done:
                    more.extend(reversed(one.result()))
        except BaseException:
            for one in waiting:
                one.cancel()
            raise

    def _todo(
        self,
        unit: Paginator,
        params: Document,
        ended: set[str],
        open_: Mapping[str, Ask],
        ahead: Mapping[str, Sequence[Ask]],
    ) -> Iterator[Walk]:
        """Every list with where its reading goes on; those known ahead are lists of one page."""
        todo = deque(self._walks(unit, params)) if self.windows else self._walks(unit, params)
        for walk in _drained(todo):
            if walk.name in open_:
                yield replace(walk, first=open_[walk.name])
            elif walk.name not in ended:
                yield walk
            elif isinstance(todo, deque) and self._is_full(walk):
                todo.extendleft(reversed(self._halves(walk, unit, params)))
            for one in _numbered(walk, ahead.get(walk.name, ())):
                if one.name not in ended:
                    yield one

    def _walks(self, unit: Paginator, params: Document) -> Iterator[Walk]:
        if self.parents is None:
            for window in self._windows():
                yield self._first(unit, params, window, {}, {})
            return
        known: set[str] = set()
        for parent in self.parents():
            named = {f"parent.{name}": _text(value) for name, value in parent.items()}
            keep = self._stream.parent.keep if self._stream.parent is not None else {}
            kept = {name: parent[name] for name in keep if name in parent}
            for window in self._windows():
                walk = self._first(unit, params, window, named, kept)
                if walk.first.mark not in known:
                    known.add(walk.first.mark)
                    yield walk

    def _windows(self) -> Sequence[Window | None]:
        # A first look is at what is new: in the oldest windows there is often nothing.
        return (list(reversed(self.windows)) if self.enough is not None else self.windows) or (None,)

    def _first(
        self, unit: Paginator, params: Document, window: Window | None, named: Values, parent: Mapping[str, JsonValue]
    ) -> Walk:
        """A list from its first page on."""
        values = {**self.values, **named, **(window.values if window is not None else {})}
        first = unit.first(params, build(self.definition, self.request, values))
        alone = self.parents is None and window is None
        return Walk("" if alone else first.mark[:16], first, parent, window, named)

    def _is_full(self, walk: Walk) -> bool:
        """Whether a window has as many records as the system gives of a list."""
        most = self._stream.windows.most if self._stream.windows is not None else None
        return walk.window is not None and most is not None and self._counts[walk.name] >= most

    def _halves(self, walk: Walk, unit: Paginator, params: Document) -> list[Walk]:
        assert walk.window is not None
        halves = walk.window.halves(self.stream)
        return [self._first(unit, params, half, walk.named, walk.parent) for half in halves]

    def _walk(self, walk: Walk, unit: Paginator, params: Document) -> Sequence[Walk]:
        """Read a list to its end; lists known ahead are given back to be read beside each other."""
        ask: Ask | None = walk.first
        single = self._stream.single
        last: Answer | None = None
        while ask is not None:
            self._once(walk, ask)
            try:
                answer = self.sender.send(ask, self.request.records, single=single)
            except (EndError, SkipError):
                self._keep(walk, Answer({}, b"", None, ()), None, None)
                return ()
            self._refuse_repeated(last, answer)
            last = answer
            ahead = None
            is_step_by_step = bool(self.windows) or self.past is not None
            if walk.first is ask and not walk.name.startswith("+") and not is_step_by_step:
                ahead = unit.ahead(params, ask, answer)
            then = unit.following(params, ask, answer) if ahead is None and not walk.name.startswith("+") else None
            if then is None and ahead is None and not self.windows:
                self._refuse_ended(params, answer)
            with self._lock:
                self._counts[walk.name] += answer.count
                if self._is_full(walk) or (self.past is not None and self.past.is_reached(walk.name, answer.records)):
                    then = None
            self._keep(walk, answer, then, ahead)
            if self._is_full(walk) and self.enough is None:
                return self._halves(walk, unit, params)
            if ahead:
                return _numbered(walk, ahead)
            if then is not None and self._has_enough():
                self.is_whole = False
                return ()
            ask = then
        return ()

    def _keep(self, walk: Walk, answer: Answer, then: Ask | None, ahead: Sequence[Ask] | None) -> None:
        with self._lock:
            self.pages.keep(
                walk.name,
                answer.content,
                walk.parent,
                answer.count,
                then=then.to_json() if then is not None else None,
                ahead=[one.to_json() for one in ahead] if ahead else None,
            )
            self.keys.extend(answer.records, walk.parent)
            for item in answer.records:
                if isinstance(item, dict) and not item.keys() <= self.fields.keys():
                    self.fields.update(dict.fromkeys(item))

    def _once(self, walk: Walk, ask: Ask) -> None:
        """A page is asked for once; a system that leads back to one would be read for ever."""
        with self._lock:
            mark = f"{walk.name} {ask.mark}"
            if mark in self._seen:
                raise DataError(
                    "The system leads back to a page that was read before.",
                    hint="Nothing was published. This is a fault of the system, or of the connector's paging.",
                    data={"stream": self.stream},
                )
            self._seen.add(mark)

    def _refuse_repeated(self, last: Answer | None, answer: Answer) -> None:
        """A system that does not know the paging's parameters gives its first page for ever."""
        if last is not None and answer.records and answer.records == last.records:
            raise DataError(
                "The system gives the same records on the next page.",
                hint="Nothing was published. Check how the connection says that the list is paged.",
                data={"stream": self.stream},
            )

    def _refuse_ended(self, params: Document, answer: Answer) -> None:
        """Where a system ends its lists after so many records, a list of as many is none that is known to be whole."""
        most = getattr(params, "most", 0)
        if most and self.parents is None and self.pages.records + answer.count >= most:
            raise LimitError(
                f"The system gives {most:,} records of a list and no more; there may be others behind them.",
                hint="Nothing was published. Ask for a part of the list, or for what has changed.",
                data={"stream": self.stream},
            )

    def _has_enough(self) -> bool:
        return self.enough is not None and self.pages.records >= self.enough

    @property
    def _stream(self) -> Stream:
        return self.definition.streams[self.stream]


def _drained(todo: Iterator[Walk] | deque[Walk]) -> Iterator[Walk]:
    """What is to do, also what is put in front meanwhile."""
    if not isinstance(todo, deque):
        yield from todo
        return
    while todo:
        yield todo.popleft()


def _numbered(walk: Walk, ahead: Sequence[Ask]) -> list[Walk]:
    return [Walk(f"+{walk.name}#{number}", ask, walk.parent) for number, ask in enumerate(ahead, start=2)]


def parents_of(parent: Parent, records: Iterable[Mapping[str, JsonValue]]) -> Iterator[Mapping[str, JsonValue]]:
    """What the records of a parent stream give to the lists that they have."""
    places = {**parent.ask, **parent.keep}
    for item in records:
        whole = cast("JsonValue", item)
        # A number is spelled as text here.
        if parent.only is None or at(whole, parent.only) not in (None, False, "", "0", []):
            yield {name: _plain(at(whole, pointer)) for name, pointer in places.items()}


def _plain(value: JsonValue) -> JsonValue:
    """A number as spelled becomes a plain text, as an address or a parameter needs it."""
    return str(value) if isinstance(value, str) else value


def build(definition: Definition, request: Request, values: Values) -> Ask:
    """The request with its placeholders filled; what has no value is left out."""
    # A connection that leads elsewhere does so with all its requests.
    base = values.get(ELSEWHERE) or placeholders.filled(request.base_url or definition.base_url, values)
    base = base.rstrip("/")
    path = placeholders.filled(request.path, values)
    address, _, written = (base + path).partition("?")
    params = params_of(written)
    for name, given in request.params.items():
        try:
            if isinstance(given, list):
                params[name] = [placeholders.filled(item, values) for item in given]
            else:
                params[name] = _spelled(given, values)
        except placeholders.MissingError:
            continue
    headers: dict[str, str] = {}
    for name, text in {**definition.headers, **request.headers}.items():
        try:
            headers[name] = placeholders.filled(text, values)
        except placeholders.MissingError:
            continue
    body = placeholders.filled_all(request.body, values)
    method = request.method
    if request.query:
        method, body = "POST", {"query": request.query, "variables": body if body is not None else {}}
    return Ask(method, address, params, headers, body)


def _spelled(given: str | int | bool, values: Values) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    return str(given) if isinstance(given, int) else placeholders.filled(given, values)


def _text(value: JsonValue) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
