"""Files of runs to download, and files of people to look at."""

from __future__ import annotations

from fastapi import APIRouter, UploadFile
from fastapi.responses import FileResponse

from integrations.http.body import Body
from integrations.http.once import OnceRoute
from integrations.http.who import Principal, TheService
from tools import uploads

router = APIRouter(tags=["files"], route_class=OnceRoute)


class Uploaded(Body):
    """A file that is now part of a conversation; name it in ``data`` of the next message."""

    name: str
    data: str
    bytes: int


@router.get("/runs/{run_id}/files/{name}", response_class=FileResponse)
def download(run_id: str, name: str, principal: Principal, service: TheService) -> FileResponse:
    """A file that a run left."""
    path = uploads.run_file(service.context(principal), run_id, name)
    return FileResponse(path, filename=name, headers={"X-Content-Type-Options": "nosniff"})


@router.post("/threads/{thread}/files", status_code=201)
def upload(thread: str, file: UploadFile, principal: Principal, service: TheService) -> Uploaded:
    """Give a conversation a file to look at."""
    context = service.context(principal)
    with uploads.receive(context, thread, file.filename or "file", now=service.clock()) as incoming:
        while piece := file.file.read(1 << 20):
            incoming.write(piece)
    return Uploaded(name=incoming.path.name, data=str(incoming.path), bytes=incoming.size)
