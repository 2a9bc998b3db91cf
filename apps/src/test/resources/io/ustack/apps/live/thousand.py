"""Many connections at once, all open at the same time, each with something of its own to say, twice."""
import resource
import socket
import sys

server, n = sys.argv[1], int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (n + 100, n + 100))
connections = [socket.create_connection((server, 7), timeout=60) for _ in range(n)]
for round_ in range(2):
    for i, connection in enumerate(connections):
        connection.sendall(b"%d says %d\n" % (i, round_))
    for i, connection in enumerate(connections):
        wanted, got = b"%d says %d\n" % (i, round_), b""
        while len(got) < len(wanted):
            piece = connection.recv(len(wanted) - len(got))
            assert piece, "closed"
            got += piece
        assert got == wanted, (got, wanted)
for connection in connections:
    connection.close()
print("ok")
