package bench

// target is one comparison: a load, what Ceph's C++ messengers have done under it, and what is
// asked of ours.
//
// The C++ figures are those of ceph_perf_msgr_client and ceph_perf_msgr_server of Ceph 12.2.8,
// mended to put their payload into each message, to keep an exact number in flight and to wait for
// all replies: built with gcc 10 -O2, tcmalloc and hardware crc32c, two server workers,
// authentication none, checksums on; medians of three runs on a small virtual machine with two
// processors. docs/performance.md has the whole table. They stand here for orientation: figures of
// another machine and another day cannot be compared with ours.
//
// ratio can: it is what the messenger should reach of the bare loop. docs/performance.md says where
// it comes from.
type target struct {
	size, jobs, concurrency int
	pinned                  bool // both ends on one processor
	crc                     bool // the bare loop computes the crc of the data
	// messages come from a pool: so do the C++ messengers' buffers, from their allocator
	pool  bool
	ratio float64
	quick bool // part of the short run

	simple, async       int        // C++: op/s
	simpleCPU, asyncCPU [2]float64 // C++: µs/op of client and server
}

var targets = []target{
	{size: 0, jobs: 1, concurrency: 32, pinned: true, ratio: 1.1, quick: true, simple: 112444,
		async: 97597, simpleCPU: [2]float64{4.5, 4.3}, asyncCPU: [2]float64{4.7, 5.5}},
	{size: 0, jobs: 1, concurrency: 1, pinned: true, ratio: 0.8, quick: true, simple: 29931,
		async: 31748, simpleCPU: [2]float64{16.8, 16.6}, asyncCPU: [2]float64{15.7, 15.5}},
	{size: 4096, jobs: 1, concurrency: 32, pinned: true, ratio: 1.1, quick: true, simple: 91500,
		async: 72416, simpleCPU: [2]float64{5.0, 5.9}, asyncCPU: [2]float64{6.9, 6.8}},
	{size: 4096, jobs: 1, concurrency: 1, pinned: true, ratio: 0.8, quick: true, simple: 30594,
		async: 31676, simpleCPU: [2]float64{16.2, 16.6}, asyncCPU: [2]float64{15.6, 15.8}},
	{size: 64 << 10, jobs: 1, concurrency: 32, pinned: true, ratio: 0.9, crc: true, pool: true,
		quick: true, simple: 17534, async: 18123, simpleCPU: [2]float64{17.2, 40.3},
		asyncCPU: [2]float64{28.9, 27.6}},
	{size: 64 << 10, jobs: 1, concurrency: 1, pinned: true, crc: true, pool: true, simple: 19926,
		async: 23418, simpleCPU: [2]float64{23.1, 26.8}, asyncCPU: [2]float64{18.7, 24.0}},
	{size: 4 << 20, jobs: 1, concurrency: 32, pinned: true, ratio: 0.9, crc: true, pool: true,
		quick: true, simple: 399, async: 373, simpleCPU: [2]float64{619, 1760},
		asyncCPU: [2]float64{969, 1398}},
	{size: 4 << 20, jobs: 1, concurrency: 1, pinned: true, crc: true, pool: true, simple: 411,
		async: 816, simpleCPU: [2]float64{615, 1672}, asyncCPU: [2]float64{491, 694}},
	{size: 64 << 10, jobs: 1, concurrency: 32, pinned: true, ratio: 0.9, crc: true, simple: 17534,
		async: 18123, simpleCPU: [2]float64{17.2, 40.3}, asyncCPU: [2]float64{28.9, 27.6}},
	{size: 64 << 10, jobs: 1, concurrency: 1, pinned: true, crc: true, simple: 19926, async: 23418,
		simpleCPU: [2]float64{23.1, 26.8}, asyncCPU: [2]float64{18.7, 24.0}},
	{size: 4 << 20, jobs: 1, concurrency: 32, pinned: true, ratio: 0.9, crc: true, simple: 399,
		async: 373, simpleCPU: [2]float64{619, 1760}, asyncCPU: [2]float64{969, 1398}},
	{size: 4 << 20, jobs: 1, concurrency: 1, pinned: true, crc: true, simple: 411, async: 816,
		simpleCPU: [2]float64{615, 1672}, asyncCPU: [2]float64{491, 694}},
	{size: 0, jobs: 100, concurrency: 1, pinned: true},
	{size: 0, jobs: 1000, concurrency: 1, pinned: true},
	{size: 0, jobs: 4, concurrency: 32, pinned: true, simple: 110687, async: 128538,
		simpleCPU: [2]float64{4.7, 4.3}, asyncCPU: [2]float64{4.1, 3.7}},
	{size: 0, jobs: 1, concurrency: 32, simple: 50581, async: 50619},
	{size: 0, jobs: 4, concurrency: 32, quick: true, simple: 97279, async: 114222},
}

// pipesTarget is a number in flight, and the connections that it is spread over in turn.
type pipesTarget struct {
	inFlight int
	pipes    []int
}

// With 1000 in flight over 1000 connections each has one, and nothing can be gathered; with 100,000
// each still has 100.
var pipesTargets = []pipesTarget{{1000, []int{1, 10, 100, 1000}}, {100000, []int{10, 100, 1000}}}

// From fewPipes to manyPipes the rate should fall by less than pipesFall.
const (
	fewPipes  = 10
	manyPipes = 1000
	pipesFall = 0.2
)

// idleTarget is what a connection of the C++ messengers holds at the server, in KiB, and takes to
// open with its first request, in µs of both ends (1000 connections).
var idleTarget = struct {
	simpleKiB, asyncKiB   float64
	simpleOpen, asyncOpen float64
}{53, 16, 840, 360}
