#!/usr/bin/env python3
"""One end of a flow of numbered datagrams, run in a pod; the other end is told by standard input.

usage: flow.py receive ADDRESS    prints the port; reads how many were sent, waits for them, prints how many came
       flow.py send ADDRESS PORT  sends one each few milliseconds until standard input ends; says when it has begun,
                                  and at the end how many
"""
import select
import socket
import sys

INTERVAL_S = 0.003
WAIT_S = 10


def open_socket(address):
    return socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)


def receive(address):
    end = open_socket(address)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    end.bind((address, 0))
    print(end.getsockname()[1], flush=True)
    came, sent = set(), None
    while sent is None or len(came) < sent:
        ready, _, _ = select.select([end] + ([sys.stdin] if sent is None else []), [], [], WAIT_S)
        if end in ready:
            came.add(end.recv(64))
        elif sys.stdin in ready:
            sent = int(sys.stdin.readline())
        elif sent is not None:
            break
    print(len(came), flush=True)


def send(address, port):
    end, sent = open_socket(address), 0
    end.connect((address, port))
    while not select.select([sys.stdin], [], [], INTERVAL_S)[0]:
        end.send(sent.to_bytes(8, "big"))
        sent += 1
        if sent == 1:
            print("begun", flush=True)
    print(sent, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        receive(sys.argv[2])
    else:
        send(sys.argv[2], int(sys.argv[3]))
