"""Choosing assets by what they carry: ``kind=substation and voltage_kv>=380 and name~Nord``.

A small language of its own, parsed here and evaluated on the columns of the attribute table; nothing is executed.
Every question has two answers only: an asset without the property does not match ``=``, ``<``, ``~`` and ``in``, and
does match their opposites ``!=``, ``!~`` and ``not``. An asset without a ``status`` is ``in_service``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InvalidParameter
from twin.schema import default_schema, suggest
from twin.snapshot.arrays import Bools

MAX_TEXT, MAX_DEPTH = 10_000, 50
#: Words of a list in an error: all kinds of the schema fit.
SHOWN = 100
FIX = "Write for example: kind=substation and voltage_kv>=380 and name~Nord"
OPERATORS = ("!=", ">=", "<=", "==", "!~", "=", ">", "<", "~")
WORDS = {"and", "or", "not", "in", "is", "null", "like"}
#: Columns of few words, where an unknown word is a mistake rather than an empty answer.
CLOSED = ("kind", "domain", "source", "status")
_TOKEN = re.compile(r"""\s*(?:(!=|>=|<=|==|!~|[=<>~(),])|"([^"]*)"|'([^']*)'|([^\s=<>!~(),"']+))""")


@dataclass(frozen=True)
class Token:
    """One word: an operator or bracket (``sign``), a bare ``word`` or a quoted ``text``, and where it begins."""

    kind: str
    text: str
    at: int


def select(table: pa.Table, where: str | Mapping[str, Any]) -> Bools:
    """Which assets match.

    Args:
        table: attribute table of n assets. where: an expression, or properties with the value that each must have
            (all of them; a text may begin with an operator: ``{"voltage_kv": ">=380"}``).

    Returns:
        (n,) flags.

    Raises:
        InvalidParameter: the expression cannot be read, or names an unknown property, kind, domain or status.
    """
    text = where if isinstance(where, str) else worded(where)
    return _Parser(table, text).parse()


def worded(where: Mapping[str, Any]) -> str:
    """Properties and the value of each as one expression."""
    return " and ".join(_comparison(str(name), value) for name, value in where.items())


def _comparison(name: str, value: Any) -> str:
    if value is None:
        return f"{name} is null"
    if isinstance(value, list | tuple | set | frozenset):
        return f"{name} in ({', '.join(_quoted(v) for v in value)})"
    text = str(value)
    sign = next((o for o in OPERATORS if text.startswith(o)), "") if isinstance(value, str) else ""
    return f"{name} {sign or '='} {_quoted(text[len(sign) :].strip() if sign else value)}"


def _quoted(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if '"' in text and "'" in text:
        raise InvalidParameter(f"a value with both kinds of quotes cannot be written: {text[:40]!r}", fix="Use ~.")
    return f"'{text}'" if '"' in text else f'"{text}"'


def _tokens(text: str) -> list[Token]:
    if len(text) > MAX_TEXT:
        raise InvalidParameter(f"the selection has {len(text):,} characters; at most {MAX_TEXT:,} are read", fix=FIX)
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidParameter(f"the selection cannot be read from {text[at : at + 20].strip()!r} on", fix=FIX)
        sign, double, single, word = match.groups()
        kind = "sign" if sign is not None else "word" if word is not None else "text"
        found.append(Token(kind, next(t for t in (sign, double, single, word) if t is not None), match.start()))
        at = match.end()
    return found


class _Parser:
    """Recursive descent over the tokens; each part gives its mask at once."""

    def __init__(self, table: pa.Table, text: str) -> None:
        self.table, self.text, self.tokens, self.at, self.depth = table, text, _tokens(text), 0, 0

    def parse(self) -> Bools:
        if not self.tokens:
            raise InvalidParameter("the selection is empty", fix=FIX)
        mask = self._any()
        if self.at < len(self.tokens):
            raise self._unexpected("and, or, or the end")
        return mask

    def _unexpected(self, wanted: str) -> InvalidParameter:
        if self.at >= len(self.tokens):
            return InvalidParameter(f"the selection ends where {wanted} is needed: {self.text!r}", fix=FIX)
        token = self.tokens[self.at]
        return InvalidParameter(f"the selection has {token.text!r} where {wanted} is needed: {self.text!r}", fix=FIX)

    def _next(self, *words: str) -> bool:
        """Whether the next token is one of these words or signs; it is taken then."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if token is None or token.kind == "text" or token.text.lower() not in words:
            return False
        self.at += 1
        return True

    def _any(self) -> Bools:
        mask = self._all()
        while self._next("or"):
            mask = mask | self._all()
        return mask

    def _all(self) -> Bools:
        mask = self._not()
        while self._next("and"):
            mask = mask & self._not()
        return mask

    def _not(self) -> Bools:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise InvalidParameter(f"the selection is nested more than {MAX_DEPTH} deep", fix=FIX)
        if self._next("not"):
            mask = ~self._not()
        elif self._next("("):
            mask = self._any()
            if not self._next(")"):
                raise self._unexpected("a closing bracket")
        else:
            mask = self._compare()
        self.depth -= 1
        return mask

    def _compare(self) -> Bools:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if token is None or token.kind == "sign" or token.text.lower() in WORDS:
            raise self._unexpected("a property")
        self.at += 1
        column = Column(self.table, token.text)
        if self._next("is"):
            absent = not self._next("not")
            if not self._next("null"):
                raise self._unexpected("null")
            return column.absent() if absent else ~column.absent()
        other = self._next("not")
        if self._next("in"):
            mask = column.among(self._list())
            return ~mask if other else mask
        if other:
            raise self._unexpected("in")
        sign = self.tokens[self.at].text if self.at < len(self.tokens) else ""
        if sign not in OPERATORS:
            raise self._unexpected("one of = != < <= > >= ~ !~ in is")
        self.at += 1
        return column.compared(sign, self._value())

    def _value(self) -> str:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if token is None or token.kind == "sign":
            raise self._unexpected("a value")
        self.at += 1
        return token.text

    def _list(self) -> list[str]:
        if not self._next("("):
            raise self._unexpected("a list in brackets")
        values = [self._value()]
        while self._next(","):
            values.append(self._value())
        if not self._next(")"):
            raise self._unexpected("a comma or a closing bracket")
        return values


class Column:
    """One property of all assets, and the comparisons that its type takes.

    Raises:
        InvalidParameter: no asset carries it.
    """

    def __init__(self, table: pa.Table, name: str) -> None:
        known = [c for c in table.column_names if c != "geometry"]
        if name not in known and name != "status":
            schema = default_schema()
            hint = suggest(name, [*known, "status", *schema.properties])
            unused = "no asset here carries" if name in schema.properties else "no asset has a property"
            raise InvalidParameter(f"{unused} {name!r}.{hint}", fix=f"Assets here carry: {', '.join(known)}.")
        self.name = name
        values = table[name] if name in known else pa.nulls(table.num_rows, pa.string())
        self.values = pc.cast(values, pa.string()) if pa.types.is_dictionary(values.type) else values
        if pa.types.is_null(self.values.type):
            self.values = pc.cast(self.values, pa.string())
        if name == "status":
            self.values = pc.fill_null(self.values, "in_service")

    def absent(self) -> Bools:
        """(n,) assets without it."""
        return _mask(pc.is_null(self.values))

    def among(self, words: list[str]) -> Bools:
        """(n,) assets that have one of these values."""
        mask = self.compared("=", words[0])
        for word in words[1:]:
            mask = mask | self.compared("=", word)
        return mask

    def compared(self, sign: str, word: str) -> Bools:
        """(n,) assets whose value stands in the relation *sign* to *word*."""
        if sign in ("!=", "!~"):
            return ~self.compared("~" if sign == "!~" else "=", word)
        if sign == "~":
            return self._contains(word)
        kind = self.values.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            return _mask(_RELATIONS[sign](pc.cast(self.values, pa.float64()), self._number(word)))
        if sign not in ("=", "=="):
            raise InvalidParameter(f"{self.name} is no number: {sign} does not compare it", fix="Use =, !=, ~ or in.")
        if pa.types.is_boolean(kind):
            if word.lower() not in ("true", "false", "yes", "no"):
                raise InvalidParameter(f"{self.name} is true or false, not {word!r}", fix=FIX)
            return _mask(pc.equal(self.values, word.lower() in ("true", "yes")))
        self._check(word)
        return _mask(pc.equal(pc.cast(self.values, pa.string()), word))

    def _contains(self, word: str) -> Bools:
        if not (pa.types.is_string(self.values.type) or pa.types.is_large_string(self.values.type)):
            raise InvalidParameter(f"{self.name} is no text: ~ does not search it", fix="Compare it with = or >=.")
        return _mask(pc.match_substring(self.values, word, ignore_case=True))

    def _number(self, word: str) -> float:
        try:
            value = float(word)
        except ValueError:
            value = np.nan
        if not np.isfinite(value):
            raise InvalidParameter(f"{self.name} is a number, not {word!r}", fix=FIX)
        return value

    def _check(self, word: str) -> None:
        """Refuse a word that this column can never hold."""
        if self.name not in CLOSED:
            return
        schema = default_schema()
        known = {v for v in pc.unique(self.values).to_pylist() if v}
        more = {"kind": set(schema.kinds), "domain": set(schema.domains)}.get(self.name, set())
        if self.name == "status":
            more = {"in_service", *(schema.properties["status"].values or ())}
        if word not in known | more:
            raise InvalidParameter(
                f"there is no {self.name} {word!r}.{suggest(word, sorted(known | more))}",
                fix=f"Here are: {_few(sorted(known))}.",
            )


def _few(words: list[str]) -> str:
    """All of a short list; of a long one the first, and how many more."""
    more = f" and {len(words) - SHOWN:,} more" if len(words) > SHOWN else ""
    return ", ".join(words[:SHOWN]) + more


_RELATIONS = {
    "=": pc.equal,
    "==": pc.equal,
    ">": pc.greater,
    "<": pc.less,
    ">=": pc.greater_equal,
    "<=": pc.less_equal,
}


def _mask(found: Any) -> Bools:
    mask: Bools = pc.fill_null(found, False).to_numpy(zero_copy_only=False).astype(bool)
    return mask
