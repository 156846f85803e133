"""Protects and opens packets with Scapy's IPsec layer.

Reads a JSON list of questions, writes a JSON list of answers: hex of the packet, or the text of the exception.
"""
import json
import sys

from scapy.all import raw
from scapy.layers import ipsec
from scapy.layers.inet6 import IPv6


def association(question):
    """The security association of a question."""
    tunnel = question.get("tunnel")
    is_esp = question["protocol"] == "esp"
    return ipsec.SecurityAssociation(
        ipsec.ESP if is_esp else ipsec.AH,
        spi=question["spi"],
        crypt_algo=question["crypt"] if is_esp else None,
        crypt_key=bytes.fromhex(question["encryptionKey"]) if is_esp else None,
        auth_algo=question["auth"],
        auth_key=bytes.fromhex(question["integrityKey"]),
        tunnel_header=IPv6(src=tunnel[0], dst=tunnel[1]) if tunnel else None,
    )


def without_extensions(packet):
    """ESP right behind the IPv6 header: Scapy takes what it decrypted behind others for more of them."""
    if ipsec.ESP not in packet:
        return packet
    return IPv6(raw(IPv6(src=packet.src, dst=packet.dst, nh=50) / packet[ipsec.ESP].copy()))


def answer(question):
    """What came of a question."""
    packet = IPv6(bytes.fromhex(question["packet"]))
    try:
        if question["does"] == "seal":
            return raw(association(question).encrypt(packet, seq_num=question["sequence"])).hex()
        return raw(association(question).decrypt(without_extensions(packet))).hex()
    except Exception as error:
        return repr(error)


json.dump([answer(question) for question in json.load(sys.stdin)], sys.stdout)
