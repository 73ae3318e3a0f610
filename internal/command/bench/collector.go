package bench

import "runtime/debug"

// DefaultGCPercent is what the commands set for themselves. With a heap of a few MiB, as a load
// alone has, the collector runs hundreds of times a second at the runtime's own 100.
const DefaultGCPercent = 400

// liveHeap is memory that is held, as a program has that does more than this.
var liveHeap [][]*byte

// setCollector sets what the process, which is one end or both, has its garbage collector do.
func (o *Options) setCollector() {
	if o.GCPercent > 0 {
		debug.SetGCPercent(o.GCPercent)
	}
	for len(liveHeap) < o.LiveHeap {
		mib := make([]*byte, 1<<20/8) // with pointers, which have to be followed
		for i := 0; i < len(mib); i += 64 {
			mib[i] = new(byte)
		}
		liveHeap = append(liveHeap, mib)
	}
}
