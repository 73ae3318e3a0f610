// Package conformtest runs the conformance kit against the messengers of this project, on both
// engines, and against genuine ones. What a genuine messenger fails is a wrong case, or it is
// listed in deviations.txt with the reason.
//
//	make conform           ours
//	make conform-matrix    everybody, and writes docs/conformance-matrix.md
package conformtest
