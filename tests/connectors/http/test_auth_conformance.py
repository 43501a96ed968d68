"""What every way to prove who asks keeps to; a new one is under test by lying in its folder."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

import pytest

from connectors.http.signing import AUTH, Auth, Outgoing, Secrets
from spec.base import Document
from spec.errors import AccessError, DreflowError

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
REQUEST = Outgoing("POST", "https://a.example/x?b=1", {"Accept": "application/json"}, b'{"q":1}')


# Where nothing is proven there is nothing to keep to.
@pytest.fixture(params=[name for name in AUTH.names() if name != "none"])
def way(request: pytest.FixtureRequest) -> Auth:
    return cast("Auth", AUTH.load(request.param))


def params(way: Auth) -> Document:
    """The least that has to be said: an address or a word for each required text."""
    way.Params.model_rebuild()
    needed = [name for name, field in way.Params.model_fields.items() if field.is_required()]
    return way.Params.model_validate({name: f"https://a.example/{name}" for name in needed})


def secrets(way: Auth) -> dict[str, str]:
    named = [field.name for field in way.fields(params(way))]
    return {name: f"sentinel-{name}" for name in (*named, "access_token", "refresh_token")}


def dead(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, object]:
    return 503, {"error_description": f"We got {form} and {headers}."}


def test_what_a_person_is_asked_for_has_a_title(way: Auth) -> None:
    asked = way.fields(params(way))
    assert asked
    assert all(field.title for field in asked)
    assert len({field.name for field in asked}) == len(asked)


def test_without_secrets_nothing_is_signed_and_the_error_says_what_to_do(way: Auth) -> None:
    with pytest.raises(AccessError) as caught:
        way.signed(params(way), {}, REQUEST, NOW)
    assert caught.value.hint


def test_a_proof_is_added_and_nothing_else_changes(way: Auth) -> None:
    made = way.signed(params(way), secrets(way), REQUEST, NOW)
    assert (made.method, made.body) == (REQUEST.method, REQUEST.body)
    assert made.headers["Accept"] == "application/json"
    assert made.url.startswith(REQUEST.url)
    assert (made.url, made.headers) != (REQUEST.url, REQUEST.headers)
    assert REQUEST.headers == {"Accept": "application/json"}


def test_a_signed_request_shows_no_secret(way: Auth) -> None:
    assert "sentinel" not in repr(way.signed(params(way), secrets(way), REQUEST, NOW))
    assert "sentinel" not in repr(params(way))


def test_a_renewal_gives_new_secrets_or_none_or_an_error_that_shows_none(way: Auth) -> None:
    given: Secrets = secrets(way)
    made: Secrets | None = None
    shown = ""
    try:
        made = way.renewed(params(way), given, dead, NOW)
    except DreflowError as error:
        shown = f"{error} {error!r} {error.to_json()}"
    assert made is None, "there was no answer to make any of"
    assert "sentinel" not in shown
    assert given == secrets(way)
    assert way.is_stale(params(way), given, NOW) in {True, False}
