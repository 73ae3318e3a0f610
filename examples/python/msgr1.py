"""Messenger protocol v1: the bytes of docs/protocol.md, and what both sides of a session share."""
import enum
import ipaddress
import random
import struct
import threading
from collections import namedtuple
from contextlib import contextmanager, suppress

BANNER, BLANK = b"ceph v027", ("0.0.0.0", "::")  # BLANK: the IPs of who does not know his own
HANDSHAKE_TIMEOUT, TIMEOUT, MAX_CONNECT_ROUNDS = 15, 900, 8  # seconds of silence; on one socket
# In bytes: what a peer may claim, and leave without an ack, 1 KiB more for each message.
MAX_AUTHORIZER, MAX_FRONT, MAX_MIDDLE_AND_DATA, MAX_UNACKED = 64 << 10, 4 << 20, 16 << 20, 16 << 20
MAX_U32, MAX_U64 = 2**32 - 1, 2**64 - 1  # at these a session cannot count on
NOSRCADDR, RECONNECT_SEQ, MSG_AUTH, MSGR_KEEPALIVE2 = 1 << 1, 1 << 6, 1 << 23, 1 << 42
PAYLOADS = 0x401020002040000  # features of payloads without which real daemons send one away
OFFERED, REQUIRED = NOSRCADDR | RECONNECT_SEQ | MSG_AUTH | MSGR_KEEPALIVE2 | PAYLOADS, NOSRCADDR
LOSSY, COMPLETE, NOCRC = 1, 1, 2  # flags: of connect and its reply, of footers
ENTITY_TYPES = {"mon": 1, "mds": 2, "osd": 4, "client": 8, "mgr": 16}
CLUSTER_VERSIONS, SERVICE_VERSIONS = {1: 13, 4: 10, 2: 36}, {1: 15, 4: 24, 2: 32}
PING, ECHO = 2, 1000  # types of messages; from 1000 on they are free
Tag = enum.IntEnum("Tag", "READY RESETSESSION WAIT RETRY_SESSION RETRY_GLOBAL CLOSE MSG ACK"
                   " KEEPALIVE BADPROTOVER BADAUTHORIZER FEATURES SEQ KEEPALIVE2 KEEPALIVE2_ACK"
                   " CHALLENGE_AUTHORIZER")  # from 1 on
U32, U64, ACK = struct.Struct("<I"), struct.Struct("<Q"), struct.Struct("<BQ")
HEADER = struct.Struct("<QQHHHIIIH9sHH")  # its crc follows
FOOTER, FOOTER_OLD = struct.Struct("<IIIQB"), struct.Struct("<IIIB")
CONNECT, CONNECT_REPLY = struct.Struct("<QIIIIIIB"), struct.Struct("<BQIIIIB")
Connect = namedtuple("Connect", "features host_type global_seq connect_seq version"
                     " authorizer_protocol authorizer_len flags")
Reply = namedtuple("Reply", "tag features global_seq connect_seq version authorizer_len flags")

class ProtocolError(ValueError):
    """The peer says what it must not say, or what we cannot go on with: the socket has to go."""

CRC_TABLE = range(256)
for _ in range(8):
    CRC_TABLE = [value >> 1 ^ 0x82F63B78 * (value & 1) for value in CRC_TABLE]

def crc32c(data):  # with the initial value 0 and no inversion at either end
    crc = 0
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc

def read(sock, size, limit=4096):
    """Reads size bytes. Memory grows with what arrives, not with what is claimed."""
    if size > limit:
        raise ProtocolError(f"{size} bytes are claimed, the limit is {limit}")
    data = bytearray()
    while len(data) < size:
        piece = sock.recv(min(size - len(data), 64 << 10))
        if not piece:
            raise ConnectionError("the peer has closed the socket")
        data += piece
    return bytes(data)

def read_struct(sock, layout):
    return layout.unpack(read(sock, layout.size))
def parse_name(text):  # such as osd.0, into an entity_name
    kind, _, number = text.partition(".")
    return struct.pack("<Bq", ENTITY_TYPES[kind], int(number))
def protocol_version(client, server):  # for their types
    return (CLUSTER_VERSIONS if client == server else SERVICE_VERSIONS).get(server, 0)

class Address(namedtuple("Address", "ip port nonce")):
    """Who a messenger is. A nonce of None is not known."""
    def __str__(self):
        return (f"[{self.ip}]" if ":" in self.ip else self.ip) + f":{self.port}/{self.nonce}"
    def encode(self):
        ip = ipaddress.ip_address(self.ip)
        family, flowinfo = (2, b"") if ip.version == 4 else (10, bytes(4))
        head = struct.pack("<II", 0, self.nonce) + struct.pack(">HH", family, self.port)
        return (head + flowinfo + ip.packed).ljust(136, b"\0")
    @classmethod
    def parse(cls, text):  # HOST:PORT[/NONCE]
        host_port, _, nonce = text.partition("/")
        host, _, port = host_port.rpartition(":")
        return cls(host.strip("[]"), int(port), int(nonce) if nonce else None)
    @classmethod
    def read(cls, sock):
        data = read(sock, 136)
        (kind, nonce), (family, port) = struct.unpack("<II", data[:8]), struct.unpack(
            ">HH", data[8:12])
        if kind != 0 or family not in (0, 2, 10):
            raise ProtocolError(f"an address of type {kind} and family {family}")
        packed = data[16:32] if family == 10 else data[12:16]
        return cls(str(ipaddress.ip_address(packed)), port, nonce)

def read_greeting(sock, addresses):
    if read(sock, len(BANNER)) != BANNER:
        raise ProtocolError("here is no messenger of protocol v1")
    return [Address.read(sock) for _ in range(addresses)]

MESSAGE_FIELDS = ("seq tid type priority version front_len middle_len data_len data_off source"
                  " compat_version reserved front middle data")
MESSAGE_DEFAULTS = (0, 0, 0, 127, 1, 0, 0, 0, 0, b"", 1, 0, b"", b"", b"")
class Message(namedtuple("Message", MESSAGE_FIELDS, defaults=MESSAGE_DEFAULTS)):
    """The fields of the header, whose lengths encode fills in, and the three parts."""
    def encode(self, features):
        parts = self[-3:]
        header = HEADER.pack(*self[:5], *map(len, parts), *self[8:-3])
        footer, signature = (FOOTER, (0,)) if features & MSG_AUTH else (FOOTER_OLD, ())
        return b"".join((bytes([Tag.MSG]), header, U32.pack(crc32c(header)), *parts,
                         footer.pack(*map(crc32c, parts), *signature, COMPLETE)))
    @classmethod
    def read(cls, sock, features):  # None is a message that its sender could not finish
        header = read(sock, HEADER.size)
        if U32.pack(crc32c(header)) != read(sock, 4):
            raise ProtocolError("the crc of a header is wrong")
        message = cls(*HEADER.unpack(header))
        front = read(sock, message.front_len, MAX_FRONT)
        middle = read(sock, message.middle_len, MAX_MIDDLE_AND_DATA)
        data = read(sock, message.data_len, MAX_MIDDLE_AND_DATA - len(middle))
        crcs = read_struct(sock, FOOTER if features & MSG_AUTH else FOOTER_OLD)
        if not crcs[-1] & COMPLETE:
            return None
        if (crc32c(front), crc32c(middle)) != crcs[:2] or (
                crc32c(data) != crcs[2] and not crcs[-1] & NOCRC):
            raise ProtocolError("the crc of a message is wrong")
        return message._replace(front=front, middle=middle, data=data)

class Session:
    """What outlives a socket: numbers, and what was sent and not acked. The lock guards all."""
    def __init__(self, name, lossy, lock=None):
        self.name, self.lossy, self.lock = name, lossy, lock or threading.Lock()  # name: ours
        self.connect_seq = self.peer_global_seq = self.in_seq = self.out_seq = 0
        self.features, self.sock = 0, None  # what both offer; the socket that has the session
        self.unacked = []
    def reset(self):  # the peer has forgotten the session
        self.connect_seq = self.in_seq = 0
        self.out_seq = random.getrandbits(31) if self.features & MSG_AUTH else 0
        self.unacked = []
    def queue(self, message):  # numbers a message, keeps it until it is acked, returns its bytes
        self.out_seq += 1
        message = message._replace(seq=self.out_seq, source=self.name)
        self.unacked += [] if self.lossy else [message]
        return message.encode(self.features)
    def discard(self, seq):  # the peer has all up to here
        self.unacked = [message for message in self.unacked if message.seq > seq]
    def begin(self, sock, tag, is_server):
        """What follows READY or SEQ. After SEQ each side tells how far it has got, server first."""
        if tag == Tag.SEQ:
            sock.sendall(U64.pack(self.in_seq) if is_server else b"")
            theirs, = read_struct(sock, U64)
            with self.owned_by(sock):
                self.discard(theirs)
                self.out_seq = max(self.out_seq, theirs)
            sock.sendall(b"" if is_server else U64.pack(self.in_seq))
        for message in self.unacked[:]:
            sock.sendall(message.encode(self.features))
    @contextmanager
    def owned_by(self, sock):  # the lock, unless another socket has taken the session over
        with self.lock:
            if self.sock is not sock:
                raise ConnectionError("another socket has the session now")
            yield
    def receive(self, sock, answer):
        """Reads a frame and does what it asks for; False after CLOSE. answer(message) returns the
        reply to a message that has not come before, or None."""
        tag, out = read(sock, 1)[0], b""
        body = read(sock, 8 if tag in (Tag.ACK, Tag.KEEPALIVE2, Tag.KEEPALIVE2_ACK) else 0)
        if tag == Tag.MSG:
            if sum(1024 + sum(map(len, m[-3:])) for m in self.unacked) > MAX_UNACKED:
                raise ProtocolError("the peer does not ack what it gets")
            message = Message.read(sock, self.features)
            with self.owned_by(sock):
                if message and message.seq > self.in_seq:
                    # In one step: what is taken gets its reply, whatever happens to the socket.
                    self.in_seq, reply = message.seq, answer(message)
                    out = self.queue(reply) if reply else b""
                if message and not self.lossy:  # a duplicate too: its sender would keep it
                    out = ACK.pack(Tag.ACK, self.in_seq) + out
        elif tag == Tag.ACK:
            with self.owned_by(sock):
                self.discard(*U64.unpack(body))
        elif tag == Tag.KEEPALIVE2:
            out = bytes([Tag.KEEPALIVE2_ACK]) + body
        elif tag == Tag.CLOSE:
            out, self.lossy = bytes([Tag.CLOSE]), True  # the session ends with this socket
        elif tag not in (Tag.KEEPALIVE, Tag.KEEPALIVE2_ACK):
            raise ProtocolError(f"tag {tag} in an open session")
        sock.sendall(out)
        return tag != Tag.CLOSE
