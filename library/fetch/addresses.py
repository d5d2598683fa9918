"""Which internet addresses belong to the public internet, and not to this machine, its network or its provider."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

IPAddress: TypeAlias = IPv4Address | IPv6Address

_NOT_PUBLIC_V4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
"""Protocol assignments and relays, which `ipaddress` takes for global in part."""
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries IPv4 addresses of any kind
        "3fff::/20",  # documentation
    )
)
_NAT64 = ip_network("64:ff9b::/96")


def is_public(address: IPAddress) -> bool:
    """Whether `address` is one that anybody can reach.

    IPv4 addresses inside of IPv6 ones (mapped, and NAT64, by which hosts with IPv6 alone reach the rest) are judged
    themselves. `is_global` alone would let through 64:ff9b::7f00:1, 2002:7f00:1::, fec0::1 and 192.0.0.8.
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is None:
            return (
                address.scope_id is None
                and address in _GLOBAL_UNICAST
                and address.is_global
                and not any(address in network for network in _NOT_PUBLIC_V6)
            )
        address = inner
    return address.is_global and not address.is_multicast and not any(address in network for network in _NOT_PUBLIC_V4)
