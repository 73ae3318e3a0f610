package simplemsgr_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
)

// Handles are printed while others work with them: short, without memory, and without a data race.
func TestHandlesArePrinted(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server, client, sTold, _ := couple(t, n, simplemsgr.StatelessServer(),
			simplemsgr.LossyClient())
		c := connect(t, client, server.Inst())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 100 {
				_ = c.Send(&simplemsgr.Message{Type: 1})
			}
		}()
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, nil))
		for range 100 {
			_ = fmt.Sprintf("%v %+v %s %v %+v", c, c, c, client, client)
			logger.Info("x", "connection", c, "messenger", client)
		}
		<-done
		sTold.take()
		want := fmt.Sprintf("connection 1 with %v (OPEN)", server.Inst())
		for _, format := range []string{"%v", "%+v", "%s"} {
			if got := fmt.Sprintf(format, c); got != want {
				t.Errorf("%s: %s, want %s", format, got, want)
			}
		}
		if got, want := fmt.Sprint(client), "messenger "+client.Inst().String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if strings.Contains(log.String(), "0xc") || !strings.Contains(log.String(),
			"connection.peer=") {
			t.Errorf("logged %.200s", log.String())
		}
		if got := fmt.Sprint(client.Loopback()); !strings.HasSuffix(got, "(loopback)") {
			t.Error(got)
		}
		c.MarkDown()
		synctest.Wait()
		if got := fmt.Sprint(c); !strings.HasSuffix(got, "(dead)") {
			t.Error(got)
		}
	})
}
