"""A cable that copies frames as they are in memory and no more: what a device was to do to them is lost, as on a
switch that takes frames for finished ones."""
import select
import socket
import threading

from daemon_cluster import socket_in

ETH_P_ALL = 3
FRAME_MAX = 65536
POLL_S = 0.01


class NaiveCable:
    """Between two ports of an underlay, which it takes off the bridge; until it is closed."""

    def __init__(self, underlay, *ports):
        self.ends = []
        for port in ports:
            underlay.network.run("ip", "link", "set", port, "nomaster")
            end = socket_in(underlay.network, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            end.bind((port, ETH_P_ALL))
            end.setblocking(False)
            self.ends.append(end)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._copy)
        self.thread.start()

    def _copy(self):
        others = dict(zip(self.ends, reversed(self.ends)))
        while not self.over.is_set():
            for end in select.select(self.ends, [], [], POLL_S)[0]:
                frame, (_, _, kind, _, _) = end.recvfrom(FRAME_MAX)
                if kind != socket.PACKET_OUTGOING:
                    others[end].send(frame)

    def close(self):
        self.over.set()
        self.thread.join()
        for end in self.ends:
            end.close()
