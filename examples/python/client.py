"""A client of protocol v1: pings a server, or has it say something back."""
import argparse
import select
import socket
import sys
import time

from msgr1 import *

FIRST_PAUSE, LONGEST_PAUSE, WINDOW = 0.2, 15, 16  # seconds; messages that are not answered yet

class Client:
    def __init__(self, options):
        self.options, self.nonce, self.address = options, random.getrandbits(32), None
        self.session = Session(parse_name("client.-1"), options.policy == "lossy")
        self.message = Message(type=ECHO if options.echo else PING, front=options.echo.encode())
        self.global_seq, self.answered, self.asked_at = 0, 0, []  # asked_at: times
    def run(self):  # until all is answered, or there is no hope of it
        session, fruitless, deadline = self.session, 0, time.monotonic() + self.options.timeout
        while self.answered < self.options.count and time.monotonic() < deadline:
            opened, answered = 0, self.answered
            try:
                with socket.create_connection(self.options.addr[:2], self.options.timeout) as sock:
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    reply, session.sock = self.negotiate(sock), sock
                    session.begin(sock, reply.tag, is_server=False)
                    session.connect_seq, session.lossy = reply.connect_seq, reply.flags & LOSSY
                    opened = 1
                    self.talk(sock)
            except (OSError, ValueError, struct.error) as error:
                print(f"{self.options.addr}: {error}", file=sys.stderr)
            if opened and session.lossy:
                break
            self.count_connections(session.connect_seq + opened)
            if self.answered > answered:
                fruitless, deadline = 0, time.monotonic() + self.options.timeout
            fruitless = max(fruitless, 1 - opened)
            time.sleep(min(FIRST_PAUSE * 2 ** (fruitless - 1), LONGEST_PAUSE) if fruitless else 0)
            fruitless += 1
        return self.answered == self.options.count
    def negotiate(self, sock):  # an exception is a fault
        wanted, (server, seen) = self.options.addr, read_greeting(sock, 2)
        if (server.ip not in (*BLANK, sock.getpeername()[0])
                or server.port != wanted.port or wanted.nonce not in (None, server.nonce)):
            raise ProtocolError(f"here is {server}")
        self.address = self.address or Address(seen.ip, 0, self.nonce)
        sock.sendall(BANNER + self.address.encode())
        session, kinds = self.session, (self.session.name[0], self.options.peer[0])
        for _ in range(MAX_CONNECT_ROUNDS):
            self.global_seq, ours = self.global_seq + 1, session.connect_seq
            sock.sendall(CONNECT.pack(OFFERED, kinds[0], self.global_seq, ours,
                                      protocol_version(*kinds), 0, 0, session.lossy))
            reply = Reply(*read_struct(sock, CONNECT_REPLY))
            read(sock, reply.authorizer_len, MAX_AUTHORIZER)
            session.features = reply.features & OFFERED
            opens = reply.tag in (Tag.READY, Tag.SEQ) and reply.connect_seq == ours + 1
            if opens and not REQUIRED & ~reply.features:
                return reply
            if reply.tag == Tag.RESETSESSION and ours > 0:
                self.count_connections(MAX_U32)
            elif reply.tag == Tag.RETRY_SESSION and reply.connect_seq > ours:
                self.count_connections(reply.connect_seq)
            elif reply.tag == Tag.RETRY_GLOBAL and reply.global_seq < 2**31:
                self.global_seq = max(self.global_seq, reply.global_seq)
            else:  # WAIT too: we listen nowhere, so we call again
                raise ProtocolError(f"no session, but {Tag(reply.tag)!r}: {reply}")
        raise ProtocolError("no end of answers")
    def count_connections(self, connect_seq):  # at the end of the numbers the session begins anew
        self.session.connect_seq = connect_seq
        if connect_seq >= MAX_U32 and self.answered < self.options.count:
            print("the session is lost; asking anew what is not answered", file=sys.stderr)
            self.session.reset()
            self.asked_at.clear()
    def talk(self, sock):  # asks and hears until all is answered, and takes leave
        session, due = self.session, 0
        while self.answered < self.options.count:
            now = time.monotonic()
            may_ask = len(self.asked_at) < min(WINDOW, self.options.count - self.answered)
            wait = max(due - now, 0) if may_ask else self.options.timeout
            if select.select([sock], [], [], wait)[0]:
                if not session.receive(sock, self.hear):
                    raise ConnectionError("the server has ended the session")
            elif not may_ask:
                raise TimeoutError("the server is silent")
            else:
                self.asked_at.append(now)
                due = now + self.options.interval
                sock.sendall(session.queue(self.message))
        if not session.lossy:
            sock.sendall(bytes([Tag.CLOSE]))
            while session.receive(sock, self.hear):
                pass
    def hear(self, message):  # answers come in the order of what was asked
        if self.asked_at and message.type == self.message.type:
            self.answered += 1
            print(f"answer {self.answered} of {self.options.count} after"
                  f" {(time.monotonic() - self.asked_at.pop(0)) * 1000:.1f} ms"
                  f" {message.front[:len(self.message.front)].decode()}".rstrip(), flush=True)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("addr", type=Address.parse, metavar="HOST:PORT[/NONCE]")
    parser.add_argument("--peer", default=parse_name("osd.0"), type=parse_name)
    parser.add_argument("--policy", default="lossy", choices=("lossy", "lossless"))
    parser.add_argument("--count", default=1, type=int, help="messages to send")
    parser.add_argument("--echo", default="", metavar="TEXT", help="instead of pings")
    parser.add_argument("--interval", default=0, type=float, help="seconds between messages")
    parser.add_argument("--timeout", default=30, type=float, help="seconds without an answer")
    sys.exit(0 if Client(parser.parse_args()).run() else 1)
