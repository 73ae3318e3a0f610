package capture

import "encoding/binary"

// ngFile writes a pcapng file.
type ngFile struct {
	order binary.AppendByteOrder
	bytes []byte
}

// ngOption is an option of a block.
type ngOption struct {
	code  uint16
	value []byte
}

func (f *ngFile) block(kind blockType, body []byte) {
	body = f.pad(body)
	size := uint32(12 + len(body))
	f.bytes = f.order.AppendUint32(f.bytes, uint32(kind))
	f.bytes = f.order.AppendUint32(f.bytes, size)
	f.bytes = append(f.bytes, body...)
	f.bytes = f.order.AppendUint32(f.bytes, size)
}

func (f *ngFile) pad(b []byte) []byte { return append(b, make([]byte, -len(b)&3)...) }

func (f *ngFile) options(b []byte, options []ngOption) []byte {
	if len(options) == 0 {
		return b
	}
	b = f.pad(b)
	for _, o := range append(options, ngOption{code: optionEnd}) {
		b = f.order.AppendUint16(b, o.code)
		b = f.order.AppendUint16(b, uint16(len(o.value)))
		b = f.pad(append(b, o.value...))
	}
	return b
}

// section begins a section in another byte order.
func (f *ngFile) section(order binary.AppendByteOrder, options ...ngOption) {
	f.order = order
	body := order.AppendUint32(nil, 0x1a2b3c4d)
	body = order.AppendUint16(body, 1)
	body = order.AppendUint16(body, 0)
	body = order.AppendUint64(body, ^uint64(0))
	f.block(blockSection, f.options(body, options))
}

func (f *ngFile) describe(link linkType, snapLength uint32, options ...ngOption) {
	body := f.order.AppendUint16(nil, uint16(link))
	body = f.order.AppendUint16(body, 0)
	body = f.order.AppendUint32(body, snapLength)
	f.block(blockInterface, f.options(body, options))
}

// packet writes a packet of which the sniffer kept data, and the original had size bytes.
func (f *ngFile) packet(kind blockType, id int, ticks uint64, data []byte, size int,
	options ...ngOption) {
	var body []byte
	switch kind {
	case blockSimplePacket:
		body = f.order.AppendUint32(nil, uint32(size))
		f.block(kind, append(body, data...))
		return
	case blockPacket:
		body = f.order.AppendUint16(nil, uint16(id))
		body = f.order.AppendUint16(body, 7) // lost packets
	default:
		body = f.order.AppendUint32(nil, uint32(id))
	}
	for _, v := range []uint32{uint32(ticks >> 32), uint32(ticks), uint32(len(data)),
		uint32(size)} {
		body = f.order.AppendUint32(body, v)
	}
	f.block(kind, f.options(append(body, data...), options))
}
