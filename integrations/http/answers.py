"""Answers with many rows, page by page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from integrations.http.body import Body
from integrations.http.who import Principal, TheService
from spec.base import JsonValue
from spec.errors import UsageError
from tools import answers
from tools.answers import Comparison, Filter
from tools.documents import OutColumn

router = APIRouter(tags=["answers"])


class PageOfRows(Body):
    """Some rows: ``total`` pass the filters, ``of`` there are in all."""

    columns: tuple[OutColumn, ...]
    rows: tuple[tuple[JsonValue, ...], ...]
    total: int
    of: int


class FilterBy(Body):
    """One condition."""

    column: str
    comparison: Comparison
    value: str = ""


class PageWanted(Body):
    """Which rows, in which order."""

    offset: int = 0
    limit: int = 100
    sort: tuple[tuple[str, Literal["asc", "desc"]], ...] = ()
    filters: tuple[FilterBy, ...] = ()


@router.post("/answers/{answer}/page")
def page(answer: str, wanted: PageWanted, principal: Principal, service: TheService) -> PageOfRows:
    """Rows of an answer, sorted and filtered."""
    found = answers.page(
        service.context(principal),
        answer,
        offset=wanted.offset,
        limit=wanted.limit,
        sort=wanted.sort,
        filters=[Filter(one.column, one.comparison, one.value) for one in wanted.filters],
    )
    columns = tuple(OutColumn(name=n, type=t) for n, t in zip(found.rows.names, found.rows.types, strict=True))
    return PageOfRows(columns=columns, rows=found.rows.rows, total=found.total, of=found.of)


@router.get("/answers/{answer}")
def first_page(
    answer: str,
    principal: Principal,
    service: TheService,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=answers.LONGEST_PAGE)] = 100,
    sort: str = "",
) -> PageOfRows:
    """Rows of an answer; ``sort`` is a column, with a leading minus for the largest first."""
    if sort == "-":
        raise UsageError("Sort by which column?", hint="Write sort=amount or sort=-amount.")
    order: tuple[tuple[str, Literal["asc", "desc"]], ...] = ()
    if sort:
        order = ((sort.removeprefix("-"), "desc" if sort.startswith("-") else "asc"),)
    return page(answer, PageWanted(offset=offset, limit=limit, sort=order), principal, service)
