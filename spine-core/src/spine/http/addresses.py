"""Addresses of the public internet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last four bytes are an IPv4 address
_MAPPED = IPv6Network("::ffff:0:0/96")
# all that IANA has assigned for the internet: outside lie fec0::/10, 5f00::/16, 64:ff9b:1::/48, ::/96 and the like
_UNICAST = IPv6Network("2000::/3")
# not on the internet, or taken for it by the ipaddress of some releases of Python
_RESERVED = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("198.18.0.0/15"),
    IPv4Network("240.0.0.0/4"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),
)


def is_public(text: str) -> bool:
    """Return whether an address is neither loopback, link-local, private nor otherwise reserved (RFC 6890).

    An IPv6 address that embeds an IPv4 one is public if that is.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return _is_on_internet(address) and all(map(_is_global, _carried(address)))


def _is_on_internet(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and (address in _NAT64 or address in _MAPPED):
        return True  # what they carry decides
    return _is_global(address) and (isinstance(address, IPv4Address) or address in _UNICAST)


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    reserved = any(address in network for network in _RESERVED if network.version == address.version)
    return address.is_global and not address.is_multicast and not reserved


def _carried(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        carried.append(IPv4Address(address.packed[-4:]))
    return [each for each in carried if each is not None]
