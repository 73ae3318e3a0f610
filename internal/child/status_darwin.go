package child

import "golang.org/x/sys/unix"

// noteStatus asks for how a process has ended, too.
const noteStatus = unix.NOTE_EXITSTATUS
