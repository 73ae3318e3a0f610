//go:build race

package model

// raceEnabled says that everything takes ten times as long. Nothing happens at the same time in an
// exploration, so a small world is enough then.
const raceEnabled = true
