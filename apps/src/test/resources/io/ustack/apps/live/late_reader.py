"""Has an echo server write more than it can send, and reads it only when its own input ends; then comes what is said."""

import socket
import sys

LENGTH = 100_000
server, end = sys.argv[1], sys.argv[2]

wire = socket.socket()
wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
wire.settimeout(60)
wire.connect((server, 7))
wire.sendall(bytes(LENGTH))
wire.recv(1)  # the server is at it
print("begun", flush=True)
sys.stdin.read()
got = 1
try:
    while part := wire.recv(4096):
        got += len(part)
    assert end == "close", f"closed after {got} bytes"
    assert got == LENGTH, f"closed after {got} bytes"
except ConnectionResetError:
    assert end == "reset", f"reset after {got} bytes"
print("ok")
