"""A mobile node by Scapy alone, with its own IPsec: registers with a correspondent or a home agent on a link.

Reads a JSON object with what it has to know, writes a JSON object with what came of it.
"""
import hashlib
import hmac
import json
import os
import socket
import sys
import time

from scapy.config import conf
from scapy.layers import ipsec
from scapy.layers.inet6 import (
    HAO,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
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
)
from scapy.layers.l2 import Ether

SECONDS = 60
ASKED = json.load(sys.stdin)
HOME, CARE_OF = ASKED["home"], ASKED["careOf"]


def octets(address):
    """Octets of an address."""
    return socket.inet_pton(socket.AF_INET6, address)


def send(packet):
    """Puts a packet on the link."""
    LINK.send(Ether(src=ASKED["own"], dst=ASKED["node"], type=0x86DD) / packet)


def ask(packet, find):
    """Sends a packet, and waits for the one that `find` makes something of."""
    send(packet)
    end = time.time() + SECONDS
    while time.time() < end:
        try:
            frame = LINK.recv()
        except TimeoutError:
            continue
        if frame is None or IPv6 not in frame or frame.src != ASKED["node"]:
            continue
        found = find(frame[IPv6])
        if found is not None:
            return found
    raise SystemExit("no answer")


def layer(kind, **fields):
    """Finds a layer with fields."""

    def find(packet):
        if kind not in packet:
            return None
        found = packet[kind]
        return packet if all(getattr(found, k) == v for k, v in fields.items()) else None

    return find


def with_option(payload, destination):
    """A packet from the care-of address with a Home Address option."""
    return IPv6(src=CARE_OF, dst=destination) / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME)]) / payload


def correspondent():
    """Return routability, an update, and an echo through the binding. RFC 6275 section 5.2."""
    peer = ASKED["peer"]
    cookies = os.urandom(8), os.urandom(8)
    home = ask(
        IPv6(src=HOME, dst=peer) / MIP6MH_HoTI(cookie=cookies[0]),
        layer(MIP6MH_HoT, cookie=cookies[0]),
    )[MIP6MH_HoT]
    care_of = ask(
        IPv6(src=CARE_OF, dst=peer) / MIP6MH_CoTI(mhtype=2, cookie=cookies[1]),
        layer(MIP6MH_CoT, cookie=cookies[1]),
    )[MIP6MH_CoT]
    key = hashlib.sha1(home.token + care_of.token).digest()

    def update(authenticator):
        return MIP6MH_BU(
            seq=ASKED["sequence"],
            flags="A",
            mhtime=105,
            options=[
                MIP6OptNonceIndices(olen=4, hni=home.index, coni=care_of.index),
                MIP6OptBindingAuthData(olen=12, authenticator=authenticator),
            ],
        )

    def sign(data, with_address):
        """First 96 bits over care-of address, correspondent and message, its checksum and authenticator left out."""
        data = data[:4] + b"\0\0" + data[6:-12]
        return hmac.new(key, octets(with_address) + octets(peer) + data, "sha1").digest()[:12]

    blank = bytes(with_option(update(0), peer))[64:]
    right = sign(blank, CARE_OF)
    wrong = bytes([right[0] ^ 1]) + right[1:]
    # One that is wrong, and draws nothing: the next answer is to the right one.
    send(with_option(update(int.from_bytes(wrong, "big")), peer))
    answer = ask(
        with_option(update(int.from_bytes(right, "big")), peer), layer(MIP6MH_BA)
    )
    message = answer[MIP6MH_BA]
    data = bytes(message)
    reply = ask(with_option(ICMPv6EchoRequest(id=7, seq=3), peer), layer(ICMPv6EchoReply, seq=3))
    return {
        "status": message.status,
        "sequence": message.seq,
        "lifetime": message.mhtime * 4,
        "isSigned": data[-12:] == sign(data, CARE_OF),
        "routing": answer[IPv6ExtHdrRouting].addresses,
        "destination": answer.dst,
        "echo": {"routing": reply[IPv6ExtHdrRouting].addresses, "destination": reply.dst},
    }


def association(row):
    """A security association of the key file."""
    return ipsec.SecurityAssociation(
        ipsec.ESP,
        spi=row["spi"],
        crypt_algo="AES-CBC",
        crypt_key=bytes.fromhex(row["encryptionKey"]),
        auth_algo="HMAC-SHA1-96",
        auth_key=bytes.fromhex(row["integrityKey"]),
    )


def home_agent():
    """Home registration in ESP, an intercepted packet, and a de-registration from away. RFC 3776 section 3.1."""
    peer = ASKED["peer"]
    out, back = association(ASKED["out"]), association(ASKED["back"])

    def register(sequence, lifetime):
        """Protected as from the home address; the option stands in front of ESP."""
        message = MIP6MH_BU(
            seq=sequence, flags="HA", mhtime=lifetime, options=[MIP6OptAltCoA(acoa=CARE_OF)]
        )
        sealed = out.encrypt(IPv6(src=HOME, dst=peer) / message)
        return with_option(sealed[ipsec.ESP].copy(), peer)

    def opened(packet):
        """The acknowledgement in a packet, with its addresses."""
        if packet.src != peer or ipsec.ESP not in packet:
            return None
        plain = IPv6(bytes(IPv6(src=peer, dst=HOME, nh=50) / packet[ipsec.ESP].copy()))
        message = back.decrypt(plain)[MIP6MH_BA]
        return {
            "status": message.status,
            "sequence": message.seq,
            "lifetime": message.mhtime * 4,
            "destination": packet.dst,
            "routing": packet[IPv6ExtHdrRouting].addresses,
        }

    first = ask(register(ASKED["sequence"], 60), opened)
    stranger = IPv6(src=ASKED["stranger"], dst=HOME, hlim=40) / ICMPv6EchoRequest(id=9, seq=5)
    tunnelled = ask(
        stranger,
        lambda packet: packet if packet.nh == 41 and ICMPv6EchoRequest in packet else None,
    )
    inner = tunnelled.payload
    last = ask(register(ASKED["sequence"] + 1, 0), opened)
    return {
        "first": first,
        "tunnel": {"source": tunnelled.src, "destination": tunnelled.dst, "inner": inner.dst},
        "last": last,
    }


conf.verb = 0
LINK = conf.L2socket(iface=ASKED["interface"])
LINK.ins.settimeout(0.2)
ROLES = {"correspondent": correspondent, "home-agent": home_agent}
json.dump(ROLES[ASKED["role"]](), sys.stdout)
