package session

import (
	"time"

	"simplemessenger/trace"
)

// Config holds what all pipes of a messenger have in common. The zero value of a field means its
// default. Fields name the option of the original that they mirror.
type Config struct {
	// DisableCRCHeader turns off computing and checking the crc of headers (ms_crc_header = false).
	DisableCRCHeader bool
	// DisableCRCData turns off computing and checking the crc of data parts (ms_crc_data = false).
	// Front and middle are covered by ms_crc_header in the original, and so they are here.
	DisableCRCData bool

	// ReadTimeout is how long an open connection may be silent (ms_tcp_read_timeout, 900 s).
	// Negative: for ever.
	ReadTimeout time.Duration
	// HandshakeTimeout bounds a handshake, in either role, from socket to open session (no option
	// of the original; 30 s).
	HandshakeTimeout time.Duration
	// CloseTimeout bounds an orderly end that this side has begun: see Connection.Close (no option
	// of the original; 2 minutes). Negative: no bound.
	CloseTimeout time.Duration
	// InitialBackoff is the pause after the first failed attempt to connect; it doubles
	// (ms_initial_backoff, 0.2 s).
	InitialBackoff time.Duration
	// MaxBackoff is the longest pause between attempts (ms_max_backoff, 15 s). A pipe in WAIT gives
	// up waiting after twice this time.
	MaxBackoff time.Duration

	// RacePatience is how long a connect message of ours may be on its way and keep the peer's own
	// connection out (WAIT), where the addresses say that ours wins. After that, and from our first
	// failure on, the peer's is let in (no option of the original, which insists for ever; 5 s).
	RacePatience time.Duration

	// PrefetchMaxSize is how much is read ahead at once (ms_tcp_prefetch_max_size; 64 KiB here,
	// since the buffer belongs to an idle pipe only while bytes arrive; 4096 in the original). Less
	// than 256 counts as 256, since a header must fit.
	PrefetchMaxSize int

	// AnyNonce lets every peer that is called with nonce 0 announce another one (for one peer:
	// simplemsgr.AnyNonce). The original insists on the nonce that it was given, and so does the
	// default.
	AnyNonce bool

	// MaxMessageSize bounds front + middle + data of a received message (256 MiB). A lossless
	// session over which a larger one comes again and again is given up: both users are told of a
	// remote reset.
	MaxMessageSize int64
	// MaxAuthorizerSize bounds authorizers and their replies (64 KiB).
	MaxAuthorizerSize int
	// MaxConnectRounds bounds the connect messages on one socket (32).
	MaxConnectRounds int
	// SentLimitMessages and SentLimitBytes bound what a lossless session may have sent and not yet
	// acked; the writer waits beyond them (65536 messages, 256 MiB). The original has no bound.
	SentLimitMessages int
	SentLimitBytes    int64
	// QueueLimitBytes and QueueLimitMessages bound what waits in one out queue to be written, each
	// message counted with its payload and MessageOverhead: Send fails with ErrQueueFull beyond
	// them, but takes any message into an empty queue (256 MiB, 262144). Negative means no bound,
	// as the original has none.
	QueueLimitBytes    int64
	QueueLimitMessages int
	// QueueLimitTotal bounds what all out queues together hold, counted in the same way and with
	// what is sent and not acked (1 GiB); each may hold QueueReserve all the same. Negative means
	// no bound.
	QueueLimitTotal int64
	// StopReading leaves the next message of a peer in the socket until an answer of its size has
	// room in the out queue: for servers whose every answer is as large as the question. Where only
	// acks can make room it is read all the same, as they come behind it. Two sides that both stop
	// may wait for each other, so it is off by default.
	StopReading bool

	// PoolMessages makes received messages come from a pool: they and their parts are valid only
	// until the dispatch returns, unless the dispatcher retains them (see Message.Retain).
	PoolMessages bool

	// Tracer receives every event; nil for none. If it is trace.Metered messages are counted
	// in its Meter, and it receives what happens less often.
	Tracer trace.Tracer
	// Interceptor is called at every stage; nil for none. For tests and teaching. With it
	// everything is written by the writer.
	Interceptor Interceptor
	// Inject makes trouble on purpose.
	Inject Inject

	held *heldBytes // by all out queues of the messenger

	frequent *trace.FrequentTracer // of Tracer; nil for nobody
	meters   []*trace.Meter        // of Tracer
}

// WithDefaults returns c with zero fields set to their defaults.
func (c Config) WithDefaults() Config {
	setDefault(&c.ReadTimeout, 900*time.Second)
	setDefault(&c.HandshakeTimeout, 30*time.Second)
	setDefault(&c.CloseTimeout, 2*time.Minute)
	setDefault(&c.InitialBackoff, 200*time.Millisecond)
	setDefault(&c.MaxBackoff, 15*time.Second)
	setDefault(&c.RacePatience, 5*time.Second)
	setDefault(&c.PrefetchMaxSize, 64<<10)
	c.PrefetchMaxSize = max(c.PrefetchMaxSize, 256)
	setDefault(&c.MaxMessageSize, 256<<20)
	setDefault(&c.MaxAuthorizerSize, 64<<10)
	setDefault(&c.MaxConnectRounds, 32)
	setDefault(&c.SentLimitMessages, 65536)
	setDefault(&c.SentLimitBytes, 256<<20) // a part of QueueLimitTotal: one peer does not take all
	setDefault(&c.QueueLimitBytes, 256<<20)
	setDefault(&c.QueueLimitMessages, 256<<10)
	setDefault(&c.QueueLimitTotal, 1<<30)
	c.held = new(heldBytes)
	c.frequent, c.meters = trace.Split(c.Tracer)
	return c
}

// Observers returns who wants records of what happens to each message, nil for nobody, and where
// messages are counted.
func (c *Config) Observers() (*trace.FrequentTracer, []*trace.Meter) {
	return c.frequent, c.meters
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
