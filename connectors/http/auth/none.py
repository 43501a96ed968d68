"""Nothing to prove: a system that anybody may ask."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from collections.abc import Sequence
from datetime import datetime

from connectors.http.signing import Field, Outgoing, Post, Secrets
from spec.base import Document


class Params(Document):
    """None."""


def fields(params: Params) -> Sequence[Field]:
    """Nothing is asked for."""
    del params
    return []


def signed(params: Params, secrets: Secrets, request: Outgoing, now: datetime) -> Outgoing:
    """The request as it is."""
    del params, secrets, now
    return request


def is_stale(params: Params, secrets: Secrets, now: datetime) -> bool:
    """Never."""
    del params, secrets, now
    return False


def renewed(params: Params, secrets: Secrets, post: Post, now: datetime) -> Secrets | None:
    """There is nothing to renew."""
    del params, secrets, post, now
    return None
