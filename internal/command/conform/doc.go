// Package conform is the work of `simplemsgr conform`: it runs the kit against a messenger that
// somebody named, and writes the reports that were asked for.
package conform
