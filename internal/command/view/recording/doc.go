// Package recording has what the live page shows: runs, as lists of steps. A step is a frame, its
// arrival, an event of a messenger, or what somebody did to the run. Step back, slow motion and
// addresses of pictures are possible since a run is nothing but its steps: what a session was like
// at one of them is in the latest step that tells of it.
//
// Steps come from messengers that run now (Recorder, Life), or from a file (Open): a recorded run,
// a capture, what `simplemsgr conform --json` wrote, the verdict of a lab.
package recording
