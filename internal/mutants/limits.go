package main

// Bugs in what keeps a messenger alive: the guard around code of its user's, and the limits on what peers can make it hold.

var messengerTests = []string{"./simplemsgr"}

var limitMutants = []mutant{
	// Panics.
	{"a panic costs no session", "pipe/guard.go", "\tif c != nil {\n\t\tc.reset()\n\t}\n", "",
		"a peer is answered as if its message had been handled", messengerTests},
	{"a signature's panic is asked for again", "pipe/fault.go", "p.state == Open && errors.As(err, &panicked)", "p.state == Closed && errors.As(err, &panicked)",
		"what panics over a session does so again with the next socket", messengerTests},
	{"a broken tracer is asked again", "simplemsgr/guard.go", "\t\t\tt.broken.Store(true)\n", "",
		"a stack in the log for every event", messengerTests},
	{"open unlocks twice", "pipe/connect.go", "\tp.host.Dispatch().FastConnect(c) // may have ended the session\n\tp.mu.Lock()\n\tdefer p.mu.Unlock()\n", "\tdefer p.mu.Unlock()\n\tp.host.Dispatch().FastConnect(c)\n\tp.mu.Lock()\n",
		"a panic that is passed on ends as another one", messengerTests},
	{"a panic keeps its message", "simplemsgr/dispatch.go", "if took || err != nil {", "if err == nil && took {",
		"what has panicked in the reader is dispatched again", messengerTests},
}
