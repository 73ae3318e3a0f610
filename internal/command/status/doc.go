// Package status shows how a cluster is, in a few lines.
package status
