"""An error carries the cloud's own message, safe to show, as a part of its own."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
from nbcloud_support import NOW

from pulumi_nbcloud.clouds.aidp.responses import classify as aidp
from pulumi_nbcloud.clouds.hpcai.responses import classify as hpcai
from pulumi_nbcloud.clouds.modelarts.iam import _classify as iam
from pulumi_nbcloud.clouds.modelarts.responses import classify as modelarts
from pulumi_nbcloud.errors import (
    AuthenticationError,
    NbcloudError,
    NotFoundError,
    PermissionDeniedError,
    ThrottledError,
)
from pulumi_nbcloud.http.messages import Request, Response
from pulumi_nbcloud.http.redaction import Redactor
from pulumi_nbcloud.waiting.outcome import Outcome, WaitError

SECRET = "canary-secret-9f21-which-is-long"
REQUEST = Request("GET", "https://cloud.example", "/v1/p", redactor=Redactor([SECRET]))
# For each cloud: how a response is classified, and a body with a message.
CLOUDS: dict[str, tuple[Callable[[Response], NbcloudError | None], Callable[[str], object]]] = {
    "modelarts": (
        lambda response: modelarts(response, NOW),
        lambda text: {"error_code": "ModelArts.0104", "error_msg": text},
    ),
    "IAM": (
        lambda response: iam(response, NOW, success=200, refused=None, denied="ask"),
        lambda text: {"error": {"message": text}},
    ),
    "hpcai": (lambda response: hpcai(response, NOW), lambda text: {"code": 7, "message": text}),
    "aidp": (lambda response: aidp(response, NOW, "renew"), lambda text: {"code": "InvalidParameter", "message": text}),
}


def error_of(cloud: str, text: str, status: int = 400) -> NbcloudError:
    classify, body = CLOUDS[cloud]
    error = classify(Response(REQUEST, status, {}, json.dumps(body(text)).encode()))
    assert error is not None
    return error


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_message_is_a_part_of_its_own_and_quoted(cloud: str, status: int) -> None:
    error = error_of(cloud, "it is closed\non Sundays", status)
    assert error.vendor_message == "it is closed on Sundays"
    assert error.problem == f'{error.summary}: "it is closed on Sundays"'
    assert error.line.startswith(error.problem)
    for twin in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (twin.vendor_message, str(twin)) == (error.vendor_message, str(error))


@pytest.mark.parametrize("key", ["error", "ERROR", "error_msg", "Error_Msg", "errorMessage", "error_message", "detail"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_message_of_a_403_is_shown_under_whatever_key_it_stands(cloud: str, key: str) -> None:
    error = CLOUDS[cloud][0](Response(REQUEST, 403, {}, json.dumps({key: f"ask {SECRET}"}).encode()))
    assert type(error) is PermissionDeniedError
    assert error.vendor_message == "ask …"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_a_message_there_is_none(cloud: str, status: int) -> None:
    error = error_of(cloud, "", status)
    assert (error.vendor_message, error.problem) == (None, error.summary)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_message_is_printable_and_short(cloud: str) -> None:
    message = error_of(cloud, "\x1b[31m" + "x" * 5_000).vendor_message
    assert message is not None
    assert message.startswith("?[31mxxx")
    assert len(message) == 200


@pytest.mark.parametrize("before", [0, 180, 190, 195, 799])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_secret_is_redacted_before_the_message_is_cut(cloud: str, before: int) -> None:
    error = error_of(cloud, f"{'x' * before} {SECRET} given")
    assert "canary" not in str(error)
    assert "canary" not in repr(vars(error))
    if before < 190:
        assert (error.vendor_message or "").endswith("… given")


def test_a_secret_of_several_words_is_redacted_whole() -> None:
    redactor = Redactor(["correct horse battery staple"])
    assert redactor.text('bad "correct horse battery staple" given') == 'bad "…" given'
    assert redactor.text("bad correct horse batt") == "bad … batt", "cut by the cloud: known by its beginning"
    assert redactor.text("a correct answer") == "a correct answer"


def test_a_short_secret_is_not_looked_for() -> None:
    assert Redactor(["short"]).text("a shortage") == "a shortage"
    assert repr(Redactor([SECRET])) == "Redactor(…)"


def test_another_error_of_the_same_response_keeps_what_it_said() -> None:
    error = replace_all(error_of("modelarts", "gone for good", 404))
    other = NotFoundError.of_response(error, "the notebook does not exist", hint="check it")
    assert type(other) is NotFoundError
    assert other.hint == "check it"
    assert other.problem == 'the notebook does not exist: "gone for good"'
    same = ("where", "status", "code", "request_id", "vendor_message")
    assert [getattr(other, name) for name in same] == [getattr(error, name) for name in same]


def replace_all(error: NbcloudError) -> NbcloudError:
    """An error with every part set."""
    error.request_id, error.subject = "r-1", "s"
    return error


def test_how_often_it_was_tried_comes_last() -> None:
    error = ThrottledError("slow down", vendor_message="please")
    error.attempts = 5
    assert error.problem == 'slow down: "please"; attempts made: 5'
    assert pickle.loads(pickle.dumps(error)).problem == error.problem


def test_a_wait_says_the_message_once() -> None:
    error = WaitError(Outcome.UNREACHABLE, 'unreachable; last error: no: "please"', vendor_message="please")
    assert str(error) == 'unreachable; last error: no: "please"'
    assert pickle.loads(pickle.dumps(error)).vendor_message == "please"


def test_what_a_request_sends_in_confidence_is_redacted_too() -> None:
    headers = {"X-Voucher": "canary-voucher-31f0", "Authorization": 'Signature signature="canary-signed-77aa"'}
    response = Response(replace(REQUEST, headers=headers), 400, {"x-request-id": "canary-signed-77aa"}, b"")
    assert response.request_id == "…"
    assert response.text(f"canary-voucher-31f0 {SECRET} x") == "… … x"
    assert type(error_of("hpcai", "not logged in")) is AuthenticationError
