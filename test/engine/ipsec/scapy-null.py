"""Makes packets of Mobile IPv6 in ESP with Scapy's IPsec layer.

Reads a JSON object with the addresses and a list `rows` of `crypt`, `cryptKey`, `auth` and `authKey`; writes a JSON list
with a list of packets for each row: their octets in hexadecimal digits.
"""
import json
import sys

from scapy.all import raw
from scapy.layers.inet import UDP
from scapy.layers.inet6 import (
    HAO, ICMPv6EchoRequest, ICMPv6MPSol, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrRouting, MIP6MH_BA, MIP6MH_BU,
    MIP6MH_HoT, MIP6MH_HoTI, MIP6OptAltCoA,
)
from scapy.layers.ipsec import ESP, SecurityAssociation

ask = json.load(sys.stdin)
HOA, COA, HA, CN = ask["homeAddress"], ask["careOfAddress"], ask["homeAgent"], ask["correspondent"]


def seal(row, spi, sequence, plain):
    """The ESP header and what follows it, in transport mode."""
    association = SecurityAssociation(
        ESP, spi=spi,
        crypt_algo=row["crypt"], crypt_key=bytes.fromhex(row["cryptKey"]),
        auth_algo=row["auth"], auth_key=bytes.fromhex(row["authKey"]),
    )
    return association.encrypt(plain, seq_num=sequence)[ESP]


def tunnel(row, spi, sequence, source, destination, inner):
    """A tunnel is an IPv6 packet as the payload of transport mode."""
    outer = IPv6(src=source, dst=destination) / IPv6(raw(inner))
    return IPv6(src=source, dst=destination) / seal(row, spi, sequence, outer)


def with_option(esp):
    """From the care-of address, with the Home Address option."""
    return IPv6(src=COA, dst=HA) / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOA)]) / esp


def packets(row):
    """Registrations, home tests, payload and prefix discovery."""
    for n in range(1, 5):
        update = MIP6MH_BU(seq=n, flags="AH", mhtime=105, options=[MIP6OptAltCoA(acoa=COA)])
        yield with_option(seal(row, 1, n, IPv6(src=HOA, dst=HA) / update))
        answer = IPv6(src=HA, dst=HOA) / MIP6MH_BA(status=0, seq=n, mhtime=105)
        routing = IPv6ExtHdrRouting(type=2, segleft=1, addresses=[HOA])
        yield IPv6(src=HA, dst=COA) / routing / seal(row, 2, n, answer)
        init = IPv6(src=HOA, dst=CN) / MIP6MH_HoTI(cookie=b"\x11" * 8)
        yield tunnel(row, 3, n, COA, HA, init)
        test = IPv6(src=CN, dst=HOA) / MIP6MH_HoT(cookie=b"\x11" * 8, token=b"\x22" * 8)
        yield tunnel(row, 4, n, HA, COA, test)
        for size in (17, 500):
            payload = IPv6(src=HOA, dst=CN) / UDP(sport=1, dport=2) / (b"x" * size * n)
            yield tunnel(row, 5, 2 * n + (size > 17), COA, HA, payload)
        echo = IPv6(src=CN, dst=HOA) / ICMPv6EchoRequest(data=b"y" * 30 * n)
        yield tunnel(row, 6, n, HA, COA, echo)
        yield with_option(seal(row, 7, n, IPv6(src=HOA, dst=HA) / ICMPv6MPSol()))


json.dump([[raw(packet).hex() for packet in packets(row)] for row in ask["rows"]], sys.stdout)
