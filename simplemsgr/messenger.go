package simplemsgr

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/accepter"
	"simplemessenger/dispatchqueue"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// Errors of this package, to be tested with errors.Is. See also pipe.ErrClosed.
var (
	// ErrShutdown: the messenger has been closed.
	ErrShutdown = errors.New("simplemsgr: messenger is shut down")
	// ErrNoAddress: the address of a peer names no host, or no port: there is nothing to connect
	// to.
	ErrNoAddress = errors.New("simplemsgr: the address of the peer is not complete")
	// ErrServerPolicy: the policy for this type of peer is that of a server, which never connects.
	ErrServerPolicy = errors.New(
		"simplemsgr: the policy towards the peer is a server's: wait for it to connect")
)

// Messenger is one end of many conversations. Its methods may be called by many goroutines at once.
type Messenger struct {
	name       wire.EntityName
	config     Config
	table      *session.Table
	engine     session.Engine
	dispatch   *dispatch
	sessions   *sessions // nil without limits
	accepter   *accepter.Accepter
	guard      session.Guard
	tracers    []*guardedTracer // of the configuration
	lastTracer *guardedTracer   // is told of panics if there is none of these
	goroutines sync.WaitGroup   // of the pipes
	pipeID     atomic.Uint64

	mu            sync.Mutex      // a leaf; guards what follows
	addr          wire.EntityAddr // that peers know us by
	bound         wire.EntityAddr // that our socket listens at; blank without one
	policies      map[wire.EntityType]Policy
	defaultPolicy Policy
	globalSeq     uint32 // of the latest connection begun
	loopback      *Connection
	started       bool

	stopping chan struct{} // closed when the shutdown begins
	done     chan struct{} // closed when the shutdown is complete
	dropped  DroppedError  // set before done is closed
}

// New returns a messenger of that name. It does nothing until Start.
func New(name wire.EntityName, config Config) *Messenger {
	m := &Messenger{name: name, config: config, policies: map[wire.EntityType]Policy{},
		stopping: make(chan struct{}), done: make(chan struct{})}
	m.guard = session.Guard{PassOn: config.PassPanics, Tell: m.tellPanic}
	m.guardUserCode()
	m.config.setDefaults()
	m.table = session.NewTable(m.config.MaxAccepting)
	m.defaultPolicy = *m.config.DefaultPolicy
	m.addr = m.config.announced(wire.EntityAddr{Nonce: m.config.Nonce})
	m.dispatch = newDispatch(m)
	m.sessions = newSessions(m)
	m.engine = m.config.Engine(host{m})
	m.accepter = accepter.New(m.config.Accepter, sockets{m})
	m.loopback = session.NewLoopback(host{m}, dispatchqueue.LocalConnectionID, m.deliverLocally)
	return m
}

// NewServer is New for who serves clients that come and go: unless config says otherwise each is
// forgotten with its socket (StatelessServer), and of those that a policy of SetPolicy keeps each
// is ended that stands by for an hour. With New the policy for peers of all types is that of a
// client, and clients that never come back are kept for ever.
func NewServer(name wire.EntityName, config Config) *Messenger {
	if config.DefaultPolicy == nil {
		p := StatelessServer()
		config.DefaultPolicy = &p
	}
	if config.Sessions.StandbyTimeout == 0 {
		config.Sessions.StandbyTimeout = time.Hour
	}
	return New(name, config)
}

// String returns name and address, as logs show them.
func (m *Messenger) String() string { return "messenger " + m.Inst().String() }

// LogValue implements slog.LogValuer.
func (m *Messenger) LogValue() slog.Value { return slog.StringValue(m.Inst().String()) }

// Name returns the messenger's entity name.
func (m *Messenger) Name() wire.EntityName { return m.name }

// Addr returns the address by which peers know this messenger. Its IP is blank until Bind, or until
// the first peer has told it; its port is 0 without Bind.
func (m *Messenger) Addr() wire.EntityAddr {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addr
}

// Inst returns name and address.
func (m *Messenger) Inst() wire.EntityInst { return wire.EntityInst{Name: m.name, Addr: m.Addr()} }

// SetPolicy sets the policy for peers of one type. It counts for connections that are opened from
// now on.
func (m *Messenger) SetPolicy(peer wire.EntityType, p Policy) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.policies[peer] = p
}

// SetDefaultPolicy sets the policy for peers of all other types.
func (m *Messenger) SetDefaultPolicy(p Policy) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.defaultPolicy = p
}

// Policy returns the policy for peers of that type.
func (m *Messenger) Policy(peer wire.EntityType) Policy { return host{m}.Policy(peer) }

// AddDispatcher appends d to the chain of dispatchers. Besides Dispatch it may implement
// FastDispatcher, FastPreprocessor, ConnectionHandler and FastConnectionHandler. Dispatchers are
// added before Start.
func (m *Messenger) AddDispatcher(d Dispatcher) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dispatch.add(d, false)
}

// AddDispatcherFirst puts d at the head of the chain.
func (m *Messenger) AddDispatcherFirst(d Dispatcher) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dispatch.add(d, true)
}
