package cephx_test

import "time"

// epoch is when the tests' clocks start.
var epoch = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
