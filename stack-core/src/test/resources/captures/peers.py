"""Linux peers that talk to ustack while their frames are captured. usage: peers.py SCENARIO ADDRESS"""
import socket
import struct
import subprocess
import sys
import time

ECHO, HTTP, CLOSED = 7, 80, 9


def connect(port, receive_buffer=0):
    s = socket.socket()
    s.settimeout(20)
    if receive_buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    s.connect((address, port))
    return s


def read_all(s):
    data = b""
    while True:
        more = s.recv(65536)
        if not more:
            return data
        data += more


def data_and_close():
    """A connection as most are: some lines there and back, then the peer closes."""
    s = connect(ECHO)
    for line in (b"one\n", b"two\n", b"three\n" * 1000):
        s.sendall(line)
        got = b""
        while len(got) < len(line):
            got += s.recv(65536)
        assert got == line
        time.sleep(0.05)
    s.shutdown(socket.SHUT_WR)
    assert read_all(s) == b""


def simultaneous_close():
    """50 ms of wire each way: the peer's FIN is on its way before it sees the FIN behind the response."""
    s = connect(HTTP)
    s.sendall(b"GET / HTTP/1.1\r\nHost: ustack\r\nConnection: close\r\n\r\n")
    time.sleep(0.07)
    s.shutdown(socket.SHUT_WR)
    assert b"200 OK" in read_all(s)


def loss():
    """One frame in ten is lost, each way."""
    s = connect(ECHO)
    data = bytes(i * 7 % 256 for i in range(40_000))
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    assert read_all(s) == data


def zero_window():
    """The peer does not read for a while, with a small buffer; ustack has to probe."""
    s = connect(ECHO, 2048)
    data = bytes(i * 11 % 256 for i in range(24_000))
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    time.sleep(1.5)
    assert read_all(s) == data


def reset():
    """The peer lets go with data unread and on its way: a reset. And a port where nobody listens."""
    s = connect(ECHO)
    s.sendall(b"x" * 3000)
    time.sleep(0.05)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
    try:
        connect(CLOSED)
        raise AssertionError("somebody listens")
    except ConnectionRefusedError:
        pass


def datagrams():
    """ping, datagrams of several sizes, and a port where nobody is bound."""
    subprocess.run(["ping", "-n", "-q", "-c", "2", "-i", "0.2", "-s", "1000", address], check=True, stdout=subprocess.DEVNULL)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.connect((address, ECHO))
    for size in (0, 1, 1400):
        s.send(b"d" * size)
        assert s.recv(65536) == b"d" * size
    s.connect((address, CLOSED))
    s.send(b"anybody?")
    try:
        s.recv(100)
        raise AssertionError("somebody answers")
    except ConnectionRefusedError:
        pass


address = sys.argv[2]
globals()[sys.argv[1].replace("-", "_")]()
