package child

// read keeps what is printed, until nobody can print any more. Who prints too much is killed.
func (c *Child) read() {
	defer close(c.drained)
	b := make([]byte, 32<<10)
	for {
		n, err := c.output.Read(b)
		if err != nil {
			return
		}
		c.printed(b[:n])
	}
}

func (c *Child) printed(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept.add(b)
	if c.printsTooMuchLocked() {
		c.killLocked()
	}
}

func (c *Child) printsTooMuchLocked() bool {
	return c.config.MaxOutput > 0 && c.kept.size > c.config.MaxOutput
}

// kept is the beginning and the end of a text. The child's lock guards it.
type kept struct {
	mostFirst, mostLast int
	first, last         []byte // of last the end counts
	size                int    // of the whole text
}

func (k *kept) add(b []byte) {
	k.size += len(b)
	n := min(k.mostFirst-len(k.first), len(b))
	k.first, b = append(k.first, b[:n]...), b[n:]
	k.last = append(k.last, b[max(0, len(b)-k.mostLast):]...)
	if len(k.last) > 2*k.mostLast {
		k.last = append([]byte(nil), k.last[len(k.last)-k.mostLast:]...)
	}
}

// String returns the beginning and the end.
func (k *kept) String() string {
	return string(k.first) + string(k.last[max(0, len(k.last)-k.mostLast):])
}
