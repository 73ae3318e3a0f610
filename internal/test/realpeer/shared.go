package realpeer

import (
	"strings"
	"sync"
	"testing"
)

// sharedCluster is started by the first test that asks for it; the tests after it
// get the same cluster, or the same refusal.
type sharedCluster struct {
	once    sync.Once
	cluster *Cluster
	err     error
}

var shared = struct {
	sync.Mutex
	clusters map[string]*sharedCluster // by arguments of start
}{clusters: make(map[string]*sharedCluster)}

// Shared returns the cluster that all tests of this test binary share when they
// ask with the same options. Its tests must leave it as they found it: they must
// neither kill its daemons nor change its fields. TestMain stops it with StopShared.
func Shared(t testing.TB, o Options) *Cluster {
	t.Helper()
	key := strings.Join(o.arguments(), "\x00")
	shared.Lock()
	s := shared.clusters[key]
	if s == nil {
		s = new(sharedCluster)
		shared.clusters[key] = s
	}
	shared.Unlock()

	s.once.Do(func() { s.cluster, s.err = start(o) })
	if s.err != nil {
		refuse(t, s.err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			showLogs(t, s.cluster)
		}
	})
	return s.cluster
}

// StopShared stops the clusters that Shared has started, after all tests. It
// returns the first error.
func StopShared() error {
	shared.Lock()
	defer shared.Unlock()
	var first error
	for _, s := range shared.clusters {
		if s.cluster == nil {
			continue
		}
		if err := s.cluster.stop(); err != nil && first == nil {
			first = err
		}
	}
	clear(shared.clusters)
	return first
}
