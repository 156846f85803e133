"""A home agent as old and trusting ones are, for a lab: `mip6guard lab up --home-agent "python3 scapy-legacy-home-agent.py"`.

It takes a Binding Update from whatever address it comes, with or without Home Address option, asks for no sequence
numbers in order, neither of ESP nor of bindings, and answers as RFC 6275 section 9.5.4 says: with a routing header
when there was a Home Address option. Packets are built and read by Scapy, ESP is of its own: nothing here comes from the nodes
of the lab but what goes over the wire.

MIP6GUARD_LAB names the directory of the lab: addresses and SPIs are those of its ha.yaml, keys those of keys.esp_sa.
`ha.sock` there tells `mip6guard lab` of bindings.
"""

import csv
import hashlib
import hmac
import json
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

logging.getLogger("scapy").setLevel(logging.CRITICAL)

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: E402
from scapy.layers.inet6 import (  # noqa: E402
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6ND_RS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptHAInfo,
    ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
    IPv6ExtHdrRouting,
    MIP6MH_BA,
    MIP6MH_BU,
)

LAB = Path(os.environ["MIP6GUARD_LAB"])
HOP_BY_HOP, ROUTING, ICMPV6, ESP, DESTINATION, MOBILITY, IN_IPV6 = 0, 43, 58, 50, 60, 135, 41
HOME_ADDRESS_OPTION = 201
ICV = 16
ADVERTISE_EVERY = 0.2
ALL_NODES = "ff02::1"


def octets(address):
    return socket.inet_pton(socket.AF_INET6, address)


def text(address):
    return socket.inet_ntop(socket.AF_INET6, address)


class Association:
    """One direction of ESP: AES-CBC (RFC 3602) and HMAC-SHA-256-128 (RFC 4868), written after RFC 4303 alone."""

    def __init__(self, spi, encryption, integrity):
        self.spi = spi
        self.encryption = encryption
        self.integrity = integrity
        self.sequence = 0

    def _icv(self, data):
        return hmac.new(self.integrity, data, hashlib.sha256).digest()[:ICV]

    def seal(self, payload, next_header):
        self.sequence += 1
        length = -(len(payload) + 2) % 16
        padding = bytes(range(1, length + 1))
        plain = payload + padding + bytes([length, next_header])
        vector = os.urandom(16)
        cipher = Cipher(algorithms.AES(self.encryption), modes.CBC(vector)).encryptor()
        head = self.spi.to_bytes(4, "big") + self.sequence.to_bytes(4, "big") + vector
        data = head + cipher.update(plain) + cipher.finalize()
        return data + self._icv(data)

    def open(self, data):
        """Payload and next header; None when somebody else has made it. The sequence number is nobody's concern here."""
        body, icv = data[:-ICV], data[-ICV:]
        if len(body) < 40 or len(body) % 16 != 8 or not hmac.compare_digest(icv, self._icv(body)):
            return None
        cipher = Cipher(algorithms.AES(self.encryption), modes.CBC(body[8:24])).decryptor()
        plain = cipher.update(body[24:]) + cipher.finalize()
        return plain[: len(plain) - 2 - plain[-2]], plain[-1]


class Packet:
    """What has to be known of a packet before Scapy takes a closer look."""

    def __init__(self, data):
        self.data = data[: 40 + int.from_bytes(data[4:6], "big")]
        self.source, self.destination = data[8:24], data[24:40]
        self.home_address = None
        at, self.protocol = 40, data[6]
        while self.protocol in (HOP_BY_HOP, ROUTING, DESTINATION) and at + 8 <= len(self.data):
            length = (self.data[at + 1] + 1) * 8
            if self.protocol == DESTINATION:
                self._options(self.data[at + 2 : at + length])
            self.protocol, at = self.data[at], at + length
        self.payload = self.data[at:]

    def _options(self, options):
        at = 0
        while at < len(options):
            if options[at] == 0:
                at += 1
                continue
            if options[at] == HOME_ADDRESS_OPTION:
                self.home_address = options[at + 2 : at + 18]
            at += 2 + options[at + 1]


class Link:
    """An interface: resolves neighbors, and speaks for the addresses that are its own."""

    def __init__(self, name, addresses):
        self.name = name
        self.own = set(addresses)
        subprocess.run(["ip", "link", "set", "dev", name, "up"], check=True)
        self.mac = Path(f"/sys/class/net/{name}/address").read_text().strip()
        self.mac_octets = bytes.fromhex(self.mac.replace(":", ""))
        first = self.mac_octets
        identifier = bytes([first[0] ^ 2]) + first[1:3] + b"\xff\xfe" + first[3:]
        self.link_local = bytes.fromhex("fe80000000000000") + identifier
        self.own.add(self.link_local)
        self.neighbors = {}
        self.waiting = {}
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
        self.socket.bind((name, 0))
        self.socket.setblocking(False)

    def frame(self, destination, data):
        try:
            self.socket.send(destination + self.mac_octets + b"\x86\xdd" + data)
        except OSError:
            # The cable is out, or the queue is full: lost, as on any link.
            pass

    def group(self, address, packet):
        self.frame(b"\x33\x33" + octets(address)[12:], bytes(packet))

    def put(self, next_hop, data):
        mac = self.neighbors.get(next_hop)
        if mac is not None:
            self.frame(mac, data)
            return
        self.waiting.setdefault(next_hop, []).append(data)
        del self.waiting[next_hop][:-8]
        asked = "ff02::1:ff%02x:%02x%02x" % tuple(next_hop[13:])
        question = ICMPv6ND_NS(tgt=text(next_hop)) / ICMPv6NDOptSrcLLAddr(lladdr=self.mac)
        self.group(asked, IPv6(src=text(self.link_local), dst=asked, hlim=255) / question)

    def learned(self, address, mac):
        self.neighbors[address] = mac
        for data in self.waiting.pop(address, []):
            self.frame(mac, data)

    def discovery(self, packet, source):
        """Neighbor Discovery that concerns this interface."""
        if ICMPv6ND_NA in packet:
            answer = packet[ICMPv6ND_NA]
            mac = source
            if ICMPv6NDOptDstLLAddr in packet:
                mac = bytes.fromhex(packet[ICMPv6NDOptDstLLAddr].lladdr.replace(":", ""))
            self.learned(octets(answer.tgt), mac)
        elif ICMPv6ND_NS in packet and octets(packet[ICMPv6ND_NS].tgt) in self.own:
            target = packet[ICMPv6ND_NS].tgt
            is_detection = packet.src == "::"
            to = ALL_NODES if is_detection else packet.src
            answer = ICMPv6ND_NA(tgt=target, R=1, S=0 if is_detection else 1, O=1)
            answer /= ICMPv6NDOptDstLLAddr(lladdr=self.mac)
            data = bytes(IPv6(src=target, dst=to, hlim=255) / answer)
            self.frame(b"\x33\x33\0\0\0\1" if is_detection else source, data)


class HomeAgent:
    """The home agent of one mobile node."""

    def __init__(self):
        configuration = json.loads((LAB / "ha.yaml").read_text())
        home, core = configuration["links"]
        [prefix] = configuration["homeAgent"]["prefixes"]
        [node] = configuration["homeAgent"]["mobileNodes"]
        self.agent = octets(prefix["agentAddress"])
        self.home_address = octets(node["homeAddress"])
        self.router = octets(core["router"])
        addresses = [octets(each.split("/")[0]) for each in core["addresses"]]
        self.core = Link(core["interface"], addresses)
        self.home = Link(home["interface"], [self.agent])
        self.core_prefix, self.home_prefix = addresses[0][:8], self.agent[:8]
        self.binding = None
        keys = self._keys()
        self.incoming, self.outgoing = {}, {}
        for purpose, spis in node["spis"].items():
            self.incoming[spis["toHomeAgent"]] = keys[spis["toHomeAgent"]]
            self.outgoing[purpose] = keys[spis["toMobileNode"]]
        self.updates = node["spis"]["binding"]["toHomeAgent"]
        self.count = len(keys)

    @staticmethod
    def _keys():
        lines = (LAB / "keys.esp_sa").read_text().splitlines()
        rows = csv.reader(line for line in lines if not line.startswith("#"))
        keys = {}
        for _, _, _, spi, _, encryption, _, integrity in rows:
            number = int(spi, 16)
            keys[number] = Association(
                number, bytes.fromhex(encryption[2:]), bytes.fromhex(integrity[2:])
            )
        return keys

    def bindings(self):
        if self.binding is None:
            return []
        remaining = max(0, round(self.binding["until"] - time.monotonic()))
        return [
            {
                "homeAddress": text(self.home_address),
                "careOfAddress": text(self.binding["careOf"]),
                "isHomeRegistration": True,
                "sequence": self.binding["sequence"],
                "lifetime": self.binding["lifetime"],
                "remaining": remaining,
            }
        ]

    def advertise(self):
        message = (
            ICMPv6ND_RA(H=1, routerlifetime=1800)
            / ICMPv6NDOptSrcLLAddr(lladdr=self.home.mac)
            / ICMPv6NDOptPrefixInfo(prefix=text(self.agent), prefixlen=64, L=1, A=1, R=1)
            / ICMPv6NDOptHAInfo(pref=0, lifetime=1800)
        )
        self.home.group(ALL_NODES, IPv6(src=text(self.home.link_local), hlim=255) / message)

    def receive(self, link, frame):
        """A frame of an interface."""
        if len(frame) < 54 or frame[6:12] == link.mac_octets:
            return
        packet = Packet(frame[14:])
        if packet.destination[0] == 0xFF or packet.destination in link.own:
            if packet.protocol == ICMPV6:
                whole = IPv6(packet.data)
                if ICMPv6ND_RS in whole and link is self.home:
                    self.advertise()
                else:
                    link.discovery(whole, frame[6:12])
            elif packet.destination == self.agent and packet.protocol == ESP:
                self.protected(packet)
        elif packet.destination == self.agent:
            # From the core: the address is on the home link.
            if packet.protocol == ESP:
                self.protected(packet)
        else:
            self.forward(packet.data)

    def protected(self, packet):
        association = self.incoming.get(int.from_bytes(packet.payload[:4], "big"))
        opened = None if association is None else association.open(packet.payload)
        if opened is None:
            return
        payload, next_header = opened
        if association.spi == self.updates and next_header == MOBILITY:
            self.update(packet, payload)
        elif next_header == IN_IPV6:
            self.forward(payload)

    def update(self, packet, message):
        """Registers and de-registers whoever has the key, wherever the packet comes from."""
        update = MIP6MH_BU(message)
        careOf = packet.source
        is_over = update.mhtime == 0 or careOf == self.home_address
        if is_over:
            self.binding = None
            self.home.own.discard(self.home_address)
        else:
            lifetime = update.mhtime * 4
            self.binding = {
                "careOf": careOf,
                "sequence": update.seq,
                "lifetime": lifetime,
                "until": time.monotonic() + lifetime,
            }
            self.home.own.add(self.home_address)
        answer = MIP6MH_BA(status=0, seq=update.seq, mhtime=0 if is_over else update.mhtime)
        agent, home = text(self.agent), text(self.home_address)
        # The checksum is over the addresses that upper layers see (RFC 6275 section 6.1.1).
        plain = bytes(IPv6(src=agent, dst=home) / answer)[40:]
        sealed = self.outgoing["binding"].seal(plain, MOBILITY)
        header = IPv6(src=agent, dst=text(careOf), nh=ESP)
        if packet.home_address is not None:
            header = IPv6(src=agent, dst=text(careOf)) / IPv6ExtHdrRouting(
                type=2, addresses=[home], nh=ESP
            )
        self.send(bytes(header / sealed))

    def forward(self, data):
        """Into the tunnel for a home address that is away, by the links for all others."""
        if len(data) < 40 or data[7] <= 1 or data[24] in (0xFE, 0xFF):
            return
        data = data[:7] + bytes([data[7] - 1]) + data[8:]
        if self.binding is not None and data[24:40] == self.home_address:
            purpose = "home-tests" if data[6] == MOBILITY else "payload"
            sealed = self.outgoing[purpose].seal(data, IN_IPV6)
            outer = IPv6(src=text(self.agent), dst=text(self.binding["careOf"]), nh=ESP)
            self.send(bytes(outer / sealed))
        else:
            self.send(data)

    def send(self, data):
        destination = data[24:40]
        if destination[:8] == self.home_prefix:
            self.home.put(destination, data)
        else:
            is_near = destination[:8] == self.core_prefix
            self.core.put(destination if is_near else self.router, data)


class Control:
    """Tells of bindings: a line of JSON for a line of JSON."""

    def __init__(self, agent, selector):
        self.agent = agent
        self.selector = selector
        self.path = LAB / "ha.sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        selector.register(self.listener, selectors.EVENT_READ, self.accept)

    def accept(self):
        connection, _ = self.listener.accept()
        connection.settimeout(1)
        try:
            command = json.loads(connection.makefile().readline())["command"]
            answers = {
                "status": {"alarms": {}},
                "bindings": {"bindings": self.agent.bindings()},
                "associations": {"associations": [{}] * self.agent.count},
            }
            answer = answers.get(command)
            found = {"ok": False, "error": "unknown command"} if answer is None else answer
            connection.sendall(json.dumps({"ok": True, **found}).encode() + b"\n")
        except (OSError, ValueError):
            pass
        finally:
            connection.close()


def serve():
    Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")
    agent = HomeAgent()
    selector = selectors.DefaultSelector()
    for link in (agent.home, agent.core):

        def heard(link=link):
            for _ in range(64):
                try:
                    frame = link.socket.recv(65_536)
                except (BlockingIOError, OSError):
                    return
                agent.receive(link, frame)

        selector.register(link.socket, selectors.EVENT_READ, heard)
    control = Control(agent, selector)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    next_advertisement = 0
    try:
        while True:
            if time.monotonic() >= next_advertisement:
                agent.advertise()
                next_advertisement = time.monotonic() + ADVERTISE_EVERY
            for key, _ in selector.select(ADVERTISE_EVERY):
                key.data()
    finally:
        control.path.unlink(missing_ok=True)


if __name__ == "__main__":
    serve()
