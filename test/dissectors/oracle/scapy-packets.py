"""Reads IPv6 packets with Scapy, or builds packets of its own.

Usage: scapy-packets.py read < packets    one packet a line, hexadecimal; prints what Scapy says of it: a JSON
                                          list of [class.field, value] in the order of the octets
       scapy-packets.py build             prints packets of Scapy's own classes, hexadecimal
"""

import json
import logging
import sys

logging.getLogger("scapy").setLevel(logging.CRITICAL)

from scapy.fields import FlagsField  # noqa: E402
from scapy.layers import inet6  # noqa: E402
from scapy.layers.inet6 import *  # noqa: E402,F403
from scapy.packet import NoPayload, Packet, Raw  # noqa: E402


def facts_of_field(name, field, value, into):
    if value is None:
        return
    if isinstance(field, FlagsField):
        for bit, letter in enumerate(field.names):
            into.append([f"{name}.{letter}", str((int(value) >> bit) & 1)])
    elif isinstance(value, bool):
        into.append([name, str(int(value))])
    elif isinstance(value, int):
        into.append([name, str(int(value))])
    elif isinstance(value, (bytes, bytearray)):
        into.append([name, bytes(value).hex()])
    elif isinstance(value, str):
        into.append([name, value])
    elif isinstance(value, Packet):
        facts_of_packet(value, into)
    elif isinstance(value, (list, tuple)):
        for item in value:
            facts_of_field(name, field, item, into)


def facts_of_packet(packet, into):
    while packet is not None and not isinstance(packet, (NoPayload, Raw)):
        for field in packet.fields_desc:
            value = packet.getfieldval(field.name)
            facts_of_field(f"{type(packet).__name__}.{field.name}", field, value, into)
        packet = packet.payload


def read():
    for line in sys.stdin:
        facts = []
        facts_of_packet(IPv6(bytes.fromhex(line.strip())), facts)
        print(json.dumps(facts))


def options():
    return [
        [],
        [MIP6OptBRAdvice(rinter=600)],
        [MIP6OptAltCoA(acoa="2001:db8::5")],
        [MIP6OptNonceIndices(hni=5, coni=9)],
        [MIP6OptNonceIndices(hni=5, coni=9), MIP6OptBindingAuthData(authenticator=0x0102030405060708090A0B0C)],
        [MIP6OptMobNetPrefix(plen=64, prefix="2001:db8:7::")],
        [MIP6OptMNID(subtype=1, id=b"node@example.org")],
        [MIP6OptMsgAuth(subtype=1, mspi=7, authdata=b"0123456789abcdef")],
        [MIP6OptReplayProtection(timestamp=3900000000)],
        [MIP6OptCGAParamsReq()],
        [MIP6OptCGAParams(cgaparams=b"0123456789")],
        [MIP6OptSignature(sig=b"0123456789abcdef")],
        [MIP6OptHomeKeygenToken(hkt=b"01234567")],
        [MIP6OptCareOfTestInit()],
        [MIP6OptCareOfTest(cokt=b"01234567")],
        [MIP6OptUnknown(otype=210, odata=b"abc")],
        [MIP6OptAltCoA(acoa="2001:db8::5"), MIP6OptMobNetPrefix(), MIP6OptMNID(subtype=1, id=b"a@b")],
    ]


def messages():
    for some in options():
        yield MIP6MH_BU(seq=7, flags="AHLK", mhtime=15, options=some)
        yield MIP6MH_BA(status=130, flags="K", seq=7, mhtime=15, options=some)
        yield MIP6MH_BRR(options=some)
    yield MIP6MH_HoTI(cookie=b"01234567")
    yield MIP6MH_CoTI(cookie=b"01234567")
    yield MIP6MH_HoT(index=3, cookie=b"01234567", token=b"abcdefgh")
    yield MIP6MH_CoT(index=3, cookie=b"01234567", token=b"abcdefgh")
    yield MIP6MH_BE(status=2, ha="2001:db8::9")


def icmpv6():
    yield ICMPv6HAADRequest(id=7, R=1)
    yield ICMPv6HAADReply(id=7, R=1, addresses=["2001:db8::1", "2001:db8::2"])
    yield ICMPv6MPSol(id=9)
    yield ICMPv6MPAdv(id=9, flags=2) / ICMPv6NDOptPrefixInfo(prefix="2001:db8::", R=1)
    yield ICMPv6ND_RA(H=1, routerlifetime=1800) / ICMPv6NDOptHAInfo(pref=9, lifetime=1800)
    yield ICMPv6ND_RA() / ICMPv6NDOptAdvInterval(advint=1500) / ICMPv6NDOptMTU(mtu=1500)
    yield ICMPv6ND_RA() / ICMPv6NDOptMAP(addr="2001:db8::7") / ICMPv6NDOptRouteInfo(prefix="2001:db8:5::", plen=48)
    yield ICMPv6ND_RA() / ICMPv6NDOptRDNSS(dns=["2001:db8::53"]) / ICMPv6NDOptDNSSL(searchlist=["example.org"])
    yield ICMPv6ND_NS(tgt="2001:db8::1") / ICMPv6NDOptSrcLLAddr(lladdr="02:00:5e:00:53:01")
    yield ICMPv6ND_NA(tgt="2001:db8::1", R=1, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr="02:00:5e:00:53:01")
    yield ICMPv6ND_Redirect(tgt="2001:db8::1", dst="2001:db8::2")
    yield ICMPv6MLQuery2(mladdr="ff02::5", QRV=2, QQIC=125, sources=["2001:db8::1"])
    yield ICMPv6MLReport2(records=[ICMPv6MLDMultAddrRec(rtype=4, dst="ff02::5", sources=["2001:db8::1"])])
    yield ICMPv6EchoRequest(id=1, seq=2, data=b"abc")


def build():
    ends = {"src": "2001:db8:1::1", "dst": "2001:db8:2::2"}
    for message in [*messages(), *icmpv6()]:
        print(bytes(IPv6(hlim=255, **ends) / message).hex())
    update = MIP6MH_BU(seq=7, flags="AHLK", mhtime=15)
    home = IPv6ExtHdrDestOpt(options=[HAO(hoa="2001:db8:3::3")])
    print(bytes(IPv6(**ends) / home / update).hex())
    route = IPv6ExtHdrRouting(type=2, addresses=["2001:db8:3::3"])
    print(bytes(IPv6(**ends) / route / MIP6MH_BA(seq=7)).hex())


read() if sys.argv[1:] == ["read"] else build()
