"""The vendor behind an httpx client in the same process: ``httpx.Client(transport=VendorTransport(vendor))``."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.wire import Call, Reply

_CHUNK = 4096


class VendorTransport(httpx.BaseTransport):
    """Any host leads to the vendor. A stall is a ReadTimeout at once, a cut body a RemoteProtocolError half way."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx calls it."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = self._vendor.answer(Call(request.method, str(request.url), headers, request.read()))
        if reply.stalls:
            raise httpx.ReadTimeout("the vendor sends nothing", request=request)
        stream = _Stream(reply, request)
        sent = dict(reply.headers)
        if reply.chunks is None and reply.status != 204:
            sent["content-length"] = str(len(reply.body))
        return httpx.Response(reply.status, headers=sent, stream=stream, request=request)


class _Stream(httpx.SyncByteStream):
    def __init__(self, reply: Reply, request: httpx.Request) -> None:
        self._reply = reply
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        reply = self._reply
        if reply.chunks is not None:
            yield from reply.chunks()
            return
        end = len(reply.body) // 2 if reply.cut else len(reply.body)
        for start in range(0, end, _CHUNK):
            yield reply.body[start : min(start + _CHUNK, end)]
        if reply.cut:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body", request=self._request
            )
