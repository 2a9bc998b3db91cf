"""Sends megabytes and reads them back at the same time; content compared by SHA-256; half-close at the end."""
import hashlib
import random
import socket
import sys
import threading

server, megabytes = sys.argv[1], int(sys.argv[2])
block = random.Random(1).randbytes(1 << 20)
connection = socket.create_connection((server, 7), timeout=60)
sent, received, count = hashlib.sha256(), hashlib.sha256(), 0


def send():
    for i in range(megabytes):
        piece = bytes([i & 0xFF]) + block[1:]
        sent.update(piece)
        connection.sendall(piece)
    connection.shutdown(socket.SHUT_WR)


sender = threading.Thread(target=send)
sender.start()
while True:
    data = connection.recv(1 << 16)
    if not data:
        break
    received.update(data)
    count += len(data)
sender.join()
assert count == megabytes << 20, count
assert sent.digest() == received.digest(), "the content differs"
print("ok")
