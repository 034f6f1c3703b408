"""CQL2 text to a CQL2 JSON tree: recursive descent over the grammar of OGC 21-065, annex B.

Besides the standard it knows ``ILIKE``, which GDAL sends (``a ILIKE 'x%'`` is ``CASEI(a) LIKE CASEI('x%')``).
The grammar is strict: what it does not know is an error that names the word and its position.
"""

from __future__ import annotations

from typing import Any

import shapely

from api.ogc.cql.tokens import DEEPEST, Token, tokens, wrong

Node = Any
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
SHAPES = ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION")
#: Functions that JSON spells with a capital inside.
SPELLED = {name.lower(): name for name in ("t_finishedBy", "t_metBy", "t_overlappedBy", "t_startedBy")}
KEYWORDS = ("AND", "OR", "NOT", "LIKE", "ILIKE", "BETWEEN", "IN", "IS", "NULL", "DIV")


def parse_text(text: str) -> Node:
    """The tree of a filter in CQL2 text.

    Raises:
        InvalidFilter: it does not follow the grammar; the message says where.
    """
    parser = _Parser(text)
    tree = parser.either(0)
    parser.finish()
    return tree


class _Parser:
    """Reads one text, left to right; ``depth`` is how many expressions are open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0

    # -- words ------------------------------------------------------------------------------------------------
    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    def next(self) -> Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def takes(self, *words: str) -> bool:
        """Whether the next word is one of these key words or signs; if so it is taken."""
        token = self.here
        if token.word in words or (token.kind == "sign" and token.text in words):
            self.at += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.takes(sign):
            raise self.fault(f"{sign!r} is expected here, not")

    def fault(self, what: str) -> Exception:
        token = self.here
        return wrong(f"{what} {token.text!r}" if token.text else f"{what} the end", token.at, token.text)

    def finish(self) -> None:
        if self.here.kind != "end":
            raise self.fault("nothing more is expected here, but there is")

    # -- conditions -------------------------------------------------------------------------------------------
    def either(self, depth: int) -> Node:
        return self.joined("OR", "or", self.both, depth)

    def both(self, depth: int) -> Node:
        return self.joined("AND", "and", self.negated, depth)

    def joined(self, word: str, op: str, part: Any, depth: int) -> Node:
        parts = [part(depth)]
        while self.takes(word):
            parts.append(part(depth))
        return parts[0] if len(parts) == 1 else {"op": op, "args": parts}

    def negated(self, depth: int) -> Node:
        times = 0
        while self.takes("NOT"):
            times += 1
        node = self.condition(depth)
        return {"op": "not", "args": [node]} if times % 2 else node

    def condition(self, depth: int) -> Node:
        left = self.sum(depth)
        token = self.here
        if token.kind == "sign" and token.text in COMPARISONS:
            self.next()
            node: Node = {"op": token.text, "args": [left, self.sum(depth)]}
            if self.here.kind == "sign" and self.here.text in COMPARISONS:
                raise self.fault("comparisons cannot be chained by")
            return node
        if self.takes("IS"):
            no = self.takes("NOT")
            if not self.takes("NULL"):
                raise self.fault("NULL is expected after IS, not")
            return negation(no, {"op": "isNull", "args": [left]})
        no = self.takes("NOT")
        found = self.membership(left, depth)
        if found is None and no:
            raise self.fault("LIKE, BETWEEN or IN is expected after NOT, not")
        return left if found is None else negation(no, found)

    def membership(self, left: Node, depth: int) -> Node | None:
        if self.takes("LIKE"):
            return {"op": "like", "args": [left, self.sum(depth)]}
        if self.takes("ILIKE"):
            return {"op": "like", "args": [casei(left), casei(self.sum(depth))]}
        if self.takes("BETWEEN"):
            low = self.sum(depth)
            if not self.takes("AND"):
                raise self.fault("AND is expected here, not")
            return {"op": "between", "args": [left, low, self.sum(depth)]}
        if self.takes("IN"):
            self.expect("(")
            return {"op": "in", "args": [left, self.list(depth)]}
        return None

    def list(self, depth: int) -> list[Node]:
        items = [self.sum(depth)]
        while self.takes(","):
            items.append(self.sum(depth))
        self.expect(")")
        return items

    # -- values -----------------------------------------------------------------------------------------------
    def sum(self, depth: int) -> Node:
        return self.chain(("+", "-"), self.product, depth)

    def product(self, depth: int) -> Node:
        return self.chain(("*", "/", "%", "DIV"), self.power, depth)

    def chain(self, signs: tuple[str, ...], part: Any, depth: int) -> Node:
        node, length = part(depth), 0
        while (token := self.here).text.upper() in signs and self.takes(*signs):
            length += 1
            self.shallow(depth + length)
            node = {"op": token.text.lower(), "args": [node, part(depth)]}
        return node

    def power(self, depth: int) -> Node:
        base = self.factor(depth)
        return {"op": "^", "args": [base, self.factor(depth)]} if self.takes("^") else base

    def factor(self, depth: int) -> Node:
        if not self.takes("-"):
            return self.operand(depth)
        node = self.operand(depth)
        if isinstance(node, int | float) and not isinstance(node, bool):
            return -node
        return {"op": "*", "args": [-1, node]}

    def operand(self, depth: int) -> Node:
        self.shallow(depth)
        token = self.next()
        if token.kind in ("number", "string"):
            return token.value
        if token.kind == "sign" and token.text == "(":
            node = self.either(depth + 1)
            self.expect(")")
            return node
        if token.kind == "quoted":
            return {"property": token.value}
        if token.kind != "name" or token.word in KEYWORDS:
            self.at = self.tokens.index(token)
            raise self.fault("a value is expected here, not")
        return self.named(token, depth)

    def named(self, token: Token, depth: int) -> Node:
        if token.word in ("TRUE", "FALSE"):
            return token.word == "TRUE"
        if token.word in SHAPES and (self.here.word in ("Z", "M", "ZM", "EMPTY") or self.here.text == "("):
            return self.shape(token)
        if not self.takes("("):
            return {"property": token.text}
        if token.word == "BBOX":
            return {"bbox": self.list(depth + 1)}
        if token.word in ("DATE", "TIMESTAMP"):
            return {token.word.lower(): self.only_string(token)}
        if token.word == "INTERVAL":
            return {"interval": self.list(depth + 1)}
        name = token.text.lower()
        return {"op": SPELLED.get(name, name), "args": self.list(depth + 1)}

    def only_string(self, token: Token) -> str:
        given = self.next()
        if given.kind != "string":
            raise wrong(f"{token.text} takes a text in single quotes", given.at, token.text)
        self.expect(")")
        return str(given.value)

    def shape(self, token: Token) -> Node:
        """A geometry in WKT: the text up to the bracket that closes it."""
        open_, end = 0, token.end
        while self.here.kind != "end":
            word = self.next()
            open_ += (word.text == "(") - (word.text == ")")
            end = word.end
            if open_ == 0 and (word.text == ")" or word.word == "EMPTY"):
                break
        text = self.text[token.at : end]
        found = shapely.from_wkt(text, on_invalid="ignore")
        if found is None or shapely.is_empty(found):
            raise wrong(f"{text[:60]!r} is not a geometry in WKT", token.at, token.text)
        mapped: Node = shapely.geometry.mapping(shapely.force_2d(found))
        return mapped

    def shallow(self, depth: int) -> None:
        if depth > DEEPEST:
            raise wrong(f"expressions are nested more than {DEEPEST} deep", self.here.at, self.here.text)


def negation(no: bool, node: Node) -> Node:
    """*node*, denied if *no*."""
    return {"op": "not", "args": [node]} if no else node


def casei(node: Node) -> Node:
    """*node* with its case ignored."""
    return {"op": "casei", "args": [node]}
