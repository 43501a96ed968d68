"""Find the records that are the same thing, in one table or two, and make one row of each.

Records are looked up by rare words and values they share, compared column by column, and each pair gets a chance from 0
to 1 with reasons: the rarer what two records share, the more it speaks for them; what speaks against them counts too.
From ``automatic`` on a pair is made by itself, from ``review`` on it goes to ``<step>.review`` for a person, below they
stay apart. Names that contradict, and pairs that share only an address, a date or a price, are never automatic, unless
nothing but addresses is compared. Linking two clean tables, neither are pairs that differ by what tells records of one
table apart: red here and blue there, 2 and 4. A and C do not become one only because B is like both, and what is like
two that contradict each other is asked about.

The result has one row an entity, each column filled by its rule of survival. ``<step>.mapping`` says which record is
which entity, and why. No labels, no training: the same rows give the same result in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.entities import laying, survivors
from pipelines.entities.columns import Compared, Kind, guessed, kind_by_name
from pipelines.entities.deciding import FIELDS, LINKS, REVIEW, Deciding
from pipelines.entities.laying import Layout
from pipelines.entities.stages import STAGES, alike_words, stage
from pipelines.entities.survivors import Rule, Surviving
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from spec.base import Document, JsonValue
from spec.pipeline import Strings

CODES = -1
"""Place of the codes found in texts, which are compared across columns."""
EVEN = 10_000
"""Thousandths of a bit against a pair where weights are given: one in about a thousand."""
PARTNERS = {True: 6, False: 12}
"""With how many others a record is compared at most, linking two tables or finding duplicates."""


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_columns(value: object) -> object:
    """A name, a list of names or pairs, or a mapping of column to kind, as a list of columns."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, Mapping):
        return [
            {"left": name, **(held if isinstance(held, Mapping) else {"kind": held})} for name, held in value.items()
        ]
    if isinstance(value, list | tuple):
        return [
            {"left": item} if isinstance(item, str)
            else {"left": item[0], "right": item[1]} if isinstance(item, list | tuple) and len(item) == 2
            else item
            for item in value
        ]  # fmt: skip
    return value


def _as_both(value: object) -> object:
    return (value, value) if isinstance(value, str) else value


class ComparedColumn(Document):
    """One column that is compared."""

    left: str = Field(description="Column of the first input.")
    right: str = Field(default="", description="Column of the second input; the same name when empty.")
    kind: Kind = Field(
        default="auto",
        description="What it holds: name, text, address, phone, email, money, date, code or exact; guessed when auto.",
    )
    weight: int | None = Field(
        default=None, ge=1, le=30,
        description="Bits that agreeing on it is worth, e.g. 10 for one in a thousand; from the data when empty.",
    )  # fmt: skip


Threshold = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^(0(\.\d+)?|1(\.0+)?)$")]


class Params(Document):
    """What names a record, what is compared, from when on records are one, and which values survive."""

    id_column: Annotated[tuple[str, ...], BeforeValidator(_as_both)] = Field(
        default=(), max_length=2,
        description="Column that names a record, or [of the first input, of the second]; its key when empty.",
        json_schema_extra={"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    )  # fmt: skip
    compare: Annotated[tuple[ComparedColumn, ...], BeforeValidator(_as_columns)] = Field(
        default=(),
        description="Columns to compare: names, {column: kind}, or {left, right, kind, weight} each; all that can tell "
        "who or what a record is, by name and content, when empty.",
        json_schema_extra={"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "object"}]},
    )
    one_to_one: bool | None = Field(
        default=None,
        description="Two inputs without duplicates of their own: a record has one partner at most. True for two "
        "inputs when empty; false looks for duplicates within each as well.",
    )
    automatic: Threshold = Field(default="0.9", description="Least chance of a pair that is made by itself, 0 to 1.")
    review: Threshold = Field(default="0.3", description="Least chance of a pair that a person is asked about.")
    block: Strings = Field(default=(), description="Columns that must be equal before records are compared at all.")
    keep: dict[str, Rule] = Field(
        default={},
        description="Column to the rule of its surviving value: most_frequent, longest, latest, earliest, first "
        "(by source), largest, smallest.",
    )
    otherwise: Rule = Field(default="most_frequent", description="The rule of the columns that keep does not name.")
    latest_by: str = Field(default="", description="Column that says how new a record is, for latest and earliest.")
    prefer: Strings = Field(
        default=(), description="Sources by trust, the best first: names of inputs, or values of prefer_by."
    )
    prefer_by: str = Field(default="", description="Column that holds a record's source; the input when empty.")

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> Params:
        if Decimal(self.review) > Decimal(self.automatic):
            raise ValueError("review is above automatic; pairs from review to automatic go to a person")
        timed = {"latest", "earliest"} & {self.otherwise, *self.keep.values()}
        if timed and not self.latest_by:
            raise ValueError(f"{min(timed)} needs latest_by, the column that says how new a record is")
        return self


arity: Final = (1, 2)
outputs: Final[Mapping[str, str]] = {
    "mapping": "Each record with its entity, the record it is linked with, the score and the reason.",
    "review": "Pairs for a person: both records, the score, the reason, and the compared values side by side.",
}
keywords: Final = (
    "find duplicate customers with different spellings, same person entered twice under another name, match "
    "customers of two lists without a common number, record linkage, merge doubles into one golden record, fuzzy "
    "matching of names and addresses, deduplicate contacts that are alike"
)
example: Final[Mapping[str, JsonValue]] = {
    "tables": {
        "customers": {
            "columns": {"id": "INTEGER", "name": "VARCHAR", "email": "VARCHAR", "phone": "VARCHAR", "seen": "DATE"},
            "primary_key": "id",
            "rows": [
                [1, "Robert Miller", "rob.miller@mail.test", "+49 30 5551234", "2026-01-10"],
                [2, "Bob Miller", "rob.miller@mail.test", "030 5559876", "2026-05-02"],
                [3, "Bert Miller", None, "030 5551234", "2026-03-01"],
                [4, "Ana Costa", "ana@costa.test", None, "2026-02-01"],
            ],
        }
    },
    "step": {"use": "entities", "from": "customers", "compare": ["name", "email", "phone"],
             "keep": {"name": "longest", "phone": "latest"}, "latest_by": "seen"},
    "rows": {
        "": [["1", 1, "Robert Miller", "rob.miller@mail.test", "030 5559876", "2026-01-10", 2],
             ["3", 3, "Bert Miller", None, "030 5551234", "2026-03-01", 1],
             ["4", 4, "Ana Costa", "ana@costa.test", None, "2026-02-01", 1]],
        "mapping": [["1", "customers", 1, 2, "0.998", "same email; name alike; phone differs"],
                    ["1", "customers", 2, 1, "0.998", "same email; name alike; phone differs"],
                    ["3", "customers", 3, None, None, "no other record is alike enough"],
                    ["4", "customers", 4, None, None, "no other record is alike enough"]],
        "review": [["customers", 1, "customers", 3, "0.997",
                    "same phone; name alike; joining them would join records that are not alike", "Robert Miller",
                    "Bert Miller", "rob.miller@mail.test", None, "+49 30 5551234", "030 5551234"]],
    },
}  # fmt: skip


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Candidates, evidence and chances in SQL; the groups are decided by ``apply``; what survives in SQL again."""
    laid = _layout(params, inputs, scope)
    linking = laid.two if params.one_to_one is None else params.one_to_one
    if linking and not laid.two:
        raise scope.fail("There is one input, and one_to_one links two.", field="one_to_one", hint="Leave it out.")
    automatic, review = (int(Decimal(value) * 1000) for value in (params.automatic, params.review))
    surviving = _surviving(params, laid, scope)
    block = _block(params, laid, scope)
    weighted = all(item.weight for _, item in laid.compared)
    own = {name: f"{scope.name}._{name}" for name in ("records", "members")}
    found: dict[str, exp.Query] = {
        "_records": laying.records(laid),
        "_values": laying.values(laid, own["records"]),
        "_groups": laying.groups(own["records"], block),
        "_given": _given(laid),
        "_alike": laying.constants(("k", "word", "means"), ("VARCHAR",) * 3, alike_words()),
        "_options": laying.constants(
            ("linking", "base", "partners", "automatic", "review"), ("BOOLEAN", *("BIGINT",) * 4),
            [(linking, EVEN if weighted else None, PARTNERS[linking], automatic, review)],
        ),
        **{f"_{name}": stage(name, scope.name) for name in STAGES},
    }  # fmt: skip
    found["_members"] = survivors.members(laid, own["records"], f"{scope.name}.{LINKS}")
    found[MAIN] = survivors.golden(laid, surviving, own["records"], own["members"])
    found["mapping"] = survivors.mapping(laid, own["records"], own["members"])
    found["review"] = survivors.review(laid, own["records"], f"{scope.name}.{REVIEW}")
    record = {"record"} if not laid.two else {"source", "record"}
    return Built(
        found,
        keys={MAIN: frozenset({frozenset({"entity"})}), "mapping": frozenset({frozenset(record)})},
        checks=(*_named(laid, scope), _complete(laid, scope), _all_looked_up(scope)),
        notes=(_told(laid, scope),),
        apply=Deciding(linking, automatic, review),
        fields=FIELDS,
        feeds=(f"_{STAGES[-1]}",),
    )


def _layout(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Layout:
    if len(inputs) == 2 and inputs[0].name == inputs[1].name:
        raise scope.fail("An input is matched with itself.", field="from", hint="Name it once to find its duplicates.")
    sides = list(inputs)
    ids = [_identity(params, side, place, scope) for place, side in enumerate(sides)]
    left, right = sides[0], sides[-1]
    if params.compare:
        compared = [_compared(item, left, right, scope) for item in params.compare]
        for names in ([c.left.name for c in compared], [c.right.name for c in compared]):
            scope.distinct(names, "compare")
    else:
        aside = [item.name for item in ids] + [params.latest_by, params.prefer_by, *params.block]
        compared = guessed(left, right, aside, scope)
    return laying.layout(sides, ids, compared, scope)


def _identity(params: Params, side: Relation, place: int, scope: StepScope) -> Column:
    if params.id_column:
        return scope.field(params.id_column[min(place, len(params.id_column) - 1)], side, "id_column")
    keys = sorted(next(iter(key)) for key in side.keys if len(key) == 1)
    if keys:
        return scope.field(keys[0], side, "id_column")
    raise scope.fail(
        f"It is not known which column names a record of {side.name}.",
        field="id_column",
        hint=f"Say it with id_column, or give {side.name} a primary_key. It has: {', '.join(side.names[:30])}.",
        data={"known": list(side.names)},
    )


def _compared(item: ComparedColumn, left: Relation, right: Relation, scope: StepScope) -> Compared:
    a = scope.field(item.left, left, "compare")
    b = scope.field(item.right or item.left, right, "compare")
    for held in (a, b):
        if family(held.type) in ("boolean", "other"):
            raise scope.fail(
                f"{held.name} is {held.type}, which does not tell who or what a record is.",
                field="compare", hint="Leave it out of compare, or name it in block.", data={"type": held.type},
            )  # fmt: skip
    kind = item.kind
    if kind == "auto":
        kind = kind_by_name(a) or "auto"
    return Compared(a, b, kind, item.weight)


def _surviving(params: Params, laid: Layout, scope: StepScope) -> Surviving:
    golden = {item.name.casefold(): item.name for item in laid.merged}
    known = ", ".join(golden.values())

    def known_column(name: str, field: str) -> str:
        found = golden.get(name.casefold())
        if found is None:
            raise scope.fail(
                f"The golden record has no column {name!r}.", field=field, hint=f"It has: {known}.",
                data={"what": "column", "unknown": name, "known": list(golden.values())},
            )  # fmt: skip
        return found

    if params.prefer and not params.prefer_by:
        names = {side.name for side in laid.sides}
        for name in params.prefer:
            if name not in names:
                raise scope.fail(
                    f"{name!r} is no input of this step.", field="prefer",
                    hint=f"The inputs are {', '.join(sorted(names))}; for values of a column, name it with prefer_by.",
                )  # fmt: skip
    return Surviving(
        {known_column(name, "keep"): rule for name, rule in params.keep.items()},
        params.otherwise,
        known_column(params.latest_by, "latest_by") if params.latest_by else "",
        params.prefer,
        known_column(params.prefer_by, "prefer_by") if params.prefer_by else "",
    )


def _block(params: Params, laid: Layout, scope: StepScope) -> list[str]:
    """The columns that must be equal; with two inputs both have them."""
    found: list[str] = []
    both = {item.name for item in laid.merged if item.left is not None and item.right is not None}
    for name in params.block:
        item = scope.field(name, laid.sides[0], "block")
        if laid.two and item.name not in both:
            raise scope.fail(
                f"{laid.sides[-1].name} has no column {item.name!r} to be equal with.",
                field="block",
                hint="Rename its column in a 'rename' step, or leave it out of block.",
            )
        found.append(item.name)
    return found


def _given(laid: Layout) -> exp.Select:
    """The compared columns by place, and the codes in texts, worth as much as the column that is worth most."""
    weights = [item.weight for _, item in laid.compared]
    codes = max((weight for weight in weights if weight), default=None) if all(weights) else None
    rows = [(place, item.label, item.kind, item.weight) for place, (_, item) in enumerate(laid.compared)]
    return laying.constants(
        ("f", "label", "kind", "bits"), ("BIGINT", "VARCHAR", "VARCHAR", "BIGINT"),
        [*rows, (CODES, "codes", "codes", codes)],
    )  # fmt: skip


def _told(laid: Layout, scope: StepScope) -> str:
    shown = [
        item.left.name if item.left.name == item.right.name else f"{item.left.name} with {item.right.name}"
        for _, item in laid.compared
    ]
    return f"{scope.name} compares {', '.join(shown)}."


def _named(laid: Layout, scope: StepScope) -> list[ImpliedCheck]:
    """What names a record names one: proven on every run where no key says so."""
    found: list[ImpliedCheck] = []
    for side, identity in zip(laid.sides, laid.ids, strict=True):
        if frozenset({identity.name}) not in side.keys:
            query, evidence = proofs.unique_key(side, [identity.name])
            found.append(ImpliedCheck("entities_id", scope.name, "block", query, (side.name,), evidence=evidence))
    return found


def _complete(laid: Layout, scope: StepScope) -> ImpliedCheck:
    """Every record is in one entity: all are mapped, and the entities together have as many."""

    def count(relation: str) -> exp.Subquery:
        return exp.Subquery(this=select_from(relation, [proofs.count_all()]))

    mapped = f"{scope.name}.mapping"
    rows: exp.Expr = count(laid.sides[0].name)
    if laid.two:
        rows = exp.Add(this=rows, expression=count(laid.sides[1].name))
    total = exp.Coalesce(this=exp.Sum(this=column("records")), expressions=[proofs.zero()])
    counted = exp.Select(
        expressions=[
            aliased(rows, "n"),
            aliased(count(mapped), "m"),
            aliased(exp.Subquery(this=select_from(scope.name, [total])), "g"),
            aliased(count(scope.name), "e"),
        ]
    )
    passed = exp.and_(proofs.equals(column("n"), column("m")), proofs.equals(column("n"), column("g")))
    query = proofs.verdict(
        passed,
        proofs.say("each of ", column("n"), " records is in one entity"),
        proofs.say(column("m"), " records in ", column("e"), " entities"),
        exp.Literal.string(""),
        proofs.subquery(counted, "counted"),
    )
    names = (*(side.name for side in laid.sides), scope.name, mapped)
    return ImpliedCheck("entities_complete", scope.name, "block", query, names)


def _all_looked_up(scope: StepScope) -> ImpliedCheck:
    """No record was left uncompared because all it shares with others is too common."""
    names = tuple(f"{scope.name}._{name}" for name in ("keys", "blocks", "open_blocks"))
    return ImpliedCheck("entities_looked_up", scope.name, "warn", stage("looked_up", scope.name), names)
