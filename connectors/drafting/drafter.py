"""A draft, put together: every list of an API with what each of its decisions rests on, as a connector states it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from connectors.drafting import pages, values
from connectors.drafting.addresses import ADDRESS, base_of
from connectors.drafting.api import Api, Endpoint
from connectors.drafting.changes import changes_of
from connectors.drafting.keys import is_local, key_of
from connectors.drafting.lists import Listing, is_of_one, listing
from connectors.drafting.numbers import rate_of
from connectors.drafting.parents import Above, Filled, filled
from connectors.drafting.questions import Asking, Decision, Open, UnknownError
from connectors.drafting.seen import Seen, Way
from connectors.drafting.shapes import ELSEWHERE
from connectors.drafting.words import clean, singular, words
from spec.base import JsonValue
from spec.errors import DataError
from spec.records import record

if TYPE_CHECKING:
    from connectors.http.definition import Definition

Plain = dict[str, JsonValue]
_WHO = (
    "me",
    "whoami",
    "myself",
    "self",
    "account",
    "profile",
    "current",
    "organisation",
    "organization",
    "company",
    "ping",
)
_NAMES = (
    {"name"},
    {"company", "name"},
    {"display", "name"},
    {"organisation", "name"},
    {"email"},
    {"login"},
    {"username"},
)
_LIMITS: Plain = {"calls": 5, "seconds": 1, "concurrency": 2}


@record(frozen=True)
class Wish:
    """What a person said: the connector's name, a sentence, answers to questions, and the address."""

    name: str
    about: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    base_url: str | None = None
    size: int | None = None
    """Records a page, where the sentence says how many."""


@record(frozen=True)
class Drafted:
    """A draft. ``digest`` identifies ``yaml``, and an approval is given to it."""

    name: str
    yaml: str
    definition: Definition
    decisions: tuple[Decision, ...]
    questions: tuple[Open, ...]
    left_out: tuple[tuple[str, str], ...]
    """Address of a list, and why it is not read."""
    notes: tuple[str, ...]
    endpoints: Mapping[str, Endpoint]
    """By stream, what it was drafted from."""
    told: frozenset[str] = frozenset()
    """Parameters of paging that a person told of."""

    @property
    def digest(self) -> str:
        """SHA-256 of the file as it is written."""
        return hashlib.sha256(self.yaml.encode()).hexdigest()


@dataclass
class _Made:
    """A stream under way."""

    listing: Listing
    key: str = ""
    way: Way | None = None
    filled: Filled | None = None
    plain: Plain = field(default_factory=dict)


def draft(api: Api, wish: Wish, where: Mapping[str, str | int], *, source: str, grade: str = "D") -> Drafted:
    """The draft of a connector for an API. ``source`` says in words what it was drafted from.

    Raises DataError where there is no list at all, or the address may be sent no key.
    """
    base, why = base_of(api.base, wish.base_url, where)
    asking = Asking(dict(wish.answers))
    asking.decided("", f"address {base}", why, sure=why != "the first address given")
    left: dict[str, str] = {}
    made = _streams(api, wish, asking, left)
    settings: dict[str, JsonValue] = {name: dict(one) for name, one in api.settings.items() if "{" + name + "}" in base}
    if "{url}" in base:
        settings["url"] = dict(ADDRESS)
    for one in made.values():
        if one.filled is not None:
            settings |= {name: dict(said) for name, said in one.filled.settings.items()}
    proofs = _proofs(api, asking)
    asking.refuse_strange()
    questions = tuple(asking.open.values())
    if not made and not any(one.streams for one in questions):
        raise DataError(
            "No list was found that could be read."
            if not left
            else f"No list can be read: {next(iter(left.values()))}.",
            hint="A connector reads addresses that give lists of records with GET.",
            where=where,
        )
    plain: Plain = {
        "title": api.title or clean(wish.name.replace("_", " ").title()),
        "description": clean(f"Lists of {api.title or wish.name}, drafted from {source}", 120) + ".",
        **({"docs": api.docs} if api.docs.startswith("https://") and len(api.docs) < 200 else {}),
        **({"api": api.version} if api.version else {}),
        "proof": {"grade": grade, "tried_on": f"nothing yet: drafted from {source}"},
        "base_url": base,
        **({"settings": settings} if settings else {}),
        **({"auth": proofs} if proofs else {}),
        "limits": _limits(api, asking),
        "errors": _errors(bool(proofs)),
    }
    plain |= _shared(made)
    check = _check(api, asking, {one.endpoint.path for one in (item.listing for item in made.values())})
    plain |= {"check": check} if check else {}
    plain["streams"] = {name: one.plain for name, one in made.items()}
    notes = (*api.notes, *_notes(api))
    return Drafted(
        name=wish.name,
        yaml=_written(plain, source),
        definition=_definition(plain),
        decisions=tuple(one for one in asking.decisions if not one.stream or one.stream in made),
        questions=questions,
        left_out=tuple(left.items()),
        notes=notes,
        endpoints={name: one.listing.endpoint for name, one in made.items()},
        told=frozenset(one.way.told for one in made.values() if one.way is not None and one.way.told),
    )


def _streams(api: Api, wish: Wish, asking: Asking, left: dict[str, str]) -> dict[str, _Made]:
    taken: set[str] = set()
    found: list[Listing] = []
    # Short addresses first, so that /orders is called orders and /invoices/{id}/orders something longer.
    for endpoint in sorted(api.endpoints, key=lambda one: (one.path.count("{"), len(one.path))):
        one = listing(endpoint, asking, taken)
        if one is not None:
            found.append(one)
        elif endpoint.answer is not None and not is_of_one(endpoint.path):
            open_ = next(
                (name for name in asking.open if name.endswith(".records") and endpoint.path in asking.open[name].text),
                None,
            )
            if open_ is not None:
                left[endpoint.path] = "which list of its answer is meant is asked"
    wanted = _meant(found, wish.about)
    if wanted is not None:
        # What is asked about lists that nobody wants need not be answered.
        asking.open = {key: one for key, one in asking.open.items() if not one.streams or set(one.streams) & wanted}
    everywhere = _everywhere(found)
    made: dict[str, _Made] = {}
    above: list[Above] = []
    for one in _in_order(found):
        if wanted is not None and one.name not in wanted and not _leads_to(one, wanted, found):
            continue
        try:
            item = _opened(one, api, asking, above, everywhere)
        except UnknownError as reason:
            left[one.endpoint.path] = str(reason).rstrip(".")
            continue
        made[one.name] = item
        assert item.filled is not None
        depth = 1 + max(
            (a.depth for a in above if item.filled.parent and a.listing.name == item.filled.parent["stream"]),
            default=-1,
        )
        above.append(Above(one, item.key, item.filled.kept, depth))
    _paged(made, asking, left, unread=ELSEWHERE in api.notes)
    _without_orphans(made, left)
    for name, item in made.items():
        item.plain = _stream(item, api, asking)
        if item.filled is not None and item.filled.parent is None and wanted is not None and name not in wanted:
            asking.decided(name, "read too", "another list stands inside of its records")
    return made


def _in_order(found: Sequence[Listing]) -> list[Listing]:
    """Lists that need nothing first, then those inside of them: the number of names in an address tells."""
    needed = {
        one.name: len(one.needs)
        + sum(p.required and p.place in {"query", "body"} for p in one.endpoint.parameters)
        + (one.endpoint.method == "POST")
        for one in found
    }
    return sorted(found, key=lambda one: needed[one.name])


def _meant(found: Sequence[Listing], about: str) -> set[str] | None:
    """The lists that a sentence names; None where it names none, which means all."""
    said = {singular(word) for word in words(about)}
    named = {one.name for one in found if {singular(word) for word in words(one.name)} <= said}
    return named or None


def _leads_to(one: Listing, wanted: set[str], found: Sequence[Listing]) -> bool:
    """Whether a wanted list stands inside of this one's records."""
    start = one.endpoint.path.rstrip("/") + "/{"
    return any(other.name in wanted and other.endpoint.path.startswith(start) for other in found)


def _everywhere(found: Sequence[Listing]) -> set[str]:
    """Names that most addresses begin with and no list gives: a tenant, an account."""
    paths = {one.endpoint.path.rstrip("/") for one in found}
    firsts = Counter(
        one.needs[0]
        for one in found
        if one.needs and one.endpoint.path[: one.endpoint.path.index("{")].rstrip("/") not in paths
    )
    return {name for name, count in firsts.items() if count > 1 and 2 * count > len(found)}


def _opened(one: Listing, api: Api, asking: Asking, above: Sequence[Above], everywhere: set[str]) -> _Made:
    address = filled(one, above, everywhere, asking)
    asking.decided(one.name, f"records at {one.records or 'the top'}", one.evidence)
    key = "+".join(one.endpoint.key) if len(one.endpoint.key) > 1 else key_of(one, api, asking)
    return _Made(one, key, filled=address)


def _paged(made: dict[str, _Made], asking: Asking, left: dict[str, str], *, unread: bool) -> None:
    """How each list comes in pages; those that show nothing are decided when all others are."""
    silent: list[str] = []
    for name, item in list(made.items()):
        try:
            item.way = pages.shown(_seen(item, asking))
        except UnknownError as reason:
            left[item.listing.endpoint.path] = str(reason).rstrip(".")
            del made[name]
            continue
        if item.way is None:
            silent.append(name)
    others = any(item.way is not None for item in made.values())
    for name in silent:
        item = made[name]
        try:
            item.way = pages.whole(_seen(item, asking), others_are_paged=others, unread=unread)
        except UnknownError as reason:
            left[item.listing.endpoint.path] = str(reason).rstrip(".")
            del made[name]
    for name, item in made.items():
        assert item.way is not None
        asking.decided(name, f"pages by {item.way.use}", item.way.evidence, sure=item.way.sure)


def _seen(item: _Made, asking: Asking) -> Seen:
    one = item.listing
    key = item.key if "+" not in item.key else ""
    return Seen(one.name, one.endpoint, one.records, key, asking)


def _without_orphans(made: dict[str, _Made], left: dict[str, str]) -> None:
    """Leave out what stands inside of lists that are left out."""
    while True:
        lost = [
            name
            for name, item in made.items()
            if item.filled is not None and item.filled.parent is not None and item.filled.parent["stream"] not in made
        ]
        if not lost:
            return
        for name in lost:
            item = made.pop(name)
            assert item.filled is not None and item.filled.parent is not None  # noqa: PT018 - one thing, for the types
            left[item.listing.endpoint.path] = f"it stands inside of {item.filled.parent['stream']}, which is left out"


def _stream(item: _Made, api: Api, asking: Asking) -> Plain:
    one, address, way = item.listing, item.filled, item.way
    assert address is not None and way is not None  # noqa: PT018 - one thing, for the types
    fixed = one.endpoint.request
    changes = changes_of(one, asking, api.protocol, fixed)
    said = cast("Plain", dict(fixed))
    params: Plain = {
        **cast("Plain", said.pop("params", {})),
        **address.params,
        **(dict(changes.params) if changes else {}),
    }
    headers: Plain = {**address.headers, **(dict(changes.headers) if changes else {})}
    asked = "query" if "query" in said else one.endpoint.method
    plain: Plain = {"description": f"From {asked} {one.endpoint.path or one.endpoint.name}."}
    plain |= {"path": address.path} if address.path else {}
    if asked == "POST":
        asking.decided(
            one.name, "asked with POST", "its name says that it searches, and no GET lists the same", sure=False
        )
        plain |= {"method": "POST", "body": {**address.body, **(dict(changes.body) if changes else {})}}
    plain |= {key: item_ for key, item_ in said.items() if key == "query"}
    plain |= {"params": params} if params else {}
    plain |= {"headers": headers} if headers else {}
    plain |= {"records": one.records, "paginate": cast("JsonValue", way.to_json())}
    plain |= {"primary_key": cast("JsonValue", _primary(item, address))} if item.key else {}
    if changes is not None:
        plain["cursor"] = {"field": changes.field, "lookback": changes.lookback}
        plain |= {"incremental": dict(changes.incremental)} if changes.incremental else {}
    plain |= {"parent": dict(address.parent)} if address.parent else {}
    times, types = dict(values.times(one.record)), dict(values.types(one.record))
    plain |= {"times": cast("JsonValue", times)} if times else {}
    plain |= {"types": cast("JsonValue", types)} if types else {}
    plain |= {key: item_ for key, item_ in said.items() if key == "leave_out"}
    return plain


def _primary(item: _Made, address: Filled) -> str | list[str]:
    if "+" in item.key:
        return item.key.split("+")
    if address.parent is not None and is_local(item.key) and address.kept:
        return [*address.kept, item.key]
    return item.key


def _shared(made: Mapping[str, _Made]) -> Plain:
    """What most streams say alike is said once for all."""
    shared: Plain = {}
    for what in ("paginate", "records"):
        counted = Counter(repr(one.plain.get(what)) for one in made.values())
        if not counted or counted.most_common(1)[0][1] < 2:
            continue
        common = next(
            one.plain[what] for one in made.values() if repr(one.plain.get(what)) == counted.most_common(1)[0][0]
        )
        shared[what] = common
        for one in made.values():
            if one.plain.get(what) == common:
                del one.plain[what]
    return shared


def _proofs(api: Api, asking: Asking) -> list[JsonValue]:
    for number, one in enumerate(api.proofs):
        use = str(one.unit["use"])
        asking.decided("", f"{'proof' if not number else 'or'} {use}", one.evidence, sure=not api.protocol)
    if api.proofs or api.open:
        if not api.proofs:
            asking.decided("", "no proof", "the description says that anybody may ask")
        return [dict(one.unit) for one in api.proofs]
    said = asking.answer(
        "auth",
        "How does a program prove who asks? The description does not say.",
        [
            ("bearer", "a token in the header Authorization"),
            ("basic", "user and password"),
            ("none", "nobody need prove it"),
        ],
    )
    if said == "none":
        return []
    unit: Plain = {"use": said or "bearer", **({"title": "API token"} if said != "basic" else {})}
    why = "you said so" if said else "nothing says how: a token in the header Authorization, as most have it"
    asking.decided("", f"proof {unit['use']}", why, sure=said is not None)
    return [unit]


def _limits(api: Api, asking: Asking) -> Plain:
    told = rate_of(api.text)
    limits = dict(_LIMITS)
    if told is not None:
        calls, seconds, said = told
        limits |= {"calls": calls, "seconds": seconds}
        asking.decided("", f"{calls} requests in {seconds} s", f"the description says '{clean(said)}'")
    else:
        asking.decided("", "5 requests a second", "nothing says how many the system bears", sure=False)
    headers = {name for one in api.endpoints for name in one.headers}
    for key, word in (("remaining", "remaining"), ("reset", "reset")):
        named = sorted(
            (name for name in headers if word in words(name) and {"rate", "ratelimit", "limit"} & set(words(name))),
            key=len,
        )
        if named:
            limits[key] = named[0]
            asking.decided("", f"{key} in {named[0]}", "a header of its answers")
    return limits


def _errors(is_proven: bool) -> list[JsonValue]:
    if not is_proven:
        return []
    return [
        {
            "status": 401,
            "do": "renew",
            "message": "The system does not know this key. Save the connection again with a valid one.",
        },
        {
            "status": 403,
            "do": "deny",
            "message": "The key may not read this. Give it the right to read in the system itself.",
        },
    ]


def _check(api: Api, asking: Asking, lists: set[str]) -> Plain:
    """The address that says who asks, where there is one."""
    for word in _WHO:
        for one in api.endpoints:
            last = one.path.rstrip("/").rpartition("/")[2].lower()
            answer = one.answer
            plain = last == word and "{" not in one.path and one.path not in lists
            if not plain or answer is None or not answer.properties or any(p.required for p in one.parameters):
                continue
            leaf = next(
                (
                    place
                    for wanted in _NAMES
                    for place, _ in answer.leaves(most=3)
                    if set(words(place.rpartition("/")[2])) == wanted
                ),
                "",
            )
            asking.decided("", f"check {one.path}", "the address tells who asks", sure=False)
            return {"path": one.path, **({"account": leaf} if leaf else {})}
    return {}


def _notes(api: Api) -> list[str]:
    methods = [one for one in api.endpoints if one.answer is None]
    return [f"{len(methods)} addresses do not say what they answer, so they are not read."] if methods else []


def _definition(plain: Plain) -> Definition:
    from pydantic import ValidationError

    from connectors.http.definition import Definition

    try:
        return Definition.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DataError(
            f"What the description says cannot be a connector: {place}: {first['msg']}.",
            hint="Leave that list out with --about, or write the connector yourself.",
        ) from None


def _written(plain: Plain, source: str) -> str:
    import yaml

    head = f"# Drafted from {clean(source, 100)}. README.md says what each line rests on.\n"
    body = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return head + body
