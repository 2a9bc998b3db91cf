"""Sends frames of an EtherType that nobody asked for, as fast as it can; to MAC, through INTERFACE, N of them."""
import socket
import sys

interface, mac, count = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", "")), int(sys.argv[3])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind((interface, 0))
frame = mac + bytes.fromhex("020000000063") + b"\x88\xb5" + bytes(46)
for _ in range(count):
    try:
        wire.send(frame)
    except OSError:
        pass  # the queue of the interface is full: the frame is lost, as frames are
print("ok")
