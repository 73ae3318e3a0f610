//go:build !unix

package pipe

const canReadRaw = false

func (b *receiveBuffer) readRaw() (int, error) { return b.conn.Read(b.space()) }

func (b *receiveBuffer) attempt(uintptr) bool { return true }
