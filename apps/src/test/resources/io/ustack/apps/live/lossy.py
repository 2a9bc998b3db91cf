"""The Linux end of a long way over a bad wire: connects or listens, sends or receives, says the digest of what was carried."""
import hashlib
import random
import socket
import sys

role, direction, address, size = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
PORT, BLOCK, PATIENCE_SECONDS = 9999, 1 << 20, 240
digest = hashlib.sha256()


def say(*words):
    print(*words, flush=True)


def meet():
    one = socket.socket()
    one.settimeout(PATIENCE_SECONDS)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")  # as the other end
    if role == "connect":
        one.connect((address, PORT))
        return one
    one.bind(("", PORT))
    one.listen(1)
    say("listening")
    return one.accept()[0]


def send():
    block = random.Random(1).randbytes(BLOCK)
    for at in range(0, size, BLOCK):
        piece = (at.to_bytes(8, "big") + block[8:])[: size - at]
        digest.update(piece)
        connection.sendall(piece)
    connection.recv(1)  # the other end has it all


def receive():
    left = size
    while left > 0:
        data = connection.recv(min(left, 1 << 18))
        assert data, "the stream ends %d bytes early" % left
        digest.update(data)
        left -= len(data)
    connection.sendall(b".")


connection = meet()
connection.settimeout(PATIENCE_SECONDS)
send() if direction == "send" else receive()
say("done", digest.hexdigest())
sys.stdin.readline()
connection.shutdown(socket.SHUT_WR)
assert connection.recv(1) == b"", "more than was agreed"
say("closed")
