"""A server of protocol v1: answers pings, and sends all other messages back as they came."""
import argparse
import os
import signal
import socket
import sys

from msgr1 import *

MAX_SOCKETS, MAX_SESSIONS = 256, 1024  # at a time; of sessions the oldest has to go

def decide(c, e, known, version):
    """The answer to a connect message c where the session e is known, or would be new: the rows of
    docs/negotiation.md for a server that never calls anybody and looks at no credentials."""
    at_end = MAX_U32 in (c.connect_seq, e.connect_seq) or MAX_U64 in (e.in_seq, e.out_seq)
    for case, condition, tag in (
            ("protocol version", c.version != version, Tag.BADPROTOVER),
            ("features", REQUIRED & ~c.features, Tag.FEATURES),
            ("unknown session", not known and c.connect_seq > 0, Tag.RESETSESSION),
            ("new", not known, Tag.READY),
            ("stale global_seq", c.global_seq < e.peer_global_seq, Tag.RETRY_GLOBAL),
            ("numbers used up", c.connect_seq > 0 and at_end, Tag.RESETSESSION),
            ("existing is lossy", e.lossy, Tag.READY),
            ("peer restarted", c.connect_seq == 0 < e.connect_seq, Tag.READY),
            ("stale connect_seq", c.connect_seq < e.connect_seq, Tag.RETRY_SESSION),
            ("both new", c.connect_seq == e.connect_seq == 0, Tag.SEQ),
            ("same connect_seq", c.connect_seq == e.connect_seq, Tag.RETRY_SESSION),
            ("session lost here", e.connect_seq == 0, Tag.RESETSESSION),
            ("reconnect", True, Tag.SEQ)):
        if condition:
            return case, tag

class Server:
    def __init__(self, address, name, lossy):
        self.address, self.name, self.lossy = address, name, lossy
        self.lock = threading.Lock()  # guards what follows, and all sessions
        self.sessions, self.global_seq = {}, 0
    def serve(self, sock, peer):  # the life of a socket, in a thread of its own
        session = None
        with sock:
            try:
                sock.sendall(BANNER + self.address.encode() + peer.encode())
                announced, = read_greeting(sock, 1)
                peer = announced._replace(ip=peer.ip) if announced.ip in BLANK else announced
                for _ in range(MAX_CONNECT_ROUNDS):
                    connect = Connect(*read_struct(sock, CONNECT))
                    read(sock, connect.authorizer_len, MAX_AUTHORIZER)  # nobody looks at it
                    with self.lock:
                        reply, session = self.answer(sock, peer, connect)
                    sock.sendall(CONNECT_REPLY.pack(*reply))
                    if session:
                        session.begin(sock, reply[0], is_server=True)
                        sock.settimeout(TIMEOUT)
                        while session.receive(sock, lambda message: message):
                            pass
                        break
            except (OSError, ProtocolError, struct.error) as error:
                print(f"{peer}: {error}", file=sys.stderr)
            with self.lock:
                if session and session.sock is sock:
                    session.sock = None
                    if session.lossy:  # or else it waits for the peer's next socket
                        del self.sessions[peer]
    def answer(self, sock, peer, c):  # to a connect message c; and the session that it opens
        both, version = c.features & OFFERED, protocol_version(c.host_type, self.name[0])
        session = self.sessions.get(peer) or Session(self.name, self.lossy, self.lock)
        case, tag = decide(c, session, peer in self.sessions, version)
        if tag not in (Tag.READY, Tag.SEQ):
            return (tag, both | REQUIRED * (tag == Tag.FEATURES), session.peer_global_seq,
                    session.connect_seq + 1 & MAX_U32, version, 0, 0), None
        if session.sock:
            with suppress(OSError):
                session.sock.shutdown(socket.SHUT_RDWR)  # wakes its thread, which closes it
        if case == "existing is lossy":
            session.sock, session = None, Session(self.name, self.lossy, self.lock)
        if peer not in self.sessions and len(self.sessions) >= MAX_SESSIONS:
            del self.sessions[next(p for p, s in self.sessions.items() if not s.sock)]
        self.sessions[peer], self.global_seq = session, self.global_seq + 1
        session.sock, session.features = sock, both
        if case == "peer restarted":
            session.reset()
        session.connect_seq, session.peer_global_seq = c.connect_seq + 1, c.global_seq
        return (tag if both & RECONNECT_SEQ else Tag.READY, OFFERED, self.global_seq,
                session.connect_seq, version, 0, LOSSY * session.lossy), session

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bind", required=True, type=Address.parse, metavar="HOST:PORT")
    parser.add_argument("--name", default=parse_name("osd.0"), type=parse_name)
    parser.add_argument("--policy", default="lossy", choices=("lossy", "lossless"))
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))  # nothing here outlives the process
    family = socket.AF_INET6 if ":" in options.bind.ip else socket.AF_INET
    listener = socket.create_server(options.bind[:2], family=family)
    address = Address(*listener.getsockname()[:2], random.getrandbits(32))
    server = Server(address, options.name, options.policy == "lossy")
    print(f"listening on {address}", flush=True)
    while True:
        client, (ip, port, *_) = listener.accept()
        if threading.active_count() > MAX_SOCKETS:
            client.close()
            continue
        client.settimeout(HANDSHAKE_TIMEOUT)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=server.serve, args=(client, Address(ip, port, 0)),
                         daemon=True).start()
