package server

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"net"
)

// Sizes, in bytes.
const (
	banner                                        = "ceph v027"
	addrSize, connectSize, headerSize, footerSize = 136, 33, 53, 13
	maxSize                                       = 64 << 20 // of a message
)

var (
	errClose   = errors.New("the peer has said CLOSE")
	errInvalid = errors.New("the peer breaks the protocol")

	little     = binary.LittleEndian
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// checksum is that of the protocol: CRC-32C without inversions.
func checksum(b []byte) uint32 { return ^crc32.Update(^uint32(0), castagnoli, b) }

// appendAddr appends an IPv4 address.
func appendAddr(b []byte, addr net.Addr, nonce uint32) []byte {
	var a [addrSize]byte
	little.PutUint32(a[4:], nonce)
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.To4() != nil {
		binary.BigEndian.PutUint16(a[8:], 2)
		binary.BigEndian.PutUint16(a[10:], uint16(tcp.Port))
		copy(a[12:], tcp.IP.To4())
	}
	return append(b, a[:]...)
}

// greet exchanges banners, and returns by what a peer is known: its address, with the IP that the
// socket has if it does not know its own.
func (s *Server) greet(conn net.Conn) (peer string, err error) {
	b := appendAddr([]byte(banner), conn.LocalAddr(), 1)
	if _, err := conn.Write(appendAddr(b, conn.RemoteAddr(), 0)); err != nil {
		return "", err
	}
	b = make([]byte, len(banner))
	if _, err := io.ReadFull(conn, b); err != nil {
		return "", err
	}
	if string(b) != banner {
		return "", errInvalid
	}
	addr := make([]byte, addrSize)
	if _, err := io.ReadFull(conn, addr); err != nil {
		return "", err
	}
	if little.Uint32(addr[12:]) == 0 && addr[9] != 10 {
		copy(addr[12:16], appendAddr(nil, conn.RemoteAddr(), 0)[12:])
	}
	return string(addr[4:]), nil
}

// readConnect reads a connect message, and what follows of an authorizer, which nobody looks at.
func readConnect(conn net.Conn) (connect, error) {
	var b [connectSize]byte
	if _, err := io.ReadFull(conn, b[:]); err != nil {
		return connect{}, err
	}
	c := connect{little.Uint64(b[0:]), little.Uint32(b[12:]), little.Uint32(b[16:]),
		little.Uint32(b[20:]), little.Uint32(b[28:])}
	if c.authorizer > 64<<10 {
		return c, errInvalid
	}
	_, err := io.CopyN(io.Discard, conn, int64(c.authorizer))
	return c, err
}

// appendReply appends a connect_reply.
func appendReply(b []byte, a answer, theirs uint64) []byte {
	features := uint64(offered)
	if !a.opens() {
		features &= theirs
	}
	b = little.AppendUint64(append(b, a.tag), features)
	b = little.AppendUint32(little.AppendUint32(b, a.globalSeq), a.connectSeq)
	b = little.AppendUint32(little.AppendUint32(b, protocolVersion), 0)
	return append(b, 0)
}

// read takes one frame after the other, until the socket ends, or with errClose.
func (s *Server) read(e *session, conn net.Conn) error {
	in := bufio.NewReader(conn)
	for {
		tag, err := in.ReadByte()
		if err != nil {
			return err
		}
		var m *message
		var b [8]byte
		switch tag {
		case tagMsg:
			m, err = readMessage(in)
		case tagAck, tagKeepalive2, tagKeepalive2Ack:
			_, err = io.ReadFull(in, b[:])
		case tagKeepalive:
		case tagClose:
			err = errClose
		default:
			err = errInvalid
		}
		if err != nil {
			return err
		}
		s.mu.Lock()
		if e.conn != conn { // another socket has the session
			s.mu.Unlock()
			return net.ErrClosed
		}
		switch {
		case m != nil:
			s.receive(e, m)
		case tag == tagAck:
			e.acked(little.Uint64(b[:]))
		case tag == tagKeepalive2:
			keepalive(s.bug, e, b)
		}
		e.wake()
		s.mu.Unlock()
	}
}

// readMessage reads a message and checks it. One that its sender has given up is nil.
func readMessage(in io.Reader) (*message, error) {
	m := new(message)
	if _, err := io.ReadFull(in, m.header[:]); err != nil {
		return nil, err
	}
	if checksum(m.header[:headerSize-4]) != little.Uint32(m.header[headerSize-4:]) {
		return nil, errInvalid
	}
	size := uint64(0)
	for i := range m.parts {
		size += uint64(little.Uint32(m.header[22+4*i:]))
	}
	if size > maxSize {
		return nil, errInvalid
	}
	for i := range m.parts {
		m.parts[i] = make([]byte, little.Uint32(m.header[22+4*i:]))
		if _, err := io.ReadFull(in, m.parts[i]); err != nil {
			return nil, err
		}
	}
	var footer [footerSize]byte
	if _, err := io.ReadFull(in, footer[:]); err != nil {
		return nil, err
	}
	if footer[12]&1 == 0 {
		return nil, nil
	}
	for i, part := range m.parts {
		noCRC := i == 2 && footer[12]&2 != 0
		if !noCRC && checksum(part) != little.Uint32(footer[4*i:]) {
			return nil, errInvalid
		}
	}
	return m, nil
}

// receive takes a message that is new, and sends it back. It needs mu.
func (s *Server) receive(e *session, m *message) {
	seq := little.Uint64(m.header[:])
	if seq <= e.inSeq {
		return
	}
	e.inSeq = seq
	e.queue = append(e.queue, m)
}

// acked drops what the peer has. It needs mu.
func (e *session) acked(seq uint64) {
	for len(e.sent) > 0 && e.sent[0].seq <= seq {
		e.sent = e.sent[1:]
	}
}

// write writes what there is to be written, until the socket has ended.
func (s *Server) write(e *session, conn net.Conn, ended chan struct{}) {
	defer s.running.Done()
	s.mu.Lock()
	work := e.work
	s.mu.Unlock()
	for {
		select {
		case <-ended:
			return
		case <-work:
		}
		for {
			s.mu.Lock()
			var b []byte
			if e.conn == conn {
				b = s.next(e)
			}
			s.mu.Unlock()
			if len(b) == 0 {
				break
			}
			if _, err := conn.Write(b); err != nil {
				conn.Close() // the reader sees it
				return
			}
		}
	}
}

// next returns the next bytes to be written: answers to keepalives, an ack, a message. It needs mu.
func (s *Server) next(e *session) (b []byte) {
	for _, stamp := range e.stamps {
		b = append(append(b, tagKeepalive2Ack), stamp[:]...)
	}
	e.stamps = nil
	if e.inSeq > e.ackedSeq {
		told := encodeSeq(s.bug, e.inSeq)
		b = append(append(b, tagAck), told[:]...)
		e.ackedSeq = e.inSeq
	}
	if len(e.queue) == 0 {
		return b
	}
	m := e.queue[0]
	e.queue = e.queue[1:]
	if m.seq == 0 {
		e.outSeq++
		m.seq = e.outSeq
	}
	e.sent = append(e.sent, m)
	return m.append(b)
}

// append appends the frame of a message.
func (m *message) append(b []byte) []byte {
	little.PutUint64(m.header[:], m.seq)
	m.header[36] = 4 // from an osd
	little.PutUint64(m.header[37:], 0)
	little.PutUint32(m.header[headerSize-4:], checksum(m.header[:headerSize-4]))
	b = append(append(b, tagMsg), m.header[:]...)
	for _, part := range m.parts {
		b = append(b, part...)
	}
	for _, part := range m.parts {
		b = little.AppendUint32(b, checksum(part))
	}
	return append(b, 1)
}
