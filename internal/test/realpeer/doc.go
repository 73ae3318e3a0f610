// Package realpeer gives tests real Ceph daemons to talk to: the genuine
// SimpleMessenger of Ceph 14.2, and the AsyncMessenger of later releases, whose
// ProtocolV1 speaks the same protocol. Releases tells which there are; a test of
// what is common to all runs with OnEach.
//
// The daemons run on loopback and are started and stopped by scripts/real-peer,
// which says how to install them:
//
//	scripts/real-peer install --release all
//
// A test asks for a cluster of its own, which ends with the test:
//
//	peer := realpeer.Start(t, realpeer.Options{Release: realpeer.Nautilus})
//	conn, err := net.Dial("tcp", peer.Mons[0].Addr.String())
//
// or shares one with the other tests of its package, because a start takes from
// half a second (a single mon) to eight seconds (with OSDs):
//
//	func TestMain(m *testing.M) {
//		goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
//			realpeer.StopShared()
//			os.Exit(code)
//		}))
//	}
//
//	peer := realpeer.Shared(t, realpeer.Options{Release: realpeer.Pacific, OSDs: 2})
//
// Where the daemons cannot be had (not Linux, not root, not installed) such a test
// is skipped with a line that begins with "REAL PEER SKIPPED:". It fails instead
// when the environment has REQUIRE_REAL_PEERS=1, as it does in CI, so that a green
// run there has met the real peers; of that only a release is excepted that Debian
// itself no longer has, because the suite in the table has gone on to the next.
//
// A cluster never outlives the test binary, not even one that is killed: the
// script watches its process and stops the cluster when that is gone.
package realpeer
