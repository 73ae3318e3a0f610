package authtest

import (
	"strings"
	"testing"

	"simplemessenger/internal/command/osdio"
	"simplemessenger/internal/test/realpeer"
	"simplemessenger/messages"
	"simplemessenger/trace"
)

// Requests outlive the osds that they were sent to: one that may not serve them for want of copies,
// and one that dies.
func TestObjectsOutliveOSDs(t *testing.T) {
	t.Parallel()
	realpeer.OnEach(t, func(t *testing.T, release string) {
		t.Parallel()
		peer := realpeer.Start(t, realpeer.Options{Release: release, Auth: realpeer.AuthCephx,
			OSDs: 2, Mgr: true,
			Set: map[string]string{"osd_pool_default_min_size": "2"}})
		makePool(t, peer)
		monitors := dial(t, settings(t, peer, "client.admin"))
		osds, records := objects(t, monitors, nil)
		put(t, osds, "object", "before")

		// One copy of two is not enough: osd.0 puts requests off.
		kill(t, peer, "osd.1", "KILL")
		run(t, peer, `{"prefix": "osd down", "ids": ["1"]}`)
		blocked := records.Expect(func(r trace.Record) bool {
			e, ok := r.Event.(trace.MessageReceived)
			return ok && messages.Type(e.Header.Type) == messages.TypeOSDBackoff
		})
		done := putLater(t, osds, "object", "during")
		<-blocked
		if err := peer.Restart("osd.1"); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := get(t, osds, "object"); got != "during" {
			t.Errorf("read %q", got)
		}

		// Now it is enough, and the request is on its way to osd.0 or osd.1 when osd.0 dies.
		run(t, peer,
			`{"prefix": "osd pool set", "pool": "`+pool+`", "var": "min_size", "val": "1"}`)
		kill(t, peer, "osd.0", "STOP")
		done = putLater(t, osds, "object", "after")
		kill(t, peer, "osd.0", "KILL")
		run(t, peer, `{"prefix": "osd down", "ids": ["0"]}`)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := get(t, osds, "object"); got != "after" {
			t.Errorf("read %q", got)
		}
		daemonsComeAsClients(t, peer, peer.OSDs[1])
	})
}

// putLater is put in the background.
func putLater(t *testing.T, osds *osdio.Client, object, content string) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	ctx := deadline(t)
	go func() {
		_, err := osds.Put(ctx, pool, object, strings.NewReader(content), -1)
		done <- err
	}()
	return done
}
