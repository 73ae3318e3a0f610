package grade

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childOf grades a program that starts a child, and returns the child's process id.
func childOf(t *testing.T, how string) int {
	t.Helper()
	l := lab(how, Limits{})
	v, err := l.Test(t.Context(), student(t), 1)
	if err != nil || v.Story == nil {
		t.Fatalf("%+v %v", v, err)
	}
	pid, err := strconv.Atoi(v.Story.Got)
	if err != nil || pid <= 1 {
		t.Fatalf("%+v", v.Story)
	}
	return pid
}

// runs reports whether a process does more than wait for somebody to take notice of its end.
func runs(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(b), ") ")
	return err == nil && !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}

// What a program has started ends with it.
func TestChildrenEnd(t *testing.T) {
	pid := childOf(t, "child")
	for deadline := time.Now().Add(time.Minute); runs(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("the child lives on")
		}
	}
}

// A child that has left the group is not protected against, as docs/teaching.md says; but it holds
// up nobody, although it holds what the program wrote to.
func TestEscapedChildHoldsUpNobody(t *testing.T) {
	pid := childOf(t, "escaped child")
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("the page may claim more than it does: %v", err)
	}
}
