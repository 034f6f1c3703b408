"""Who may ask: API keys, roles, and what a browser may not be talked into.

Routes say who may use them by one of the dependencies here, on the router or the route:
``asks`` (a question that is asked by POST: whoever may read), ``writes``, ``admins``. Without one, GET is for who may
read and every other method for who may write, so that a route that forgets is closed, not open.
"""

from __future__ import annotations

from api.security.access import Access
from api.security.guard import Guard
from api.security.keys import Key, Keyring
from api.security.roles import Caller, Role, admins, asks, by_method, writes

__all__ = ["Access", "Caller", "Guard", "Key", "Keyring", "Role", "admins", "asks", "by_method", "writes"]
