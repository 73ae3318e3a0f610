package bench

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Usage is what a process has used since it began, or what it has at this moment.
type Usage struct {
	CPU        time.Duration `json:"cpu_ns"`     // user and system
	RSS        uint64        `json:"rss_bytes"`  // resident now; 0 where the system does not tell
	Heap       uint64        `json:"heap_bytes"` // objects, dead ones not yet swept included
	Stack      uint64        `json:"stack_bytes"`
	Goroutines int           `json:"goroutines"`
	Mallocs    uint64        `json:"mallocs"` // objects allocated
	// read and write system calls, also those that found nothing; 0 where the system does not tell
	IOCalls  uint64 `json:"io_calls"`
	Answered uint64 `json:"answered"`
}

// ProcessUsage returns the usage of this process.
func ProcessUsage() Usage {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
		{Name: "/gc/heap/allocs:objects"},
		{Name: "/gc/heap/tiny/allocs:objects"},
	}
	metrics.Read(samples)
	return Usage{
		CPU: cpuTime(), RSS: residentSize(), IOCalls: ioCalls(), Goroutines: runtime.NumGoroutine(),
		Heap: samples[0].Value.Uint64(), Stack: samples[1].Value.Uint64(),
		Mallocs: samples[2].Value.Uint64() + samples[3].Value.Uint64(),
	}
}

// settle gives memory that is not in use back to the system, so that what is resident is what is
// held.
func settle() {
	runtime.GC() // finishes what an earlier cycle has left
	debug.FreeOSMemory()
}
