"""The same twin as a ``py2neo.Graph``, for people with existing scripts. Read ``docs/py2neo.md`` first.

py2neo is end-of-life; nothing in the product uses it. It is installed with the extra ``[py2neo]``.
"""

from __future__ import annotations

import warnings
from typing import Any
from urllib.parse import urlsplit

from twin.errors import MissingExtra, StoreConfigError

SECURE = {"neo4j": False, "bolt": False, "neo4j+s": True, "bolt+s": True, "neo4j+ssc": True, "bolt+ssc": True}


def open_py2neo(uri: str, user: str, password: str, database: str = "neo4j") -> Any:
    """A ``py2neo.Graph`` on the twin's database.

    Args:
        uri: as for :class:`twin.store.Store`; one server is spoken to directly, py2neo's routing is not used.
        user, password, database: as the server knows them.

    Raises:
        MissingExtra: py2neo is not installed. StoreConfigError: the address is not one.
        Errors of py2neo itself when the server does not answer: they are not translated.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # py2neo's own code is older than this Python
            import py2neo
    except ImportError:
        raise MissingExtra(
            "py2neo is not installed", fix='Install it with: pip install "infrastructure-twin[py2neo]"'
        ) from None
    parts = urlsplit(uri)
    if parts.scheme not in SECURE or not parts.hostname:
        raise StoreConfigError(f"{uri!r} is no address of a Neo4j server", uri=uri)
    secure = SECURE[parts.scheme]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return py2neo.Graph(
            f"bolt://{parts.hostname}:{parts.port or 7687}",
            auth=(user, password),
            name=database,
            secure=secure,
            verify=not parts.scheme.endswith("+ssc"),
        )
