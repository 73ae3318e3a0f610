// Package guidetest runs the code of docs/guide.md: each piece that the page shows stands in a
// function here. What other pages show stands in the examples of packages, which is looked at too.
package guidetest
