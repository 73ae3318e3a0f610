package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// The line between the process that measures and that of its server. The server says "listening on
// ADDRESS" first. After that each line that it reads is a question, and each line that it writes
// the answer:
//
//	usage    the process's Usage as JSON
//	settle   the same after unused memory was given back to the system
//
// It ends when the line is closed.
const (
	listeningOn = "listening on "
	askUsage    = "usage"
	askSettled  = "settle"
)

// Listening writes the line that says where a server listens.
func Listening(w io.Writer, addr wire.EntityAddr) error {
	_, err := fmt.Fprintf(w, "%s%v\n", listeningOn, addr)
	return err
}

// serveControl answers questions about server until there are no more.
func serveControl(r io.Reader, w io.Writer, server Peer) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		switch question := lines.Text(); question {
		case askSettled:
			settle()
		case askUsage:
		default:
			return errors.Errorf("control line: question %q is not known", question)
		}
		u, err := server.Usage()
		if err != nil {
			return err
		}
		if err := json.NewEncoder(w).Encode(u); err != nil {
			return err
		}
	}
	return lines.Err()
}

// control is the asking side of the line.
type control struct {
	r *bufio.Reader
	w io.Writer
}

// listening reads where the server listens.
func (c *control) listening() (wire.EntityAddr, error) {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return wire.EntityAddr{}, errors.Wrap(err, "the server's process said nothing")
	}
	text, ok := strings.CutPrefix(strings.TrimSpace(line), listeningOn)
	if !ok {
		return wire.EntityAddr{}, errors.Errorf("the server's process said %q", line)
	}
	return wire.ParseEntityAddr(text)
}

func (c *control) ask(question string) (Usage, error) {
	var u Usage
	if _, err := io.WriteString(c.w, question+"\n"); err != nil {
		return u, errors.Wrap(err, "the server's process is gone")
	}
	line, err := c.r.ReadBytes('\n')
	if err != nil {
		return u, errors.Wrap(err, "the server's process is gone")
	}
	return u, errors.Wrapf(json.Unmarshal(line, &u), "the server's process said %q", line)
}
