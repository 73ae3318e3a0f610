package bench

import (
	"strings"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/engine"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Options says what load to make. Zero fields of the first group mean their defaults
// (WithDefaults).
type Options struct {
	Jobs        int           // connections, each of a messenger of its own (1)
	Concurrency int           // requests in flight in each job (32)
	Ops         int64         // requests of each job; 0 means as many as fit into Duration
	Duration    time.Duration // of the window, unless Ops is given (2 s)

	Warmup  time.Duration // load before the window
	Size    int           // data bytes of a request
	Think   time.Duration // pause at the receipt of each reply
	NoCRC   bool          // neither end computes checksums
	Pool    bool          // Config.Pipe.PoolMessages
	Policy  string        // the client's policy (lossy-client)
	Engine  engine.Engine // of either end
	Workers int           // the server's
	// the server takes messages from the dispatch queue rather than by fast dispatch
	Queue bool

	ServerThink time.Duration // pause of the server for each request
	// of both ends' sockets, in bytes (Config.TCPReceiveBuffer); 0 leaves it to the system
	ReceiveBuffer int

	// NotSentLowWater is Config.TCPNotSentLowWater of both ends, in bytes; 0 leaves it to the
	// system.
	NotSentLowWater int

	// GCPercent is what debug.SetGCPercent is told at both ends; 0 leaves it to GOGC.
	GCPercent int
	// LiveHeap is how many MiB each end holds besides.
	LiveHeap int

	// CRC makes the bare loop compute what the protocol would: the crc of the data, at both ends.
	CRC bool

	// Observe says who observes either end, one of Observers (none).
	Observe string

	watch *sendWatch // of a client; nil for none
}

// maxConcurrency is what a transaction id has bits for, see slot.
const maxConcurrency = 1 << 16

// WithDefaults returns o with zero fields set to their defaults.
func (o Options) WithDefaults() Options {
	if o.Jobs == 0 {
		o.Jobs = 1
	}
	if o.Concurrency == 0 {
		o.Concurrency = 32
	}
	if o.Ops == 0 && o.Duration == 0 {
		o.Duration = 2 * time.Second
	}
	if o.Policy == "" {
		o.Policy = "lossy-client"
	}
	if o.Observe == "" {
		o.Observe = "none"
	}
	return o
}

// Check returns what is wrong with o.
func (o Options) Check() error {
	switch {
	case o.Jobs < 1:
		return errors.Errorf("jobs %d: at least 1", o.Jobs)
	case o.Concurrency < 1 || o.Concurrency > maxConcurrency:
		return errors.Errorf("concurrency %d: 1 to %d", o.Concurrency, maxConcurrency)
	case o.Ops < 0:
		return errors.Errorf("ops %d: at least 1, or 0 for a duration", o.Ops)
	case o.Ops == 0 && o.Duration <= 0:
		return errors.Errorf("duration %v: above 0", o.Duration)
	case o.Warmup < 0 || o.Think < 0 || o.ServerThink < 0:
		return errors.New("times are not below 0")
	case o.Size < 0 || o.Size > 128<<20:
		return errors.Errorf("size %d: 0 to 128 MiB", o.Size)
	case o.GCPercent < 0 || o.LiveHeap < 0:
		return errors.New("--gc-percent and --live-heap are not below 0")
	case o.Workers < 0:
		return errors.Errorf("workers %d: at least 0", o.Workers)
	}
	if _, ok := serverPolicies[o.Policy]; !ok {
		return errors.Errorf("no client policy %q (there are: %s)", o.Policy,
			strings.Join(ClientPolicies(), ", "))
	}
	if _, ok := observers[o.Observe]; !ok {
		return errors.Errorf("nobody observes as %q (there are: %s)", o.Observe,
			strings.Join(Observers(), ", "))
	}
	return nil
}

// serverPolicies has for each policy of a client the server's that goes with it.
var serverPolicies = map[string]string{
	"lossy-client":        "stateless-server",
	"lossless-client":     "stateful-server",
	"lossless-peer":       "lossless-peer",
	"lossless-peer-reuse": "lossless-peer-reuse",
}

// ClientPolicies returns the names of the policies that a client may have.
func ClientPolicies() []string {
	return []string{"lossy-client", "lossless-client", "lossless-peer", "lossless-peer-reuse"}
}

// ServerPolicy returns the name of the server's policy that goes with the client's.
func ServerPolicy(client string) string { return serverPolicies[client] }

// messengerConfig returns the configuration of either end.
func (o Options) messengerConfig(policy string) (simplemsgr.Config, error) {
	p, ok := simplemsgr.PolicyByName(policy)
	if !ok {
		return simplemsgr.Config{}, errors.Errorf("no policy %q (there are: %s)", policy,
			strings.Join(simplemsgr.PolicyNames(), ", "))
	}
	var c simplemsgr.Config
	c.DefaultPolicy = &p
	c.Accepter.PortMin, c.Accepter.PortMax = -1, -1
	c.Pipe.DisableCRCHeader, c.Pipe.DisableCRCData = o.NoCRC, o.NoCRC
	c.Pipe.PoolMessages = o.Pool
	c.Engine = o.Engine.New
	c.TCPReceiveBuffer, c.TCPNotSentLowWater = o.ReceiveBuffer, o.NotSentLowWater
	if observer, ok := observers[o.Observe]; ok {
		c.Pipe.Tracer = observer()
	}
	if o.watch != nil {
		c.Pipe.Tracer = o.watch
	}
	return c, nil
}

// serverName is the entity name of each server, as that of ceph_perf_msgr_server.
var serverName = wire.OSD(0)
