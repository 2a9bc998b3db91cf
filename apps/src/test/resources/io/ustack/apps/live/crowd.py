"""PEERS hosts on INTERFACE that open a connection to STACK and send a window of data of which the first byte lacks, again and
again, and SYNs of hosts that are not there; until the input ends. Then they reset what they opened."""

import random
import select
import socket
import struct
import sys
import threading

stack, interface, peers = socket.inet_aton(sys.argv[1]), sys.argv[2], int(sys.argv[3])
mac, address = bytes.fromhex("020000000077"), stack[:3] + b"\x4d"
SYN, RST, ACK = 2, 4, 16
SEGMENT, WINDOW = 1400, 60_000

wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind((interface, 0))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def send(kind, payload, to=b"\xff" * 6):
    try:
        wire.send(to + mac + struct.pack("!H", kind) + payload)
    except OSError:
        pass  # the queue of the interface is full: the frame is lost, as frames are


def arp(operation, to=bytes(4)):
    return struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, operation, mac, address, bytes(6), to)


def segment(port, flags, sequence, acknowledged=0, zeros=0, source=address):
    """Data is zeros, which no checksum notices."""
    tcp = struct.pack("!HHIIBBHHH", port, 80, sequence, acknowledged, 5 << 4, flags, 65535, 0, 0)
    pseudo = source + stack + struct.pack("!HH", 6, len(tcp) + zeros)
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + bytes(2 + zeros)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, source, stack)
    send(0x0800, ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + tcp, to_mac)


def listen(seconds):
    """Answers ARP, and takes what answers a SYN; until there is nothing for so long."""
    global to_mac
    while select.select([wire], [], [], seconds)[0]:
        frame = wire.recv(2048)
        if frame[:6] not in (mac, b"\xff" * 6) or frame[6:12] == mac:
            continue
        if frame[12:14] == b"\x08\x06" and frame[28:32] == stack:
            to_mac = frame[6:12]
            if frame[20:22] == b"\x00\x01" and frame[38:42] == address:
                send(0x0806, arp(2, stack), to_mac)
        elif frame[12:14] == b"\x08\x00" and frame[23] == 6 and frame[47] & (SYN | ACK) == SYN | ACK:
            port, theirs = struct.unpack("!HI", frame[36:42])
            opened[port] = theirs + 1 & 0xFFFFFFFF
            segment(port, ACK, 1, opened[port])


def flood():
    for port, theirs in list(opened.items()):
        for sequence in range(2, WINDOW, SEGMENT):
            segment(port, ACK, sequence, theirs, SEGMENT)
        nobody = stack[:3] + bytes([100 + random.randrange(100)])
        segment(random.randrange(1024, 65536), SYN, random.getrandbits(32), source=nobody)
        listen(0)


opened = {}
to_mac = b"\xff" * 6
while to_mac[0] == 255:
    send(0x0806, arp(1, stack))
    listen(0.2)
while len(opened) < peers:
    for port in range(20000, 20000 + peers):
        if port not in opened:
            segment(port, SYN, 0)
            listen(0)
    listen(0.1)
print("begun", flush=True)
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
while not over.is_set():
    flood()
for _ in range(3):  # what is lost is repeated by nobody else
    for port in opened:
        segment(port, RST, 1)
        listen(0)
    listen(0.2)
print("ok")
