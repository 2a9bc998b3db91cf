"""Sends datagrams back; listens over TCP on the same port, too, to be seen from outside."""
import socket
import sys

here = (sys.argv[1], int(sys.argv[2]))
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.bind(here)
seen = socket.create_server(here)
while True:
    datagram, peer = echo.recvfrom(65507)
    echo.sendto(datagram, peer)
