package simulator

import "testing"

func TestPackagePath(t *testing.T) {
	if got := packagePath(); got != "./internal/test/simulator" {
		t.Errorf("path %q", got)
	}
}
