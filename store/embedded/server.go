package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Options says where the engine keeps its documents and where it listens.
type Options struct {
	// Dir is the folder of the journal, made if missing; empty: in memory.
	Dir string
	// Listen is the loopback address host:port; empty: a free port on 127.0.0.1.
	Listen string
	// Log receives what goes on; nil: nothing is logged.
	Log *slog.Logger
	// Now is the clock of TTL indexes and cursors; nil: time.Now.
	Now func() time.Time
}

// Command is what a hook set with Watch sees, before the command is executed.
type Command struct {
	// Name is the command's name as sent, such as "findAndModify".
	Name string
	// Database is the database named by $db.
	Database string
	// Collection is the collection; empty for commands without one.
	Collection string
	// Body is the whole command, document sequences included as arrays. It is
	// valid during the call only.
	Body bson.Raw
}

// Fault is what a hook makes of a command. The zero value lets it pass.
type Fault struct {
	// CutBefore closes the connection instead of executing.
	CutBefore bool
	// CutAfter executes, then closes the connection instead of answering.
	CutAfter bool
	// Delay waits before anything else.
	Delay time.Duration
	// Err is answered instead of executing.
	Err *CommandError
}

// maxConnections bounds how many clients may be connected at a time.
const maxConnections = 4096

// Server is a running engine.
type Server struct {
	log      *slog.Logger
	now      func() time.Time
	listener net.Listener
	journal  *journal // nil: in memory
	catalog  catalog
	cursors  cursors
	examined atomic.Int64
	watch    atomic.Pointer[func(Command) Fault]

	closing   chan struct{}
	closeOnce sync.Once
	closeErr  error
	running   sync.WaitGroup // the accept loop, connections, the TTL pass

	mu    sync.Mutex
	conns map[*conn]struct{}
	shut  bool
	ids   atomic.Int32
}

// Open starts an engine: it reads the journal, if there is one, and listens.
// It fails when the address is not a loopback one, when another process has
// the folder, or when the journal is damaged before its end (ErrCorrupt).
func Open(o Options) (*Server, error) {
	s := &Server{
		log:     o.Log,
		now:     o.Now,
		closing: make(chan struct{}),
		conns:   map[*conn]struct{}{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.cursors.init(s.now)
	var err error
	if s.listener, err = listen(o.Listen); err != nil {
		return nil, err
	}
	if err := s.load(o.Dir); err != nil {
		return nil, errors.Join(err, s.listener.Close())
	}
	s.running.Add(2)
	go s.accept()
	go s.sweepLoop()
	if s.journal != nil {
		s.running.Add(1)
		go s.compactLoop()
	}
	return s, nil
}

// load reads the journal of a folder into the catalog.
func (s *Server) load(dir string) error {
	s.catalog.init(nil)
	if dir == "" {
		return nil
	}
	j, err := openJournal(dir, &s.catalog)
	if err != nil {
		return fmt.Errorf("embedded: opening journal: %w", err)
	}
	s.journal = j
	s.catalog.attach(j)
	return nil
}

// listen opens the port; only this machine may reach it, because the engine
// knows no passwords.
func listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("embedded: listen address: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("embedded: %s is not a loopback address", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("embedded: listening: %w", err)
	}
	return l, nil
}

// Addr gives the address the engine listens on, as host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URI gives the connection string for the driver.
func (s *Server) URI() string {
	return "mongodb://" + s.Addr() + "/?directConnection=true&retryWrites=false"
}

// Watch sets a hook that is called before each command, the handshake and the
// driver's heartbeat (hello) included; nil removes it. The hook is called by
// many connections at once.
func (s *Server) Watch(hook func(Command) Fault) {
	if hook == nil {
		s.watch.Store(nil)
		return
	}
	s.watch.Store(&hook)
}

func (s *Server) fault(cmd *command) Fault {
	hook := s.watch.Load()
	if hook == nil {
		return Fault{}
	}
	return (*hook)(Command{Name: cmd.name, Database: cmd.db, Collection: cmd.target(), Body: cmd.whole()})
}

// Examined counts the documents that all commands have looked at since Open. A
// document found through an index counts once; a query or count that the keys
// of an index alone can answer counts none.
func (s *Server) Examined() int64 { return s.examined.Load() }

func (s *Server) accept() {
	defer s.running.Done()
	for {
		nc, err := s.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			s.log.Warn("embedded: accepting a connection", "err", err)
			select {
			case <-s.closing:
				return
			case <-time.After(10 * time.Millisecond): // out of file descriptors
			}
			continue
		}
		s.admit(nc)
	}
}

// admit starts serving a connection, unless the server closes or has too many.
func (s *Server) admit(nc net.Conn) {
	c := &conn{srv: s, net: nc, id: s.ids.Add(1)}
	s.mu.Lock()
	full := s.shut || len(s.conns) >= maxConnections
	if !full {
		s.conns[c] = struct{}{}
		s.running.Add(1)
	}
	s.mu.Unlock()
	if full {
		nc.Close()
		return
	}
	go func() {
		defer s.running.Done()
		c.serve()
		nc.Close()
		s.mu.Lock()
		delete(s.conns, c)
		last := len(s.conns) == 0
		s.mu.Unlock()
		s.cursors.disconnected(c, last)
	}()
}

// Close stops listening, cuts the connections, waits for what they were doing
// and writes the journal out. Calling it again gives the first call's result.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		s.closeErr = s.listener.Close()
		s.mu.Lock()
		s.shut = true
		for c := range s.conns {
			c.net.Close()
		}
		s.mu.Unlock()
		s.running.Wait()
		if s.journal != nil {
			s.closeErr = errors.Join(s.closeErr, s.journal.close())
		}
	})
	return s.closeErr
}
