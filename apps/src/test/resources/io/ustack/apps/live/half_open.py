"""Holds a connection over the end of an echo server, and begins anew with its successor from the same port."""

import socket
import sys

server = (sys.argv[1], 7)


def connect(port=0):
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    wire.settimeout(60)
    wire.bind(("", port))
    wire.connect(server)
    return wire


def echo(wire):
    wire.sendall(b"hello")
    assert wire.recv(5) == b"hello"


old = connect()
echo(old)
port = old.getsockname()[1]
print("begun", flush=True)
sys.stdin.read()  # until the successor is there
try:
    echo(old)
    raise AssertionError("the successor knows the connection of its predecessor")
except ConnectionResetError:
    old.close()
new = connect(port)
echo(new)
new.close()
print("ok")
