"""Sends blocks to an echo server and compares what comes back, on one connection, until its input ends."""

import os
import select
import socket
import sys

BLOCK = os.urandom(1 << 16)

wire = socket.create_connection((sys.argv[1], 7), timeout=60)
print("begun", flush=True)
blocks = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    wire.sendall(BLOCK)
    back = bytearray()
    while len(back) < len(BLOCK):
        part = wire.recv(len(BLOCK) - len(back))
        assert part, f"the connection ended in block {blocks}"
        back += part
    assert back == BLOCK, f"block {blocks} came back changed"
    blocks += 1
wire.close()
print(blocks, "ok")
