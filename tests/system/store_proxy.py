"""A TCP way to a Redis, on which a test may hold back or cut what goes over connections of one name."""

import socket
import threading


class StoreProxy:
    """Redis clients name their connections (CLIENT SETNAME); the proxy knows them by that name."""

    def __init__(self, server):
        self.upstream = str(server.socket)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.listener.getsockname()[1]}/0"
        self.lock = threading.Condition()
        self.links = []
        self.held_name = None  # nothing that Redis says reaches connections of this name …
        self.held_from = None  # … from the first that has this in it
        self.holding = False
        self.refused_name = None
        self.open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self, name, trigger):
        """Holds back what Redis says on connections whose name has `name` in it, from the first piece with `trigger`."""
        with self.lock:
            self.held_name, self.held_from, self.holding = name, trigger, False

    def release(self):
        """Lets everything pass again."""
        with self.lock:
            self.held_name, self.held_from, self.holding, self.refused_name = None, None, False, None
            self.lock.notify_all()

    def cut(self, name):
        """Ends connections of this name, and lets none come up again; how many there were."""
        with self.lock:
            self.refused_name = name
            links = [link for link in self.links if name in link.said]
        for link in links:
            link.close()
        return len(links)

    def close(self):
        self.open = False
        self.release()
        self.listener.close()
        for link in list(self.links):
            link.close()

    # ---- the way of bytes ------------------------------------------------------------------------------------------

    def _accept(self):
        while self.open:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.upstream)
            except OSError:
                client.close()
                continue
            link = Link(client, server)
            with self.lock:
                self.links.append(link)
            threading.Thread(target=self._pump, args=(link, client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(link, server, client, True), daemon=True).start()

    def _pump(self, link, source, target, downwards):
        try:
            while piece := source.recv(65536):
                if downwards:
                    self._wait_while_held(link, piece)
                elif len(link.said) < 4096:
                    link.said += piece
                    if self.refused_name and self.refused_name in link.said:
                        break
                target.sendall(piece)
        except OSError:
            pass
        link.close()

    def _wait_while_held(self, link, piece):
        with self.lock:
            if self.held_name and self.held_name in link.said and self.held_from in piece:
                self.holding = True
            self.lock.wait_for(lambda: not (self.holding and self.held_name in link.said) or not self.open)


class Link:
    def __init__(self, *sockets):
        self.sockets = sockets
        self.said = b""  # the beginning of what the client said: its name is in it

    def close(self):
        for end in self.sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
