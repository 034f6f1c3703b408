"""Who runs a job: a pool of a process; and whether it still lives."""

from __future__ import annotations

import secrets

from twin.ingest.claim import is_dead, myself

#: Pools of this process that run.
_living: set[str] = set()


def new_owner() -> str:
    """A name for a new pool of this process."""
    name = f"{myself()}#{secrets.token_hex(4)}"
    _living.add(name)
    return name


def retire(owner: str) -> None:
    """The pool runs no more."""
    _living.discard(owner)


def is_gone(owner: str) -> bool:
    """Whether the pool, or its process, runs no more."""
    process = owner.partition("#")[0]
    return owner not in _living if process == myself() else is_dead(process)
