"""Delivering a notice: signed, to the address that was looked at, without following anything that comes back.

``X-Twin-Signature: t=TIME,v1=HEX``: HMAC-SHA256 by the subscription's secret over ``TIME.BODY``. A receiver that
checks it, and that TIME is recent, knows that the notice is ours and not an old one sent again; ``X-Twin-Delivery``
is the same for every attempt, so that it can tell that it has had it already.
"""

from __future__ import annotations

import hmac
import time
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import httpx
import orjson

from api.watch.targets import Target, target_of
from twin.errors import InvalidParameter

TIMEOUT_S = 10.0
#: Seconds before the second attempt; each further one waits twice as long, up to the longest.
FIRST_S, LONGEST_S = 5.0, 3600.0
#: Attempts before a notice is given up: over eight hours.
ATTEMPTS = 18
AGENT = f"infrastructure-twin/{version('infrastructure-twin')}"


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of ``X-Twin-Signature`` for a body sent at *at* (Unix time)."""
    made = hmac.new(secret.encode(), b"%d." % at + body, sha256).hexdigest()
    return f"t={at},v1={made}"


def send(url: str, secret: str, id: str, body: dict[str, Any], private: bool) -> str | None:
    """Send a notice; None when it was taken, else why not.

    Args:
        url: of the webhook. secret: signs it. id: of the notice. private: see :func:`.targets.target_of`.
    """
    try:
        target = target_of(url, private)
    except InvalidParameter as error:
        return error.detail
    content = orjson.dumps(body)
    headers = {
        "Host": _host(target),
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "X-Twin-Event": "answer.changed",
        "X-Twin-Delivery": id,
        "X-Twin-Signature": signature(secret, int(time.time()), content),
    }
    address = httpx.URL(url).copy_with(host=target.address)
    extensions = {"sni_hostname": target.host} if target.secure else {}
    try:
        with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
            request = client.build_request("POST", address, content=content, headers=headers, extensions=extensions)
            response = client.send(request, stream=True)  # what it says is of no use: it is not read
            response.close()
    except (httpx.HTTPError, OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None if response.is_success else f"it answered {response.status_code}"


def _host(target: Target) -> str:
    shown = f"[{target.host}]" if ":" in target.host else target.host
    return shown if target.port == (443 if target.secure else 80) else f"{shown}:{target.port}"


def pause(attempts: int) -> float | None:
    """Seconds before the next attempt after so many failed ones, None to give up."""
    return None if attempts >= ATTEMPTS else min(FIRST_S * 2 ** (attempts - 1), LONGEST_S)
