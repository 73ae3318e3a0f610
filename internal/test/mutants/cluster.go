package main

var monclientTests = []string{"./monclient"}

// Bugs in what leads to a cluster.
var clusterMutants = []mutant{
	{"monitors are asked one by one", "monclient/hunt.go", "len(running) < c.config.HuntParallel", "len(running) < 1",
		"silent monitors hold up the login", monclientTests},
	{"losers of the race go on", "monclient/hunt.go", "\t\t\tcancel() // the others end\n", "",
		"a login waits for monitors that say nothing", monclientTests},
	{"stamps are believed", "pipe/reader.go", "l.connection.lastKeepaliveAck.Store(&now)", "echo := stamp.Time(); l.connection.lastKeepaliveAck.Store(&echo)",
		"a step of the clock ends a healthy session, or keeps a dead one", []string{"./monclient", "./internal/test/sessiontest"}},
	{"logged in as nobody", "monclient/login.go", "if done && err == nil && l.globalID() == 0 {", "if false {",
		"a monitor that proves nothing has logged us in", monclientTests},
	{"errors tell secrets", "monclient/command.go", "\treturn fmt.Sprintf(\"command %q\", c.Prefix)\n", "\treturn fmt.Sprintf(\"command %s\", args)\n",
		"keys stand in logs", monclientTests},
	{"comments are continued", "internal/command/cephconf/parse.go", "return end == n && strings.HasSuffix", "return end >= 0 && strings.HasSuffix",
		"the option behind a comment is lost", []string{"./internal/command/cephconf"}},
	{"a pg without an osd is an error", "internal/command/osdio/request.go", "if errors.As(err, &nobody) {", "if errors.As(err, &nobody) && false {",
		"an object cannot be written while osds restart", []string{"./internal/command/osdio"}},
	{"one unknown name fails all", "simplemsgr/resolve.go", "\t\t\tunresolved = err\n\t\t\tcontinue\n", "\t\t\treturn nil, err\n",
		"one monitor that is gone from DNS keeps us from the others", []string{"./simplemsgr", "./internal/command/cluster"}},
}
