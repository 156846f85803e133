"""Ordinary traffic of a visited host until a file says stop: TCP, UDP, multicast listening, new addresses.

Usage: benign_traffic.py serve ADDRESS FOLDER | use ADDRESS FOLDER

`serve` echoes on port 7 and makes FOLDER/serving; `use` talks to it until there is FOLDER/stop.
"""

import select
import socket
import sys
import time
from pathlib import Path

PORT = 7


def serve(address, folder):
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.bind((address, PORT))
    listener = socket.create_server((address, PORT), family=socket.AF_INET6)
    open_sockets = [datagrams, listener]
    (folder / "serving").touch()
    while not (folder / "stop").exists():
        for ready in select.select(open_sockets, [], [], 0.2)[0]:
            if ready is listener:
                open_sockets.append(listener.accept()[0])
                continue
            data, sender = ready.recvfrom(65536)
            if ready is datagrams:
                ready.sendto(data, sender)
            elif data:
                ready.sendall(data)
            else:
                open_sockets.remove(ready)
                ready.close()


def use(address, folder):
    turn = 0
    while not (folder / "stop").exists():
        turn += 1
        try:
            talk(address, turn)
            (folder / "used").write_text(str(turn))
        except OSError:
            # The host is off the link for a moment.
            time.sleep(0.2)


def talk(address, turn):
    """TCP, UDP and a group that is joined and left, once."""
    with socket.create_connection((address, PORT), timeout=20) as stream:
        for part in range(20):
            stream.sendall(b"%d " % part * 500)
            stream.recv(65536)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(1)
        # The last one is sent in fragments.
        for length in (10, 500, 1200, 4000):
            datagrams.sendto(b"x" * length, (address, PORT))
            datagrams.recv(65536)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as listener:
        group = socket.inet_pton(socket.AF_INET6, f"ff02::1:{turn % 256:x}")
        listener.setsockopt(
            socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + (0).to_bytes(4, "little")
        )
        # A listener leaves when it is closed.
        time.sleep(0.3)


if __name__ == "__main__":
    {"serve": serve, "use": use}[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
