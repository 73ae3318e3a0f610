//go:build !unix

package pipe

func (b *receiveBuffer) readRaw() (int, error) { return b.conn.Read(b.space()) }

func (b *receiveBuffer) attempt(uintptr) bool { return true }

func (w *directWriter) attempt(uintptr) bool { return true }
