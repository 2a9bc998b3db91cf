"""Datagrams of every interesting size come back whole; a closed port answers with port unreachable."""
import socket
import sys

server = sys.argv[1]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(30)
s.connect((server, 7))
for size in (0, 1, 2, 100, 1471, 1472):
    s.send(bytes(i & 0xFF for i in range(size)))
    assert s.recv(2000) == bytes(i & 0xFF for i in range(size)), size
closed = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
closed.settimeout(30)
closed.connect((server, 4444))
closed.send(b"anybody?")
try:
    closed.recv(10)
    raise AssertionError("somebody is there")
except ConnectionRefusedError:
    pass
print("ok")
