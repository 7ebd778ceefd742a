"""Whose address a request comes from: the connection's, or what a reverse proxy of ours says.

`X-Forwarded-For` is believed only from the addresses in `RAPPORT_TRUSTED_PROXIES`, and only as far as those wrote it:
it is read from its end, where our proxy appended, to the first address that is no proxy of ours. Whatever a client
wrote further left counts for nothing.
"""

import ipaddress
from functools import lru_cache

from aiohttp import web

from bot.domain.networks import Address, Network, parse_networks
from bot.gateway.keys import APP

# The settings have checked that they can be read; they do not change, so they are read once.
_proxies = lru_cache(maxsize=8)(parse_networks)


def client_address(request: web.Request) -> str:
    """The client's address, an IPv4 one written as such; empty when it is not known (a Unix socket)."""
    peer = request.remote or ""
    proxies = _proxies(request.app[APP].settings.trusted_proxies)
    address = _read(peer)
    if not proxies or not _is_among(address, proxies):
        return str(address) if address else peer
    told = [part.strip() for line in request.headers.getall("X-Forwarded-For", []) for part in line.split(",")]
    for part in reversed(told):
        hop = _read(part)
        if hop is None:
            break  # not written by a proxy of ours: they write addresses
        address = hop
        if not _is_among(hop, proxies):
            break
    return str(address)


def _read(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A socket that listens on both families shows IPv4 clients inside one and the same IPv6 network.
    return getattr(address, "ipv4_mapped", None) or address


def _is_among(address: Address | None, networks: tuple[Network, ...]) -> bool:
    return address is not None and any(address in network for network in networks)
