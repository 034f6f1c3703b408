"""Problem documents (RFC 9457) as the errors that they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.errors import ApiAnswerInvalid, InvalidParameter, TwinError, UnknownAsset, all_errors
from twin.model import Reject

#: Members of a problem document that are no extras of the error.
OWN = {"type", "title", "status", "detail", "code", "fix", "request_id"}
#: Codes that only HTTP knows, for requests that a twin in this process would refuse in other words.
REFUSED = {"invalid_body", "method_not_allowed", "not_acceptable", "unsupported_media_type"}
#: What to do in Python, where the server speaks of addresses.
FIXES: dict[type[TwinError], str] = {UnknownAsset: "Search for it with twin.find(TEXT)."}


def error_of(status: int, problem: Mapping[str, Any]) -> TwinError:
    """The error that the server met, of its class, with what to do and its extra members."""
    code, detail = str(problem.get("code", "")), str(problem.get("detail", f"the server answered {status}"))
    fix = problem.get("fix")
    extra = {name: value for name, value in problem.items() if name not in OWN}
    cls = next((each for each in all_errors() if each.code == code), None)
    if cls is None:
        cls = InvalidParameter if code in REFUSED else ApiAnswerInvalid
    if isinstance(extra.get("rejects"), list):  # else it says where they are
        return cls(detail, fix=fix, rejects=[Reject.from_dict(item) for item in extra["rejects"]])
    extra = {name: value for name, value in extra.items() if name != "self"}
    words = FIXES.get(cls) or (None if fix is None else str(fix))
    return cls(detail, fix=words, **extra)
