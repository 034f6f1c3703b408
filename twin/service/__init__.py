"""The use cases: ``class Twin`` over a store, what it can be asked, and which snapshot answers."""

from twin.service.opening import Progress, StoreSettings, open_store
from twin.service.states import KEPT, Current, States
from twin.service.twin import Twin

__all__ = ["KEPT", "Current", "Progress", "States", "StoreSettings", "Twin", "open_store"]
