package lab2

import (
	"fmt"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
)

// codecs asks whether the files of lab 1 are there, with what machines need of them.
func codecs(s *grade.Session) error {
	const why = "This lab builds on files of lab 1: name.go, addr.go, banner.go, connect.go. Copy " +
		"yours into this folder."
	banner := structures.ServerBanner{Addr: monitor, PeerAddr: seen}
	var got string
	if err := s.Ask("encode_server_banner", banner, &got); err != nil {
		return err
	}
	if err := grade.Compare("encode a server's banner", banner.Layout(), banner.Bytes(), got,
		why); err != nil {
		return err
	}
	connect := usual().connect()
	if err := s.Ask("encode_connect", connect, &got); err != nil {
		return err
	}
	if err := grade.Compare("encode a connect message", structures.ConnectLayout, connect.Bytes(),
		got, why); err != nil {
		return err
	}
	var reply structures.Reply
	want := ready(1, 5)
	if err := s.Ask("decode_connect_reply", structures.HexOf(want.Bytes()), &reply); err != nil {
		return err
	}
	if reply != want {
		return &grade.Story{Asked: "decode a connect_reply", Expected: fmt.Sprintf("%+v", want),
			Got: fmt.Sprintf("%+v", reply), Why: why}
	}
	client := structures.ClientBanner{Addr: daemon}
	var back structures.ClientBanner
	if err := s.Ask("decode_client_banner", structures.HexOf(client.Bytes()), &back); err != nil {
		return err
	}
	if back != client {
		return &grade.Story{Asked: "decode a client's banner", Expected: fmt.Sprintf("%+v", client),
			Got: fmt.Sprintf("%+v", back), Why: why}
	}
	return nil
}
