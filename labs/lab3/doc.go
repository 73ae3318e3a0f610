// Package lab3 is the lab "who may stay": the table by which the accepting side answers a connect
// message, row by row, and the registry that holds one pipe for each peer address.
//
// Package protocol is the reference. Each row is asked with one plain situation, and then with many
// that are drawn so that they belong to it, whatever else they have; at the end everything is drawn
// at once.
package lab3
