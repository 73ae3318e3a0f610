// Package socket has what both engines do with a connection before they use it: the user's code in
// it is guarded, faults are injected, and what is nothing but a socket of the system is found out.
package socket
