"""A VLAN device for a kernel that has none: what it says on tagged-WIRE leaves on the wire with a tag, and what comes with that tag is
heard there. What else comes on the wire is a line in the file of strays: it should not be there. Runs until it is killed."""
import select
import socket
import struct
import subprocess
import sys

wire_name, vlan, subnet, strays = sys.argv[1], int(sys.argv[2]), sys.argv[3], open(sys.argv[4], "w", buffering=1)
TAG = struct.pack(">HH", 0x8100, vlan)
ALL = socket.htons(3)
AUXDATA, UNSUMMED, TAG_VALID = 8, 0x08, 0x10


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def listen(name):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, ALL)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    raw.bind((name, 0))
    return raw


def summed(frame):
    """A tap passes on what its other end left to be summed: TCP or UDP, with the pseudo-header's sum in its place."""
    start = 14 + (frame[14] & 0x0F) * 4
    field = start + (16 if frame[23] == 6 else 6)
    end = 14 + struct.unpack_from(">H", frame, 16)[0]
    total = sum(struct.unpack(">%dH" % ((end - start + 1) // 2), frame[start:end] + b"\0" * ((end - start) % 2)))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return frame[:field] + struct.pack(">H", ~total & 0xFFFF) + frame[field + 2 :]


def hear(raw):
    """Frames that others sent, each with its tag, which Linux takes off and tells apart (PACKET_AUXDATA)."""
    while True:
        try:
            frame, told, _, source = raw.recvmsg(65536, 256, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        if source[2] == socket.PACKET_OUTGOING:
            continue
        status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", told[0][2])
        if status & UNSUMMED:
            frame = summed(frame)
        yield frame, struct.pack(">HH", tpid, tci) if status & TAG_VALID else b""


ends = "tagged-" + wire_name, "tagger-" + wire_name
subprocess.run(["ip", "address", "delete", subnet, "dev", wire_name], stderr=subprocess.DEVNULL)  # if it is there
run("ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
for name in ends:
    run("ip", "link", "set", name, "addrgenmode", "none")
    run("ethtool", "-K", name, "tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off")
    run("ip", "link", "set", name, "up")
run("ip", "address", "add", subnet, "dev", ends[0])
wire, device = listen(wire_name), listen(ends[1])
for raw in wire, device:
    raw.setsockopt(263, AUXDATA, 1)
print("begun", flush=True)
while True:
    for raw in select.select([wire, device], [], [])[0]:
        for frame, tag in hear(raw):
            if raw is device:
                wire.send(frame[:12] + TAG + frame[12:])
            elif tag == TAG:
                device.send(frame)
            else:
                print((frame[:12] + tag + frame[12:]).hex(), file=strays)
