"""Mock clouds whose every text holds what acts on displays, and the search for it in what leaves."""

from __future__ import annotations

import json
import random
import unicodedata
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from pulumi_nbcloud.mock import MockClouds
from pulumi_nbcloud.mock.service import Service
from pulumi_nbcloud.mock.wire import CloudRequest, CloudResponse

# The Pulumi CLI panics at a colour that it does not know, and drops what follows one without an end.
MARKUP = "<{%boom%}>"
ATTACKS = (
    MARKUP,
    "<{%reset%}>",
    "<<{%<{%boom%}>%}>",
    "<\u200b{%boom%}>",
    "<{\x00%boom%}>",
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\u202e\u2066",
    "good\rbad",
    "one\ntwo\u2028three\x85",
    "<{%",
)
# Where the clouds' answers have a text of an error; no answer that is none has one of these at its top.
ERROR_TEXTS = ("error_msg", "message")
ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def hostile(chance: random.Random, word: str = "text") -> str:
    """Some of the attacks in a row, at most 90 characters; Pulumi's markup is always among them."""
    parts = [word, MARKUP, *chance.choices(ATTACKS, k=3)]
    chance.shuffle(parts)
    return " ".join(parts)


def acting(text: str) -> list[str]:
    """What a display would act on; line breaks of a message are its own."""
    found = ["markup"] if "<{%" in text else []
    named = {f"U+{ord(each):04X}" for each in text if each != "\n" and unicodedata.category(each) in ACTING}
    return found + sorted(named)


class HostileClouds(MockClouds):
    """Mock clouds that put an attack into the text of every error, and markup into ids of requests."""

    sent = 0

    def __enter__(self) -> HostileClouds:
        super().__enter__()
        return self

    def at_once(self) -> AbstractContextManager[Any]:
        """Nothing is answered meanwhile."""
        return self._lock

    def _respond_for(self, service: Service, request: CloudRequest) -> CloudResponse:
        response = super()._respond_for(service, request)
        # The id is of the seeded randomness, so the attack is.
        chance = random.Random(json.dumps(sorted(response.headers.items())))
        headers = dict(response.headers)
        if "X-Request-Id" in headers and chance.random() < 0.25:
            headers["X-Request-Id"] += MARKUP
        return replace(response, headers=headers, body=self._attacked(response.body, chance))

    def _attacked(self, body: bytes, chance: random.Random) -> bytes:
        try:
            answer = json.loads(body)
        except ValueError:
            return body
        texts = [name for name in ERROR_TEXTS if isinstance(answer, dict) and isinstance(answer.get(name), str)]
        if not texts:
            return body
        with self._lock:
            self.sent += 1
        for name in texts:
            # Behind it: the package knows some refusals by their texts.
            answer[name] += f" {hostile(chance)}"
        return json.dumps(answer).encode()


def outage_body(chance: random.Random) -> str:
    """What a cloud, or what stands before it, says while it cannot answer."""
    text = hostile(chance, "down")
    bodies: list[Any] = [{"error_code": "ModelArts.0010", "error_msg": text}, {"message": text}, {text: text}]
    return chance.choice(["", text, f"<html><title>{text}</title>", *map(json.dumps, bodies)])
