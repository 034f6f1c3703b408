"""Access: who asks, and whose keys there are."""

from __future__ import annotations

from typing import Literal

from fastapi import Request, Response
from pydantic import Field

from api.answers import answer
from api.deps import NO_QUERY
from api.errors import documented
from api.section import Section
from api.security import Access, admins
from api.security.roles import caller
from api.wire import Open

router = Section(tags=["health"], dependencies=[NO_QUERY])

RoleName = Literal["read", "write", "admin"]


class Me(Open):
    """Who asks."""

    name: str | None = Field(description="Name of the key; null where the server asks for none.", examples=["planner"])
    role: RoleName = Field(description="What may be done: read, write (and read), admin (and both).")
    keys_required: bool = Field(description="Whether this server answers to keys only.")


class KeyRow(Open):
    """A key, without the key."""

    name: str = Field(examples=["planner"])
    role: RoleName
    made_at: str = Field(description="When, ISO 8601.")


class KeyList(Open):
    """The keys of this server."""

    items: list[KeyRow]


@router.get(
    "/me",
    operation_id="getMe",
    summary="Who am I?",
    responses={200: {"model": Me}, **documented([400])},
)
async def get_me(request: Request) -> Response:
    """The name and the role of the key that the request was sent with: a way to try a key."""
    access: Access = request.app.state.access
    asking = caller(request)
    return answer({"name": asking.name, "role": asking.role.name, "keys_required": access.required})


@router.get(
    "/keys",
    operation_id="listKeys",
    summary="The keys of this server",
    dependencies=[admins],
    responses={200: {"model": KeyList}, **documented([400])},
)
async def list_keys(request: Request) -> Response:
    """Names and roles, for admins; keys are made and removed with `twin keys` on the server."""
    access: Access = request.app.state.access
    keys = access.keyring.keys() if access.keyring is not None else ()
    return answer({"items": [key.to_dict() for key in keys]})
