"""Where a webhook may lead: addresses of the open internet, unless the server's settings allow others.

A name is resolved once, and the connection goes to that very address: a name that changes its mind in between
(DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from twin.errors import InvalidParameter

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Holds an IPv4 address in its last bits (NAT64).
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook, resolved: its address on the net, and what it is called."""

    url: str
    host: str
    port: int
    secure: bool
    address: str


def target_of(url: str, private: bool) -> Target:
    """Where *url* leads.

    Args:
        private: whether this machine and private networks may be reached.

    Raises:
        InvalidParameter: it is no http(s) address, cannot be resolved, or leads where it may not.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not host or any(ord(letter) <= 32 for letter in url):
        raise InvalidParameter("webhook: it is no http or https address", fix="Write it like https://example.org/hook.")
    if parts.username is not None or parts.password is not None:
        raise InvalidParameter(
            "webhook: it has a password in it", fix="Use the secret: what is sent is signed with it."
        )
    port = port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InvalidParameter(f"webhook: there is no host {host}", fix="Check the address.") from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not private and not all(is_public(address) for address in addresses):
        raise InvalidParameter(
            f"webhook: {host} is on this machine or in a private network",
            fix="Where that is meant, start the server with TWIN_WEBHOOK_PRIVATE=true.",
        )
    return Target(url, host, port, parts.scheme == "https", str(addresses[0]))


def is_public(address: Address) -> bool:
    """Whether an address is of the open internet, also when it is wrapped in another one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_public(inner)
    return address.is_global and not address.is_multicast
