package sessiontest

import (
	"testing"
	"time"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
)

// Frames arrive in pieces of any size, whatever is read ahead.
func TestShortReads(t *testing.T) {
	for _, most := range []int{1, 7, 0} {
		for _, prefetch := range []int{-1, 1, 52, 53, 54, 100, 4096, 0} {
			for _, pair := range simulator.Pairs {
				simulator.Run(t, memnet.Config{MaxRead: most, ReadBuffer: 1 << 10},
					func(t *testing.T, w *simulator.World) {
						server, client := pair.Endpoints(w)
						configure := func(c *simplemsgr.Config) {
							c.Pipe.PrefetchMaxSize = prefetch
						}
						server.Configure, client.Configure = configure, configure
						server.Start()
						client.Start()
						stream := client.Stream(client.Connect(server))
						for _, size := range []int{0, 1, 53, 100, 5000} {
							must(t, stream.SendMessage(&simplemsgr.Message{Middle: make([]byte,
								size),
								Data: make([]byte, size)}))
						}
						w.Sleep(time.Minute)
						if n := stream.Delivered(); n != 5 {
							t.Errorf("%s, reads of %d bytes, buffer of %d: %d of 5 delivered",
								pair.Name, most, prefetch, n)
						}
					})
			}
		}
	}
}
