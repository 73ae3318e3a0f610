// Package race tells tests whether they run with the race detector, with which everything takes
// ten times as long. What races, races in a tenth of the cells too: such a test does less then, and
// the run without the detector does all.
package race
