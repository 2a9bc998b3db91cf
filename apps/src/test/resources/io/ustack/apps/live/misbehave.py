"""Peers that say nothing, reset, or never read: the echo goes on serving others."""
import socket
import struct
import sys

server = sys.argv[1]
silent = [socket.create_connection((server, 7), timeout=30) for _ in range(20)]
for i in range(20):
    rude = socket.create_connection((server, 7), timeout=30)
    rude.sendall(b"x" * 1000)
    rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    rude.close()
deaf = socket.create_connection((server, 7), timeout=30)
deaf.setblocking(False)
try:
    while True:
        deaf.send(b"y" * 65536)
except BlockingIOError:
    pass
polite = socket.create_connection((server, 7), timeout=30)
polite.sendall(b"still there?")
assert polite.recv(100) == b"still there?"
try:
    socket.create_connection((server, 81), timeout=30)
    raise AssertionError("somebody listens on 81")
except ConnectionRefusedError:
    pass
print("ok")
