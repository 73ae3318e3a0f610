package protocol

// Loss is why a session begins anew, which its user hears of as a remote reset.
type Loss uint8

// The losses.
const (
	LossRestarted Loss = iota // the peer came without the session
	LossForgotten             // the peer answered RESETSESSION
	LossExhausted             // the session has no numbers left
	LossGivenUp               // several sockets have ended over one message
)

// Losses has a word for each loss.
var Losses = [...]string{
	LossRestarted: "peer restarted",
	LossForgotten: "peer has forgotten it",
	LossExhausted: "numbers used up",
	LossGivenUp:   "given up",
}

// String returns the word.
func (l Loss) String() string { return Losses[l] }
