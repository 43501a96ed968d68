"""An app that asks in its own name (OAuth 2 client credentials): client id and secret for a token, again and again."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from collections.abc import Sequence
from datetime import datetime

from connectors.http import tokens
from connectors.http.signing import Field, Outgoing, Post, Secrets

_REFUSAL = tokens.Refusal(
    "client", "The system does not let this app ask in its own name.", "Check the app's rights and who installed it."
)


class Params(tokens.TokenParams):
    """The token endpoint and what is asked for. An audience is one of ``token_params``."""

    scopes: tuple[str, ...] = ()
    scope_separator: str = " "
    id_title: str = "Client id"
    secret_title: str = "Client secret"  # noqa: S105 - what it is called


def fields(params: Params) -> Sequence[Field]:
    """Client id and secret."""
    return [
        Field("client_id", params.id_title, params.help),
        Field("client_secret", params.secret_title, params.help),
    ]


def signed(params: Params, secrets: Secrets, request: Outgoing, now: datetime) -> Outgoing:
    """The request with the access token in its header."""
    del now
    return tokens.carried(params, secrets, request)


def is_stale(params: Params, secrets: Secrets, now: datetime) -> bool:
    """After 80 % of the token's life, and when it was given for other scopes."""
    return secrets.get("scopes", "") != _scope(params) or tokens.is_stale(secrets, now)


def renewed(params: Params, secrets: Secrets, post: Post, now: datetime) -> Secrets | None:
    """The secrets with another token."""
    form = {"grant_type": "client_credentials"}
    if params.scopes:
        form["scope"] = _scope(params)
    answer = tokens.asked(params, secrets, form, post, _REFUSAL)
    return {**tokens.without_times(secrets), **tokens.noted(params, answer, now), "scopes": _scope(params)}


def _scope(params: Params) -> str:
    return params.scope_separator.join(params.scopes)
