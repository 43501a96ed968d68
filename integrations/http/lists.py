"""What there is: pipelines, runs and connections."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter

from integrations.http.body import Body, Limit
from integrations.http.who import Principal, TheService
from spec.base import JsonValue
from spec.errors import UsageError
from tools import pipelines, runs

router = APIRouter(tags=["pipelines"])


class Pipeline(Body):
    """An approved pipeline."""

    name: str
    thread: str
    title: str
    spec_digest: str
    schedule: str
    last_status: str | None
    last_run: datetime | None


class Run(Body):
    """A run of the list."""

    run_id: str
    pipeline: str
    status: str
    started: datetime


class Connection(Body):
    """A saved connection, without secrets."""

    name: str
    connector: str


@router.get("/pipelines")
def all_pipelines(principal: Principal, service: TheService) -> list[Pipeline]:
    """The approved pipelines."""
    return [
        Pipeline(
            name=one.name,
            thread=one.thread,
            title=one.title,
            spec_digest=one.spec_digest,
            schedule=one.schedule,
            last_status=one.last.status if one.last else None,
            last_run=one.last.started if one.last else None,
        )
        for one in pipelines.approved(service.context(principal))
    ]


@router.get("/runs")
def recent_runs(principal: Principal, service: TheService, limit: Limit = 50) -> list[Run]:
    """Runs, the newest first."""
    found = runs.recent(service.context(principal), limit=limit)
    return [Run(run_id=run.run_id, pipeline=run.pipeline, status=run.status, started=run.started) for run in found]


@router.get("/runs/{run_id}")
def one_run(run_id: str, principal: Principal, service: TheService) -> dict[str, JsonValue]:
    """A run's result, as ``dreflow run --json`` prints it."""
    stored = runs.known(service.context(principal), run_id)
    if stored.result is None:
        raise UsageError(f"{run_id} has not ended yet.", hint="Ask again in a moment.")
    return stored.result.model_dump(mode="json")


@router.get("/connections")
def connections(principal: Principal, service: TheService) -> list[Connection]:
    """Saved connections."""
    context = service.context(principal)
    context.need("ask")
    return [Connection(name=one.name, connector=one.connector) for one in context.workspace.store.connections()]
