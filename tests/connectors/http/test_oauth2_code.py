"""Consent and renewal against a strict system of this machine whose rules are oauthlib's."""

import json
import os
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import consent_server
import pytest
from consent_server import CLIENT, PUBLIC, REDIRECT, SECRET, ConsentServer, consented, opened, post

from connectors.http.auth import oauth2_code as code_way
from connectors.http.auth.oauth2_code import Params
from connectors.http.signing import Outgoing, Secrets
from spec.errors import AccessError, SpecError, TransientError

APP = {"client_id": CLIENT, "client_secret": SECRET}
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
VERIFIER, STATE = code_way.unguessable(os.urandom), code_way.unguessable(os.urandom)


@pytest.fixture
def office() -> Iterator[ConsentServer]:
    with consent_server.serve() as running:
        yield running


def params(office: ConsentServer, **more: Any) -> Params:
    said = {
        "authorize_url": f"{office.base}/authorize",
        "token_url": f"{office.base}/token",
        "revoke_url": f"{office.base}/revoke",
        "scopes": ("orders.read", "offline"),
        "write_scopes": ("orders.write",),
    }
    return Params.model_validate(said | more)


def connected(told: Params, client: Secrets = APP, now: datetime = NOW, *, write: bool = False) -> Secrets:
    """A person's whole way through the consent."""
    query = consented(code_way.consent_url(told, client, REDIRECT, STATE, VERIFIER, write=write))
    answer = code_way.answered(told, query, STATE)
    return code_way.exchanged(told, client, answer.code, VERIFIER, REDIRECT, post, now, kept=answer.kept, write=write)


def lets_in(office: ConsentServer, told: Params, secrets: Secrets) -> bool:
    request = code_way.signed(told, secrets, Outgoing("GET", f"{office.base}/orders"), NOW)
    return opened(request.url, headers=request.headers)[0] == 200


def form_of(told: Params, secrets: Secrets, answer: tuple[int, object], now: datetime = NOW) -> dict[str, str]:
    """What a renewal sends; it gets ``answer``."""
    sent: dict[str, str] = {}

    def noted(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, object]:
        sent.update(form)
        return answer

    code_way.renewed(told, secrets, noted, now)
    return sent


@pytest.mark.parametrize("where", ["body", "basic"])
def test_a_person_gives_consent_and_the_requests_are_let_in(office: ConsentServer, where: str) -> None:
    told = params(office, client_auth=where)
    secrets = connected(told)
    assert lets_in(office, told, secrets)
    assert not lets_in(office, told, {**secrets, "access_token": "another"})
    assert secrets["scopes"] == "orders.read offline"
    assert ("Authorization" in office.asked[1].headers) == (where == "basic")


def test_an_app_without_a_secret_proves_itself_by_pkce_alone(office: ConsentServer) -> None:
    told = params(office, client_auth="none")
    secrets = connected(told, {"client_id": PUBLIC})
    assert lets_in(office, told, secrets)
    assert [field.name for field in code_way.fields(told)] == ["client_id"]
    renewed = code_way.renewed(told, secrets, post, NOW)
    assert renewed is not None
    assert lets_in(office, told, renewed)


def test_pkce_is_s256_and_another_verifier_is_refused(office: ConsentServer) -> None:
    told = params(office)
    url = code_way.consent_url(told, APP, REDIRECT, STATE, VERIFIER)
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked["code_challenge_method"] == "S256"
    assert VERIFIER not in url
    code = code_way.answered(told, consented(url), STATE).code
    with pytest.raises(AccessError) as caught:
        code_way.exchanged(told, APP, code, code_way.unguessable(os.urandom), REDIRECT, post, NOW)
    assert caught.value.data["needs"] == "consent"


def test_the_challenge_is_that_of_the_standards_example() -> None:
    told = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token")
    url = code_way.consent_url(told, APP, REDIRECT, STATE, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    # RFC 7636, appendix B.
    assert dict(parse_qsl(urlsplit(url).query))["code_challenge"] == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_without_pkce_the_strict_system_gives_no_code(office: ConsentServer) -> None:
    query = consented(code_way.consent_url(params(office, pkce="none"), APP, REDIRECT, STATE, VERIFIER))
    with pytest.raises(AccessError, match="invalid_request"):
        code_way.answered(params(office), query, STATE)


def test_a_code_is_good_once_and_for_its_redirect_address(office: ConsentServer) -> None:
    told = params(office)
    query = consented(code_way.consent_url(told, APP, REDIRECT, STATE, VERIFIER))
    with pytest.raises(AccessError):
        code_way.exchanged(told, APP, query["code"], VERIFIER, REDIRECT + "/other", post, NOW)
    code_way.exchanged(told, APP, query["code"], VERIFIER, REDIRECT, post, NOW)
    with pytest.raises(AccessError, match="could not be completed"):
        code_way.exchanged(told, APP, query["code"], VERIFIER, REDIRECT, post, NOW)


@pytest.mark.parametrize("state", ["", "another", "ä", f"{STATE}x", STATE[:-1]], ids=list("abcde"))
def test_an_answer_with_another_state_is_refused(state: str) -> None:
    told = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token")
    with pytest.raises(AccessError, match="not the answer"):
        code_way.answered(told, {"code": "c", "state": state}, STATE)
    with pytest.raises(AccessError, match="not the answer"):
        code_way.answered(told, {"code": "c"}, "")


def test_an_answer_of_another_system_is_refused() -> None:
    told = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token", issuer="https://a")
    assert code_way.answered(told, {"code": "c", "state": STATE}, STATE).code == "c"
    with pytest.raises(AccessError, match="another system"):
        code_way.answered(told, {"code": "c", "state": STATE, "iss": "https://b"}, STATE)


def test_a_person_who_does_not_allow_it_is_told_that_nothing_was_saved() -> None:
    told = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token")
    with pytest.raises(AccessError, match="not allowed"):
        code_way.answered(told, {"error": "access_denied", "state": STATE}, STATE)
    with pytest.raises(AccessError, match="no reason"):
        code_way.answered(told, {"error": "<script>", "state": STATE}, STATE)


def test_rights_to_write_are_a_consent_of_their_own(office: ConsentServer) -> None:
    told = params(office)
    reading, writing = connected(told), connected(told, write=True)
    assert not code_way.may_write(told, reading)
    assert code_way.may_write(told, writing)
    assert [one.scopes for one in office.refresh.values()] == [
        ["orders.read", "offline"],
        ["orders.read", "offline", "orders.write"],
    ]


def test_a_right_that_was_not_ticked_is_named(office: ConsentServer) -> None:
    office.more = {"scope": "orders.read"}
    with pytest.raises(AccessError, match="missing: offline"):
        connected(params(office, scopes_told=True))
    assert connected(params(office))["scopes"] == "orders.read"


def test_further_parameters_are_sent_and_never_take_the_place_of_ours() -> None:
    told = Params(
        authorize_url="https://a.example/authorize?tenant=7",
        token_url="https://a.example/token",
        authorize_params={"access_type": "offline", "prompt": "consent", "state": "fixed", "redirect_uri": "x"},
        token_params={"audience": "api", "grant_type": "password"},
        scopes=("a b", "c"),
        scope_separator=",",
    )
    url = code_way.consent_url(told, APP, REDIRECT, STATE, VERIFIER)
    asked = dict(parse_qsl(urlsplit(url).query))
    assert (asked["tenant"], asked["access_type"], asked["prompt"]) == ("7", "offline", "consent")
    assert (asked["state"], asked["redirect_uri"], asked["scope"]) == (STATE, REDIRECT, "a b,c")
    sent = form_of(told, {**APP, "refresh_token": "r"}, (200, {"access_token": "t"}))
    assert (sent["audience"], sent["grant_type"]) == ("api", "refresh_token")


def test_a_renewal_names_the_redirect_address_and_scopes_where_the_vendor_wants_them() -> None:
    secrets = {**APP, "refresh_token": "r", "redirect": REDIRECT, "scopes": "a b"}
    plain = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token")
    wants = plain.model_copy(update={"refresh_redirect": True, "refresh_scopes": True, "scope_separator": ","})
    answer = (200, {"access_token": "t"})
    assert {"redirect_uri", "scope"}.isdisjoint(form_of(plain, secrets, answer))
    sent = form_of(wants, secrets, answer)
    assert (sent["redirect_uri"], sent["scope"]) == (REDIRECT, "a,b")


def test_what_the_answers_tell_beside_the_token_is_kept(office: ConsentServer) -> None:
    office.more = {"instance_url": "https://eu7.example", "team": {"id": 12}, "nothing": None}
    told = params(
        office,
        keep={"instance_url": "/instance_url", "team": "/team/id", "nothing": "/nothing"},
        redirect_keep={"realm": "realmId", "absent": "x"},
    )
    query = consented(code_way.consent_url(told, APP, REDIRECT, STATE, VERIFIER)) | {"realmId": "4711"}
    answer = code_way.answered(told, query, STATE)
    secrets = code_way.exchanged(told, APP, answer.code, VERIFIER, REDIRECT, post, NOW, kept=answer.kept)
    kept = ("4711", "https://eu7.example", "12")
    assert (secrets["realm"], secrets["instance_url"], secrets["team"]) == kept
    assert {"absent", "nothing"}.isdisjoint(secrets)
    office.more = {}
    renewed = code_way.renewed(told, secrets, post, NOW)
    assert renewed is not None
    assert (renewed["realm"], renewed["instance_url"], renewed["team"]) == kept


def test_a_refresh_token_is_exchanged_for_the_next_and_the_old_one_ends_the_consent(office: ConsentServer) -> None:
    told = params(office)
    first = connected(told)
    second = code_way.renewed(told, first, post, NOW)
    assert second is not None
    assert second["refresh_token"] != first["refresh_token"]
    assert lets_in(office, told, second)
    with pytest.raises(AccessError) as caught:
        code_way.renewed(told, first, post, NOW)
    assert caught.value.data["needs"] == "consent"
    assert "connectors add" in caught.value.hint
    assert not lets_in(office, told, second), "a system that sees a token twice ends all of the consent"


def test_a_refresh_token_that_stays_the_same_is_kept(office: ConsentServer) -> None:
    office.rotating = False
    told = params(office)
    first = connected(told)
    second = code_way.renewed(told, first, post, NOW)
    assert second is not None
    assert second["refresh_token"] == first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    office.more = {"refresh_token": ""}
    third = code_way.renewed(told, second, post, NOW)
    assert third is not None
    assert third["refresh_token"] == first["refresh_token"]


def test_where_the_vendor_has_a_grace_the_token_before_is_the_second_try(office: ConsentServer) -> None:
    office.grace = True
    told = params(office, grace=True)
    second = code_way.renewed(told, connected(told), post, NOW)
    assert second is not None
    office.refresh.clear()
    third = code_way.renewed(told, second, post, NOW)
    assert third is not None
    assert lets_in(office, told, third)
    assert third["refresh_token_before"] == second["refresh_token_before"]
    office.previous.clear()
    office.refresh.clear()
    with pytest.raises(AccessError):
        code_way.renewed(told, third, post, NOW)


def test_a_token_is_renewed_after_four_fifths_of_its_life(office: ConsentServer) -> None:
    told = params(office)
    secrets = connected(told)
    assert not code_way.is_stale(told, secrets, NOW + timedelta(seconds=2879))
    assert code_way.is_stale(told, secrets, NOW + timedelta(seconds=2880))
    alone = {name: item for name, item in secrets.items() if name != "refresh_token"}
    assert not code_way.is_stale(told, alone, NOW + timedelta(seconds=3599)), (
        "nothing to renew it with: used to its end"
    )
    assert code_way.is_stale(told, alone, NOW + timedelta(seconds=3600))


def test_a_clock_that_was_put_back_does_not_keep_an_old_token(office: ConsentServer) -> None:
    told = params(office)
    secrets = connected(told, now=NOW + timedelta(days=2))
    assert code_way.is_stale(told, secrets, NOW)
    assert not code_way.is_stale(told, secrets, NOW + timedelta(days=2) - timedelta(minutes=4)), (
        "clocks differ a little"
    )


def test_a_system_with_another_clock_refuses_and_a_renewal_helps(office: ConsentServer) -> None:
    told = params(office)
    secrets = connected(told)
    office.shift = 3700
    assert not code_way.is_stale(told, secrets, NOW)
    assert not lets_in(office, told, secrets)
    renewed = code_way.renewed(told, secrets, post, NOW)
    assert renewed is not None
    assert lets_in(office, told, renewed)


@pytest.mark.parametrize(
    ("life", "stale_after"),
    [
        (3600, 2880),
        ("3600", 2880),
        (3600.0, 2880),
        (0, None),
        (-1, None),
        (True, None),
        ("soon", None),
        ("nan", None),
        (1e300, None),
        ("9" * 400, None),
        ([], None),
        (None, None),
    ],
)
def test_a_life_in_any_spelling_is_understood_or_unknown(life: object, stale_after: int | None) -> None:
    told = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token")
    answer = (200, {"access_token": "t", "expires_in": life})
    made = code_way.renewed(told, {**APP, "refresh_token": "r"}, lambda *_: answer, NOW)
    assert made is not None
    assert ("renew_at" in made) == (stale_after is not None)
    assert code_way.is_stale(told, made, NOW + timedelta(days=3000)) == (stale_after is not None)
    if stale_after is not None:
        assert code_way.is_stale(told, made, NOW + timedelta(seconds=stale_after))
        assert not code_way.is_stale(told, made, NOW + timedelta(seconds=stale_after - 1))


def test_an_answer_without_a_life_does_not_take_over_that_of_the_token_before() -> None:
    told = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token")
    old = {**APP, "refresh_token": "r", "renew_at": NOW.isoformat(), "expires_at": NOW.isoformat()}
    made = code_way.renewed(told, old, lambda *_: (200, {"access_token": "t"}), NOW)
    assert made is not None
    assert {"renew_at", "expires_at"}.isdisjoint(made)
    known = told.model_copy(update={"lifetime": 100})
    made = code_way.renewed(known, old, lambda *_: (200, {"access_token": "t"}), NOW)
    assert made is not None
    assert code_way.is_stale(known, made, NOW + timedelta(seconds=80))


def test_access_that_cannot_be_renewed_is_refused_at_the_consent(office: ConsentServer) -> None:
    office.more = {"refresh_token": None}
    with pytest.raises(AccessError, match="would end soon"):
        connected(params(office))
    office.life = None
    assert "refresh_token" not in connected(params(office)), "a token without an end needs none"


@pytest.mark.parametrize("fault", ["error", "html", "page", "busy", "empty"])
def test_a_system_that_is_out_of_order_costs_no_consent(office: ConsentServer, fault: str) -> None:
    told = params(office)
    secrets = connected(told)
    office.faults.append(fault)
    with pytest.raises(TransientError):
        code_way.renewed(told, secrets, post, NOW)
    assert code_way.renewed(told, secrets, post, NOW) is not None


@pytest.mark.parametrize("fault", ["forbidden", "moved"])
def test_a_page_in_place_of_an_answer_is_no_reason_to_ask_for_consent(office: ConsentServer, fault: str) -> None:
    told = params(office)
    secrets = connected(told)
    office.faults.append(fault)
    with pytest.raises(AccessError) as caught:
        code_way.renewed(told, secrets, post, NOW)
    assert "needs" not in caught.value.data
    assert [one.path for one in office.asked if one.path == "/elsewhere"] == []


@pytest.mark.parametrize("where", ["body", "basic"])
def test_a_wrong_client_secret_is_told_as_that(office: ConsentServer, where: str) -> None:
    told = params(office, client_auth=where)
    secrets = connected(told)
    with pytest.raises(AccessError, match="client id and secret") as caught:
        code_way.renewed(told, {**secrets, "client_secret": "sentinel-wrong"}, post, NOW)
    assert caught.value.data["needs"] == "client"
    assert code_way.renewed(told, secrets, post, NOW) is not None


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((200, {"ok": False, "error": "invalid_refresh_token"}), {"consent_errors": ("invalid_refresh_token",)}),
        ((200, {"error": "invalid_code"}), {"consent_errors": ("invalid_code",)}),
        ((400, {"status": "BAD_REFRESH_TOKEN"}), {"consent_errors": ("BAD_REFRESH_TOKEN",)}),
        ((400, {"error": {"code": 190, "type": "OAuthException"}}), {"consent_errors": ("190",)}),
        ((400, {"error": "interaction_required"}), {}),
    ],
)
def test_other_vendors_words_for_a_consent_that_is_gone_are_understood(
    answer: tuple[int, object], told: dict[str, Any]
) -> None:
    way = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token", **told)
    with pytest.raises(AccessError) as caught:
        code_way.renewed(way, {**APP, "refresh_token": "r"}, lambda *_: answer, NOW)
    assert caught.value.data["needs"] == "consent"


def test_consent_is_given_back(office: ConsentServer) -> None:
    told = params(office)
    secrets = connected(told)
    assert code_way.revoked(told, secrets, post)
    assert not lets_in(office, told, secrets)
    assert not code_way.revoked(told.model_copy(update={"revoke_url": ""}), secrets, post)
    with pytest.raises(TransientError):
        code_way.revoked(told, secrets, lambda *_: (503, None))
    with pytest.raises(AccessError, match="own page"):
        code_way.revoked(told, secrets, lambda *_: (400, None))


def test_no_secret_goes_to_an_address_that_is_not_encrypted() -> None:
    def never(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, object]:
        raise AssertionError("sent")

    for url in ("http://a.example/token", "ftp://a.example", "//a.example/token", "", "http://localhost.a.example/"):
        told = Params(authorize_url=url, token_url=url, revoke_url=url or "x")
        with pytest.raises(SpecError):
            code_way.renewed(told, {**APP, "refresh_token": "r"}, never, NOW)
        with pytest.raises(SpecError):
            code_way.consent_url(told, APP, REDIRECT, STATE, VERIFIER)
        with pytest.raises(SpecError):
            code_way.revoked(told, {**APP, "refresh_token": "r"}, never)


def test_a_token_that_would_be_a_header_of_its_own_is_not_taken() -> None:
    told = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token")
    for token in ("a\r\nX: y", "ä", "", 7, None):
        with pytest.raises(TransientError):
            code_way.renewed(told, {**APP, "refresh_token": "r"}, lambda *_, t=token: (200, {"access_token": t}), NOW)


def test_a_verifier_that_is_none_is_refused() -> None:
    told = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token")
    with pytest.raises(ValueError, match="43 to 128"):
        code_way.consent_url(told, APP, REDIRECT, STATE, "short")
    assert len(code_way.unguessable(bytes)) == 43


@pytest.mark.parametrize("where", ["body", "basic"])
@pytest.mark.parametrize("fault", ["error", "html", "page", "busy", "empty", "echo", "code", "forbidden", "moved"])
def test_no_error_shows_a_secret_not_even_one_that_the_system_repeats(
    office: ConsentServer, fault: str, where: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG", logger="connectors")
    told = params(office, client_auth=where)
    secrets = {**APP, "access_token": "sentinel-access", "refresh_token": "sentinel-refresh"}
    office.faults.append(fault)
    with pytest.raises((AccessError, TransientError)) as caught:
        code_way.renewed(told, secrets, post, NOW)
    shown = _everything(caught.value) + caplog.text + "".join(capfd.readouterr())
    for hidden in ("sentinel", "c2VudGluZWw"):
        assert hidden not in shown


def test_what_the_system_says_of_the_reason_is_told_without_what_may_be_a_secret() -> None:
    told = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token")
    words = "AADSTS7000222: The secret keys\n\x1b[31m are expired; c2VudGluZWwtcmVmcmVzaA=="
    with pytest.raises(AccessError) as caught:
        code_way.renewed(
            told,
            {**APP, "refresh_token": "sentinel-refresh"},
            lambda *_: (400, {"error": "invalid_request", "error_description": words}),
            NOW,
        )
    said = "invalid_request - AADSTS7000222: The secret keys [31m are expired; ***"
    assert said in caught.value.message


def test_neither_a_request_nor_an_answer_shows_a_secret() -> None:
    told = Params(authorize_url="https://a.example/authorize", token_url="https://a.example/token")
    request = code_way.signed(told, {"access_token": "sentinel"}, Outgoing("GET", "https://a.example/"), NOW)
    assert "sentinel" in request.headers["Authorization"]
    assert "sentinel" not in repr(request)
    assert "sentinel" not in repr(code_way.answered(told, {"code": "sentinel", "state": STATE}, STATE))


def _everything(error: BaseException) -> str:
    """All that could be shown of an error and of those before it."""
    shown = "".join(traceback.format_exception(error))
    one: BaseException | None = error
    while one is not None:
        shown += repr(one) + str(one) + repr(one.__dict__)
        shown += json.dumps(one.to_json()) if isinstance(one, AccessError | TransientError) else ""
        one = one.__cause__ or one.__context__
    return shown
