package view

import (
	"testing"

	"go.uber.org/goleak"
)

// A server that has refused a body keeps its connection for half a second, lest the answer be lost
// to a reset; it ends by itself.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}
