"""Asks DPDK's telemetry what the port of a running command has counted."""

import json
import socket
import sys


def ask(path, question):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as wire:
        wire.connect(path)
        limit = json.loads(wire.recv(1024))["max_output_len"]
        wire.send(question.encode())
        return json.loads(wire.recv(limit))[question.split(",")[0]]


path = sys.argv[1]
port = ask(path, "/ethdev/list")[0]
assert ask(path, f"/ethdev/stats,{port}")["ipackets"] > 0
print("ok")
