package dispatchqueue

// Defaults of [Config].
const (
	DefaultMaxTokensPerPriority = 16 << 20
	DefaultMinCost              = 64 << 10
	DefaultThrottleBytes        = 100 << 20
	DefaultLimitMessages        = 64 << 10
	DefaultLimitOfConnection    = 16 << 10
	DefaultLimitEvents          = 64 << 10
)

// Config has the options of a [Queue]. The zero value is a good configuration.
type Config struct {
	// MaxTokensPerPriority is how many tokens, in bytes, a priority below
	// PriorityLow can save up, and the most that a message costs. 0 is
	// DefaultMaxTokensPerPriority, 16 MiB. It is ms_pq_max_tokens_per_priority.
	MaxTokensPerPriority int64

	// MinCost is the least that a message costs, in bytes: handling one is work
	// however small it is. 0 is DefaultMinCost, 64 KiB; negative is none. It is
	// ms_pq_min_cost.
	MinCost int64

	// ThrottleBytes is the limit of DispatchThrottle: how many bytes of messages
	// may be on their way from a socket to the handler. 0 is
	// DefaultThrottleBytes, 100 MiB; negative is no limit. It is
	// ms_dispatch_throttle_bytes.
	ThrottleBytes int64

	// LimitMessages is how many messages may be queued before WaitForRoom makes
	// readers wait: the throttle counts payload, and an empty message has none.
	// 0 is DefaultLimitMessages, 65536; negative is no limit. The original has none.
	LimitMessages int

	// LimitOfConnection is how many of them may be of one connection, so that one
	// does not take the room of all. 0 is DefaultLimitOfConnection, 16384; negative
	// is no limit. The original has none.
	LimitOfConnection int

	// LimitEvents is how many events may be queued before WaitForEventRoom makes
	// those wait who let peers in, and before further faults are forgotten.
	// 0 is DefaultLimitEvents, 65536; negative is no limit. The original has none.
	LimitEvents int
}

// withDefaults returns the configuration as the queue uses it: 0 for none.
func (c Config) withDefaults() Config {
	if c.MaxTokensPerPriority <= 0 {
		c.MaxTokensPerPriority = DefaultMaxTokensPerPriority
	}
	c.MinCost = orDefault(c.MinCost, DefaultMinCost)
	c.ThrottleBytes = orDefault(c.ThrottleBytes, DefaultThrottleBytes)
	c.LimitMessages = int(orDefault(int64(c.LimitMessages), DefaultLimitMessages))
	c.LimitEvents = int(orDefault(int64(c.LimitEvents), DefaultLimitEvents))
	c.LimitOfConnection = int(orDefault(int64(c.LimitOfConnection), DefaultLimitOfConnection))
	return c
}

func orDefault(value, byDefault int64) int64 {
	if value == 0 {
		return byDefault
	}
	return max(value, 0)
}
