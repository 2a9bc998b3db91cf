"""Mixed load for so many seconds: web requests, bulk both ways, datagrams, idle connections, resets, half-closes, slow readers,
pings. Content is compared; the wire may be bad, so a datagram or a ping may be lost, but no byte of a stream."""
import hashlib
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time

server, seconds, directory, seed = sys.argv[1], float(sys.argv[2]), sys.argv[3], int(sys.argv[4])
end = time.monotonic() + seconds
small = open(os.path.join(directory, "small"), "rb").read()
large = open(os.path.join(directory, "large"), "rb").read()
block = random.Random(1).randbytes(1 << 18)
totals, failures, lock = {}, [], threading.Lock()


def count(what, number=1):
    with lock:
        totals[what] = totals.get(what, 0) + number


def connect(port, timeout=60):
    return socket.create_connection((server, port), timeout=timeout)


def response(connection, expected):
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(1 << 16)
        assert more, "the response ends in its head"
        data += more
    head, data = data.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200"), head
    hashed, length = hashlib.sha256(data), len(data)
    while length < len(expected):
        more = connection.recv(1 << 16)
        assert more, "the response ends early"
        hashed.update(more)
        length += len(more)
    assert length == len(expected) and hashed.digest() == hashlib.sha256(expected).digest(), "the content differs"
    count("requests")
    count("bytes", length)


def get(connection, path, close):
    connection.sendall(b"GET %s HTTP/1.1\r\nHost: soak\r\n%s\r\n" % (path, b"Connection: close\r\n" if close else b""))


def short_requests(rng):
    with connect(80) as connection:
        get(connection, b"/small", True)
        response(connection, small)
        assert connection.recv(1) == b"", "more than a response"


def kept_connection(rng):
    with connect(80) as connection:
        for _ in range(rng.randint(1, 20)):
            get(connection, b"/small", False)
            response(connection, small)


def download(rng):
    with connect(80) as connection:
        get(connection, b"/large", True)
        response(connection, large)


def there_and_back(rng):
    """Both ways at once; our end is closed while the other still sends."""
    with connect(7) as connection:
        pieces = rng.randint(1, 16)

        def send():
            for _ in range(pieces):
                connection.sendall(block)
            connection.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        received, length = hashlib.sha256(), 0
        while True:
            data = connection.recv(1 << 16)
            if not data:
                break
            received.update(data)
            length += len(data)
        sender.join()
        assert length == pieces * len(block), "%d of %d bytes" % (length, pieces * len(block))
        assert received.digest() == hashlib.sha256(block * pieces).digest(), "the content differs"
        count("bytes", 2 * length)


def datagrams(rng):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        sent = {}
        for i in range(20):
            data = struct.pack("!I", i) + rng.randbytes(rng.randint(0, 1400))
            sent[i] = data
            s.sendto(data, (server, 7))
        try:
            while True:
                data = s.recv(2000)
                assert data == sent[struct.unpack("!I", data[:4])[0]], "the datagram differs"
                count("datagrams")
        except TimeoutError:
            pass


def idle(rng):
    """Quiet for longer than a connection stays awake, and then used again."""
    connections = [connect(7) for _ in range(10)]
    for _ in range(2):
        time.sleep(1.5)
        for connection in connections:
            connection.sendall(b"still there?")
            assert connection.recv(12, socket.MSG_WAITALL) == b"still there?"
    for connection in connections:
        connection.close()
    count("idle", len(connections))


def reset(rng):
    connection = connect(rng.choice([7, 80]))
    connection.sendall(rng.randbytes(rng.randint(1, 3000)))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    try:
        connect(81).close()
        raise AssertionError("somebody listens on 81")
    except ConnectionRefusedError:
        count("resets", 2)
    time.sleep(0.05)


def half_close(rng):
    with connect(7) as connection:
        data = rng.randbytes(rng.randint(1, 5000))
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        back = b""
        while True:
            more = connection.recv(1 << 16)
            if not more:
                break
            back += more
        assert back == data, "the content differs"
        count("halfCloses")


def slow_reader(rng):
    """Reads a little of much, and goes."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect((server, 80))
        get(connection, b"/large", True)
        for _ in range(20):
            assert connection.recv(500)
            time.sleep(0.05)
        count("slowReaders")


def ping(rng):
    said = subprocess.run(["ping", "-n", "-q", "-c", "10", "-i", "0.1", "-W", "2", server], capture_output=True, text=True).stdout
    received = int(said.split(" received")[0].split()[-1])
    assert received > 0, said
    count("pings", received)


def work(number, task):
    rng = random.Random(seed * 1000 + number)
    try:
        while time.monotonic() < end and not failures:
            task(rng)
    except Exception as e:
        failures.append("%s: %r" % (task.__name__, e))


tasks = [short_requests, short_requests, kept_connection, download, there_and_back, there_and_back, datagrams, idle, reset,
         half_close, slow_reader, slow_reader, ping]
threads = [threading.Thread(target=work, args=each) for each in enumerate(tasks)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failures, failures
print(" ".join("%s=%d" % each for each in sorted(totals.items())))
print("ok")
