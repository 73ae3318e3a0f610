// Package view serves the live page: messengers, their frames and their decisions, step by step
// and back again, in a browser. What it shows are runs (package recording): of messengers that it
// runs itself (package live), or of files.
//
// # Who may ask
//
// The page listens on loopback, unless told otherwise. Each request names a random token, a Host
// that is the page's own, which keeps other names that lead to this address out, and, where a
// browser says on whose behalf it asks, the page itself. What is asked for can change the run that
// is shown, and start another one; no request names a file, or reaches another host. Of the page
// nothing runs that was not in it: see package webpage.
package view
