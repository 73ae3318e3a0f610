package live

import (
	"context"
	"sync"
	"testing"

	"github.com/pkg/errors"

	"simplemessenger/memnet"
	"simplemessenger/wire"
)

// Each place is where the socket breaks, to the byte, and nothing is lost by it.
func TestCutAtPlaces(t *testing.T) {
	names := map[string]string{"banner": "BANNER", "connect": "CONNECT", "header": "MSG",
		"data": "MSG", "footer": "MSG", "ack": "ACK"}
	offsets := map[string]int64{"banner": 4, "connect": wire.ConnectSize / 2, "header": 40,
		"data": 78, "footer": 104, "ack": 4}
	for _, place := range Places {
		t.Run(place.Name, func(t *testing.T) {
			world(t, func(t *testing.T, w *World) {
				do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 3})
				settle()
				var mu sync.Mutex
				all := w.sockets.all()
				w.net.OnConn(func(c *memnet.Conn) {
					mu.Lock()
					defer mu.Unlock()
					all = append(all, w.sockets.find(c.ClientAddr()))
				})
				do(t, w, Command{Do: "cut-frame", Place: place.Name})
				settle()
				broken := 0
				for _, k := range all {
					way := &k.ways[place.side]
					if place.Name == "reply" {
						if way.arrived == toReply+wire.ConnectReplySize {
							broken++
						}
						continue
					}
					if len(way.flying) == 0 {
						continue
					}
					first := steps(w)[way.flying[0].step].Frame
					begin := way.flying[0].end - int64(first.Size)
					if first.Name == names[place.Name] &&
						way.arrived-begin == offsets[place.Name] {
						broken++
					}
				}
				if broken != 1 {
					t.Errorf("%d of %d sockets broke there", broken, len(all))
				}
				do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 1})
				arrived(t, w, "osd.0", 7)
			})
		})
	}
}

func TestCutWhereThereIsNothing(t *testing.T) {
	world(t, func(t *testing.T, w *World) {
		for _, place := range []string{"middle", "header", "data", "footer", "ack"} {
			err := w.Do(context.Background(), Command{Do: "cut-frame", Place: place})
			if !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %v", place, err)
			}
		}
		do(t, w, Command{Do: "cut-frame", Place: "banner"}) // of the socket that opens for it
		arrived(t, w, "osd.1", cutMessages)
	})
}
