"""The driver's exceptions as ours: callers and users never see a class of ``neo4j``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neo4j import exceptions as n

from twin import errors as e

#: Every class of ``neo4j.exceptions`` (a test enumerates them); a class of a newer driver goes by its nearest base.
ERRORS: dict[type[n.GqlError], type[e.StoreError]] = {
    n.GqlError: e.StoreError,
    n.Neo4jError: e.StoreQueryError,
    n.ClientError: e.StoreQueryError,
    n.CypherSyntaxError: e.StoreQueryError,
    n.CypherTypeError: e.StoreQueryError,
    n.ConstraintError: e.StoreConstraintError,
    n.AuthError: e.StoreAuthFailed,
    n.TokenExpired: e.StoreAuthFailed,
    n.Forbidden: e.StoreAuthFailed,
    n.DatabaseError: e.StoreError,
    n.TransientError: e.StoreTransient,
    n.DatabaseUnavailable: e.StoreUnavailable,
    n.NotALeader: e.StoreTransient,
    n.ForbiddenOnReadOnlyDatabase: e.StoreTransient,
    n.DriverError: e.StoreError,
    n.SessionError: e.StoreError,
    n.TransactionError: e.StoreError,
    n.TransactionNestingError: e.StoreError,
    n.ResultError: e.StoreError,
    n.ResultFailedError: e.StoreError,
    n.ResultConsumedError: e.StoreError,
    n.ResultNotSingleError: e.StoreError,
    n.BrokenRecordError: e.StoreError,
    n.SessionExpired: e.StoreUnavailable,
    n.ServiceUnavailable: e.StoreUnavailable,
    n.RoutingServiceUnavailable: e.StoreUnavailable,
    n.WriteServiceUnavailable: e.StoreUnavailable,
    n.ReadServiceUnavailable: e.StoreUnavailable,
    n.IncompleteCommit: e.StoreUnavailable,
    n.ConnectionPoolError: e.StoreUnavailable,
    n.ConnectionAcquisitionTimeoutError: e.StoreUnavailable,
    n.ConfigurationError: e.StoreConfigError,
    n.AuthConfigurationError: e.StoreConfigError,
    n.CertificateConfigurationError: e.StoreConfigError,
    n.UnsupportedServerProduct: e.StoreConfigError,
}
#: Server codes whose class says too little: a wrong name of a database is a matter of configuration.
CODES: dict[str, type[e.StoreError]] = {
    "Neo.ClientError.Database.DatabaseNotFound": e.StoreConfigError,
    "Neo.ClientError.Statement.AccessMode": e.StoreQueryError,
    "Neo.ClientError.Transaction.TransactionTimedOut": e.StoreTransient,
}


def translate(error: n.GqlError, doing: str) -> e.StoreError:
    """Our error for one of the driver's; *doing* says what was tried (the query's name)."""
    code = getattr(error, "code", None)
    ours = CODES.get(code or "") or next(ERRORS[base] for base in type(error).__mro__ if base in ERRORS)
    message = getattr(error, "message", None) or str(error) or type(error).__name__
    extra = {"neo4j_code": code} if code else {}
    return ours(f"{doing}: {message}", **extra)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the driver's exceptions inside the block into ours."""
    try:
        yield
    except n.GqlError as error:
        raise translate(error, doing) from error
    except (OSError, ValueError) as error:  # an address that is none, a certificate that cannot be read
        raise e.StoreConfigError(f"{doing}: {error}") from error
