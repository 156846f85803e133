"""Seals and opens ESP packets with Scapy's IPsec layer.

Reads a JSON list of rows, writes a JSON object: the version, and for each row either why Scapy cannot do it or
the packets it sealed and those it opened.
"""
import json
import sys

import scapy
from scapy.layers import ipsec
from scapy.layers.inet6 import IPv6
from scapy.all import raw


def lacking(row):
    """Why Scapy cannot do a row; None when it can."""
    crypt = ipsec.CRYPT_ALGOS.get(row["crypt"])
    if row["crypt"] is None or crypt is None or (crypt.cipher is None and row["crypt"] != "NULL"):
        return "has no " + row["encryption"]
    if row["auth"] is None or row["auth"] not in ipsec.AUTH_ALGOS:
        return "has no " + row["integrity"]
    # Its library gives whole tags only, and it does not cut them.
    if row["crypt"] == "AES-GCM" and getattr(crypt, "ciphers_aead_api", False) and row["icv"] != 16:
        return "has AES-GCM with 16 octets of ICV alone"
    return None


def association(row):
    """The security association of a row."""
    tunnel = IPv6(src=row["source"], dst=row["destination"], hlim=64) if row["mode"] == "tunnel" else None
    return ipsec.SecurityAssociation(
        ipsec.ESP,
        spi=row["spi"],
        crypt_algo=row["crypt"],
        crypt_key=bytes.fromhex(row["encryptionKey"]),
        crypt_icv_size=row["icv"] or None,
        auth_algo=row["auth"],
        auth_key=bytes.fromhex(row["integrityKey"]),
        tunnel_header=tunnel,
    )


def sealed(row, packet):
    """The ESP packet around a plain one; the text of the exception when there is none."""
    try:
        plain = IPv6(bytes.fromhex(packet["plain"]))
        iv = bytes.fromhex(packet["iv"])
        return raw(association(row).encrypt(plain, seq_num=packet["sequence"], iv=iv)).hex()
    except Exception as error:
        return repr(error)


def opened(row, packet):
    """The plain packet in one with ESP; the text of the exception when there is none."""
    try:
        return raw(association(row).decrypt(IPv6(bytes.fromhex(packet["sent"])))).hex()
    except Exception as error:
        return repr(error)


def answer(row):
    """What came of a row."""
    reason = lacking(row)
    if reason is not None:
        return {"lacking": reason}
    packets = row["packets"]
    return {
        "sealed": [sealed(row, packet) for packet in packets],
        "opened": [opened(row, packet) for packet in packets],
    }


json.dump({"version": scapy.VERSION, "rows": [answer(row) for row in json.load(sys.stdin)]}, sys.stdout)
