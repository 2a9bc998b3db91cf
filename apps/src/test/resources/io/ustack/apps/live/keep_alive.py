"""A hundred requests over one connection, and three pipelined ones."""
import http.client
import socket
import sys

server = sys.argv[1]
connection = http.client.HTTPConnection(server, 80, timeout=30)
connection.connect()
ours = connection.sock.getsockname()
for _ in range(100):
    connection.request("GET", "/small")
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200 and len(body) == 1234, (response.status, len(body))
    assert connection.sock.getsockname() == ours, "the connection was not kept"
connection.close()

raw = socket.create_connection((server, 80), timeout=30)
request = b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n"
last = b"GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
raw.sendall(request + request + last)
answer = b""
while True:
    piece = raw.recv(65536)
    if not piece:
        break
    answer += piece
assert answer.count(b"HTTP/1.1 200 ") == 3, answer[:200]
print("ok")
