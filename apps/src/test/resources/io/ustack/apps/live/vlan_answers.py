"""Asks in a VLAN, always the same, by ARP and by ping, and prints the answers as they are on the wire, with their tags. The IPv4
identification, which counts on, is left out."""
import socket
import struct
import sys

wire_name, vlan, stack = sys.argv[1], int(sys.argv[2]), socket.inet_aton(sys.argv[3])
US, OURS = bytes.fromhex("02aabbccdd01"), stack[:3] + b"\x63"
TAG = struct.pack(">HH", 0x8100, vlan)
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind((wire_name, 0))
wire.setsockopt(263, 8, 1)
wire.settimeout(60)


def ask(to, question):
    wire.send(to + US + TAG + question)
    while True:
        frame, told, _, source = wire.recvmsg(65536, 256)
        status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", told[0][2])
        if source[2] != socket.PACKET_OUTGOING and frame[:6] == US and status & 0x10 and frame[12:14] == question[:2]:
            return frame[:12] + struct.pack(">HH", tpid, tci) + frame[12:]


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    total = (total & 0xFFFF) + (total >> 16)
    return struct.pack(">H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)


answer = ask(b"\xff" * 6, bytes.fromhex("080600010800060400 01") + US + OURS + bytes(6) + stack)
print(answer[:46].hex())
echo = struct.pack(">BBHHH", 8, 0, 0, 0x1234, 1) + bytes(range(200))
echo = echo[:2] + checksum(echo) + echo[4:]
header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(echo), 7, 0x4000, 64, 1, 0) + OURS + stack
header = header[:10] + checksum(header) + header[12:]
answer = ask(answer[6:12], b"\x08\x00" + header + echo)
assert checksum(answer[18:38]) == bytes(2)
print((answer[:22] + bytes(2) + answer[24:28] + bytes(2) + answer[30:]).hex())
