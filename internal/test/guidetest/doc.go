// Package guidetest runs the code of docs/guide.md: each piece that the page shows stands in a
// function here.
package guidetest
