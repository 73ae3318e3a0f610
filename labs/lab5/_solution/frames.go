package main

const mostPayload = 64 << 20

// frame takes a frame of the open session, and reports whether there was a whole one.
func (m *Machine) frame(l *link) bool {
	if len(l.in) == 0 {
		return false
	}
	size := map[byte]int{tagClose: 1, tagKeepalive: 1, tagAck: 9, tagKeepalive2: 9,
		tagKeepalive2Is: 9, tagMsg: 1 + headerSize}[l.in[0]]
	if size == 0 {
		m.fault()
		return false
	}
	if len(l.in) < size {
		return false
	}
	if l.in[0] == tagMsg {
		return m.message(l)
	}
	b := l.in[:size]
	l.in = l.in[size:]
	switch b[0] {
	case tagAck:
		if m.books.Acked(le.Uint64(b[1:])) {
			m.fruitless = 0
		}
	case tagKeepalive2:
		m.do(Write, l.socket, append([]byte{tagKeepalive2Is}, b[1:]...))
	case tagKeepalive2Is:
		m.owes = false
	case tagClose:
		m.do(Write, l.socket, []byte{tagClose})
		m.do(Close, l.socket, nil)
		m.link = nil
		m.over()
		m.do(Reset, 0, nil)
	}
	return true
}

// message takes a message, of which the header is there.
func (m *Machine) message(l *link) bool {
	h := l.in[1 : 1+headerSize]
	front, middle, data := uint64(le.Uint32(h[22:])), uint64(le.Uint32(h[26:])),
		uint64(le.Uint32(h[30:]))
	if le.Uint32(h[49:]) != crc(h[:49]) || front+middle+data > mostPayload {
		m.fault()
		return false
	}
	payload := 1 + headerSize
	size := payload + int(front+middle+data) + footerSize
	if len(l.in) < size {
		return false
	}
	b := l.in[:size]
	l.in = l.in[size:]
	parts, footer := b[payload:size-footerSize], b[size-footerSize:]
	if footer[20]&1 == 0 {
		return true // its sender has given it up
	}
	got := Message{Type: le.Uint16(h[16:]), TID: le.Uint64(h[8:]), Priority: le.Uint16(h[18:]),
		Version: le.Uint16(h[20:]), Front: parts[:front], Middle: parts[front : front+middle],
		Data: parts[front+middle:]}
	if crc(got.Front) != le.Uint32(footer) || crc(got.Middle) != le.Uint32(footer[4:]) ||
		footer[20]&2 == 0 && crc(got.Data) != le.Uint32(footer[8:]) {
		m.fault()
		return false
	}
	if m.books.Receive(le.Uint64(h)) {
		m.fruitless = 0
		m.out = append(m.out, Action{Kind: Deliver, Message: &got})
	}
	return true
}

// flush writes what there is to be written.
func (m *Machine) flush() {
	if m.state != open || m.link.phase != framing {
		return
	}
	if seq, due := m.books.Ack(); due && !m.lossy {
		m.do(Write, m.link.socket, le.AppendUint64([]byte{tagAck}, seq))
	}
	for {
		w, any := m.books.Next()
		if !any {
			return
		}
		m.do(Write, m.link.socket,
			EncodeMessage(w.Message, w.Seq, uint8(m.config.Type), m.config.Num))
	}
}
