package structures

import (
	"encoding/json"

	"simplemessenger/testdata/vectors"
)

// Vector is a golden vector: bytes that real daemons said, or that this project made, with their
// source. testdata/vectors/README.md describes them.
type Vector struct {
	Name      string `json:"name"`
	Structure string `json:"structure"`
	Source    string `json:"source"`
	Hex       Hex    `json:"hex"`
	// Pieces are those of a conversation, Handmade the sides of it that a test has played.
	Pieces   []Piece  `json:"pieces"`
	Handmade []string `json:"handmade"`
}

// Piece is one piece of a conversation.
type Piece struct {
	// From is "client" or "server".
	From      string `json:"from"`
	Structure string `json:"structure"`
	Hex       Hex    `json:"hex"`
}

// Vectors returns the vectors of a structure. They are part of the program, so that it cannot fail.
func Vectors(structure string) []Vector {
	b, err := vectors.Files.ReadFile(structure + ".json")
	if err != nil {
		panic(err)
	}
	var all []Vector
	if err := json.Unmarshal(b, &all); err != nil {
		panic(err)
	}
	return all
}
