// Package webpage is what the pages for browsers share: one look, text that never becomes markup,
// the fields of a frame beside its bytes, and a policy that lets nothing run but what is in the
// page. There is no build step: the files below parts are what a browser gets.
package webpage
