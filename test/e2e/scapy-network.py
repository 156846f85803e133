"""The router, home agent and correspondent of a mobile node by Scapy alone, with its own IPsec and its own tokens.

Reads a line of JSON with what it has to know, serves the link until the end of its input, writes a JSON object with
what the mobile node did. What fails a check of its own ends it with an exception.
"""
import hashlib
import hmac
import json
import os
import select
import socket
import sys

from scapy.config import conf
from scapy.layers import ipsec
from scapy.layers.inet6 import (
    HAO,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6ND_RS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrRouting,
    MIP6MH_BA,
    MIP6MH_BU,
    MIP6MH_CoT,
    MIP6MH_CoTI,
    MIP6MH_HoT,
    MIP6MH_HoTI,
    MIP6OptAltCoA,
    MIP6OptBindingAuthData,
    MIP6OptNonceIndices,
    in6_chksum,
)
from scapy.layers.l2 import Ether

ASKED = json.loads(sys.stdin.readline())
HOME, AGENT, PEER, ROUTER = (ASKED[name] for name in ("home", "agent", "peer", "router"))
BINDING, TESTS, PAYLOAD = "binding", "home-tests", "payload"
MOBILITY = 135
# Hop limits tell a program which way an answer has come.
BY_TUNNEL, DIRECT = 40, 50
REFUSED = 129
UPDATES = ASKED["associations"][BINDING]["out"]["spi"]
NODE_KEY, NONCES = os.urandom(20), {17: os.urandom(8), 18: os.urandom(8)}
HOME_INDEX, CARE_OF_INDEX = NONCES

SEEN = {"home": [], "tests": [], "updates": [], "tunnelled": [], "direct": []}
binding = {"careOf": None, "peer": None}


def octets(address):
    """Octets of an address."""
    return socket.inet_pton(socket.AF_INET6, address)


def put(packet, group=None):
    """Puts a packet on the link."""
    LINK.send(Ether(src=ASKED["own"], dst=group or ASKED["node"], type=0x86DD) / packet)


def check(holds, what):
    """Ends the program when the mobile node did wrong."""
    if not holds:
        raise SystemExit(f"the mobile node did wrong: {what}")


def check_sum(protocol, message, source, destination):
    """A checksum is over the addresses that upper layers see. RFC 6275 section 6.1.1."""
    check(
        in6_chksum(protocol, IPv6(src=source, dst=destination), bytes(message)) in (0, 0xFFFF),
        f"checksum of protocol {protocol}",
    )


def association(purpose, way, tunnel=None):
    """A security association of the key file."""
    row = ASKED["associations"][purpose][way]
    return ipsec.SecurityAssociation(
        ipsec.ESP,
        spi=row["spi"],
        crypt_algo="AES-CBC",
        crypt_key=bytes.fromhex(row["encryptionKey"]),
        auth_algo="HMAC-SHA1-96",
        auth_key=bytes.fromhex(row["integrityKey"]),
        tunnel_header=tunnel,
    )


def home_address(packet):
    """What the Home Address option says."""
    if IPv6ExtHdrDestOpt not in packet:
        return None
    found = [each.hoa for each in packet[IPv6ExtHdrDestOpt].options if isinstance(each, HAO)]
    return found[0] if found else None


def option(message, kind):
    """The option of a kind in a message."""
    return next((each for each in message.options if isinstance(each, kind)), None)


def to_care_of(source, payload, hop_limit=64):
    """A packet to the care-of address with a type 2 routing header."""
    return (
        IPv6(src=source, dst=binding["careOf"], hlim=hop_limit)
        / IPv6ExtHdrRouting(type=2, addresses=[HOME])
        / payload
    )


def advertise():
    """The router of a foreign link."""
    put(
        IPv6(src=ROUTER, dst="ff02::1", hlim=255)
        / ICMPv6ND_RA(routerlifetime=1800)
        / ICMPv6NDOptSrcLLAddr(lladdr=ASKED["own"])
        / ICMPv6NDOptPrefixInfo(prefix=ASKED["prefix"], prefixlen=64, L=1, A=1),
        "33:33:00:00:00:01",
    )


def answer_solicitation(packet):
    """The router is asked for its link-layer address."""
    if packet.src == "::" or packet[ICMPv6ND_NS].tgt != ROUTER:
        return
    put(
        IPv6(src=ROUTER, dst=packet.src, hlim=255)
        / ICMPv6ND_NA(tgt=ROUTER, R=1, S=1, O=1)
        / ICMPv6NDOptDstLLAddr(lladdr=ASKED["own"])
    )


def without_headers(packet):
    """ESP right behind the IPv6 header, between the addresses that it protects. RFC 3776 section 3.1."""
    return IPv6(bytes(IPv6(src=HOME, dst=AGENT, nh=50) / packet[ipsec.ESP].copy()))


def opened(packet):
    """A home registration: option in front and transport mode behind, or all of it in tunnel mode."""
    if ASKED["isTunnelMode"]:
        check(home_address(packet) is None, "Home Address option in front of a tunnel")
        inner = association(BINDING, "out", IPv6(src=packet.src, dst=AGENT)).decrypt(packet)
        check((inner.src, inner.dst) == (HOME, AGENT), "addresses in the tunnel")
        return inner[MIP6MH_BU]
    check(home_address(packet) == HOME, "Home Address option")
    return association(BINDING, "out").decrypt(without_headers(packet))[MIP6MH_BU]


def protected(message, key=None):
    """An acknowledgement to the care-of address, under a key of its own if there is one."""
    inner = IPv6(src=AGENT, dst=HOME) / message
    outer = IPv6(src=AGENT, dst=binding["careOf"])
    back = association(BINDING, "back", outer if ASKED["isTunnelMode"] else None)
    if key is not None:
        back.auth_key = key
    sealed = back.encrypt(inner)
    return sealed if ASKED["isTunnelMode"] else to_care_of(AGENT, sealed[ipsec.ESP].copy())


def register(packet):
    """A home registration. RFC 3776 section 3.1, RFC 4877 section 3."""
    message = opened(packet)
    check_sum(MOBILITY, message, HOME, AGENT)
    alternate = option(message, MIP6OptAltCoA)
    SEEN["home"].append(
        {
            "careOf": packet.src,
            "alternate": alternate.acoa if alternate else None,
            "flags": str(message.flags),
            "isOver": message.mhtime == 0,
        }
    )
    binding["careOf"] = packet.src
    refusal = MIP6MH_BA(status=REFUSED, flags=0, seq=message.seq, mhtime=0)
    # Two that are not authentic: without protection, and under a key that is not the one of the SPI.
    put(to_care_of(AGENT, refusal))
    put(protected(refusal, bytes(20)))
    put(protected(MIP6MH_BA(status=0, flags=0, seq=message.seq, mhtime=message.mhtime)))


def through_tunnel(inner, purpose):
    """From the home agent to the care-of address. RFC 3776 section 3.2."""
    if purpose in ASKED["associations"]:
        outer = IPv6(src=AGENT, dst=binding["careOf"])
        put(association(purpose, "back", outer).encrypt(inner))
    else:
        put(IPv6(src=AGENT, dst=binding["careOf"]) / inner)


def out_of_tunnel(packet):
    """What the mobile node sends by its home agent, with the purpose whose protection it had."""
    check(packet.src == binding["careOf"], "source of the tunnel")
    if ipsec.ESP not in packet:
        return packet.payload, None
    for purpose in (TESTS, PAYLOAD):
        row = ASKED["associations"].get(purpose)
        if row is not None and row["out"]["spi"] == packet[ipsec.ESP].spi:
            outer = IPv6(src=packet.src, dst=packet.dst)
            return association(purpose, "out", outer).decrypt(packet), purpose
    raise SystemExit(f"no association for {packet[ipsec.ESP].spi:#x}")


def token(address, index, kind):
    """A keygen token. RFC 6275 section 5.2.5."""
    data = octets(address) + NONCES[index] + bytes([kind])
    return hmac.new(NODE_KEY, data, "sha1").digest()[:8]


def authenticator(key, data):
    """First 96 bits over care-of address, correspondent and message without checksum and authenticator."""
    data = data[:4] + b"\0\0" + data[6:-12]
    return hmac.new(key, octets(binding["peer"]) + octets(PEER) + data, "sha1").digest()[:12]


def update(packet):
    """A Binding Update of a correspondent. RFC 6275 sections 9.5.1 and 9.5.4."""
    message = packet[MIP6MH_BU]
    data = bytes(message)
    check(home_address(packet) == HOME, "Home Address option")
    check_sum(MOBILITY, message, HOME, PEER)
    indices = option(message, MIP6OptNonceIndices)
    check(indices is not None and indices.hni == HOME_INDEX, "nonce indices")
    tokens = token(HOME, HOME_INDEX, 0)
    is_over = message.mhtime == 0
    if not is_over:
        check(indices.coni == CARE_OF_INDEX, "care-of nonce index")
        tokens += token(packet.src, CARE_OF_INDEX, 1)
    key = hashlib.sha1(tokens).digest()
    binding["peer"] = HOME if is_over else packet.src
    check(isinstance(message.options[-1], MIP6OptBindingAuthData), "last option")
    SEEN["updates"].append(
        {
            "isSigned": data[-12:] == authenticator(key, data),
            "careOf": packet.src,
            "flags": str(message.flags),
            "isOver": is_over,
        }
    )

    def answer(status, signature):
        return to_care_of(
            PEER,
            MIP6MH_BA(
                status=status,
                flags=0,
                seq=message.seq,
                mhtime=min(message.mhtime, 105),
                options=[
                    MIP6OptBindingAuthData(
                        olen=12, authenticator=int.from_bytes(signature, "big")
                    )
                ],
            ),
        )

    # One that is not authentic is no refusal.
    put(answer(REFUSED, bytes(12)))
    # Behind the IPv6 header and the routing header.
    put(answer(0, authenticator(key, bytes(answer(0, bytes(12)))[64:])))


def correspond(packet, way, purpose=None):
    """The correspondent; `way` is how a packet has come."""
    is_tunnelled = way == "tunnelled"

    def back(payload, hop_limit=64):
        through_tunnel(IPv6(src=PEER, dst=HOME, hlim=hop_limit) / payload, purpose)

    # Care-of Test Init is a kind of Home Test Init to Scapy, too.
    if MIP6MH_BU in packet:
        update(packet)
    elif MIP6MH_CoTI in packet:
        message = packet[MIP6MH_CoTI]
        check(not is_tunnelled, "Care-of Test Init in the tunnel")
        check_sum(MOBILITY, message, packet.src, PEER)
        SEEN["tests"].append({"kind": "care-of", "source": packet.src, "protection": None})
        put(
            IPv6(src=PEER, dst=packet.src)
            / MIP6MH_CoT(
                mhtype=4,
                res=0,
                index=CARE_OF_INDEX,
                cookie=message.cookie,
                token=token(packet.src, CARE_OF_INDEX, 1),
            )
        )
    elif MIP6MH_HoTI in packet:
        message = packet[MIP6MH_HoTI]
        check(is_tunnelled, "Home Test Init not in the tunnel")
        check_sum(MOBILITY, message, HOME, PEER)
        SEEN["tests"].append({"kind": "home", "source": packet.src, "protection": purpose})
        back(
            MIP6MH_HoT(
                res=0,
                index=HOME_INDEX,
                cookie=message.cookie,
                token=token(HOME, HOME_INDEX, 0),
            )
        )
    elif ICMPv6EchoRequest in packet:
        asked = packet[ICMPv6EchoRequest]
        check_sum(58, asked, HOME, PEER)
        reply = ICMPv6EchoReply(id=asked.id, seq=asked.seq, data=asked.data)
        seen = {"sequence": asked.seq, "source": packet.src, "home": home_address(packet)}
        SEEN[way].append({**seen, "protection": purpose})
        if is_tunnelled:
            back(reply, BY_TUNNEL)
        else:
            put(to_care_of(PEER, reply, DIRECT))


def take(packet):
    """A packet of the mobile node."""
    if ICMPv6ND_RS in packet:
        advertise()
    elif ICMPv6ND_NS in packet:
        answer_solicitation(packet)
    elif packet.dst == PEER:
        correspond(packet, "direct")
    elif packet.dst == AGENT and ipsec.ESP in packet and packet[ipsec.ESP].spi == UPDATES:
        register(packet)
    elif packet.dst == AGENT and (ipsec.ESP in packet or packet.nh == 41):
        inner, purpose = out_of_tunnel(packet)
        check(inner.src == HOME, "source in the tunnel")
        if inner.dst == PEER:
            correspond(inner, "tunnelled", purpose)


conf.verb = 0
LINK = conf.L2socket(iface=ASKED["interface"])
LINK.ins.settimeout(0.2)
print("ready", flush=True)
while True:
    ready, _, _ = select.select([LINK, sys.stdin], [], [])
    if sys.stdin in ready:
        break
    try:
        frame = LINK.recv()
    except TimeoutError:
        continue
    if frame is not None and IPv6 in frame and frame.src == ASKED["node"]:
        take(frame[IPv6])
json.dump(SEEN, sys.stdout)
