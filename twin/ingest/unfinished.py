"""What to say of an import run that is in progress, or was cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.ingest.claim import is_dead

if TYPE_CHECKING:
    from twin.store import State, Store


def cut_off(store: Store, state: State) -> bool:
    """Whether the run in progress was left by its importer: it gave up the claim, or was a dead process of ours."""
    rows = store.rows("ingest.state") if state.applying else []
    if not rows or rows[0]["applying"] != state.applying:
        return False
    importer = rows[0]["importer"]
    return importer is None or is_dead(importer)


def finish(run: str) -> str:
    """What to do about a run that was cut off."""
    return f"Run the same import again to finish it, or take it back: twin import --rollback {run}"


def notice(store: Store, state: State) -> str | None:
    """What to know about the run in progress, None when there is none."""
    if not state.applying:
        return None
    before = f"this is the state before it (revision {state.revision})."
    if cut_off(store, state):
        return f"The import run {state.applying} was cut off; {before} {finish(state.applying)}"
    return f"The import run {state.applying} is being applied; {before}"
