"""Addresses and networks as an operator writes them."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """Addresses or networks (`10.0.0.0/8`) separated by commas. Raises ValueError that names the wrong one."""
    found = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        try:
            found.append(ipaddress.ip_network(part, strict=False))
        except ValueError as error:
            raise ValueError(f"{part!r} is neither an address nor a network like 10.0.0.0/8") from error
    return tuple(found)
