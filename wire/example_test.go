package wire_test

import (
	"errors"
	"fmt"

	"simplemessenger/wire"
)

// A message on the wire: tag, header, parts, footer.
func Example() {
	front := []byte("hello")
	header := wire.MessageHeader{
		Seq: 1, Type: 2, Priority: wire.PriorityDefault, Version: 1, FrontLen: uint32(len(front)),
		Source: wire.Client(4121),
	}
	footer := wire.Footer{FrontCRC: wire.CRC(0, front), Flags: wire.FooterComplete}

	frame := []byte{byte(wire.TagMsg)}
	frame = header.AppendWithCRC(frame)
	frame = append(frame, front...)
	frame = footer.Append(frame)

	// And back.
	tag, rest := wire.Tag(frame[0]), frame[1:]
	if err := wire.CheckMessageHeaderCRC(rest); err != nil {
		fmt.Println(err)
	}
	var got wire.MessageHeader
	if err := got.Decode(rest); err != nil {
		fmt.Println(err)
	}
	fmt.Println(tag, "of type", got.Type, "from", got.Source, "with", got.PayloadLen(),
		"bytes in a frame of", len(frame))
	// Output: MSG of type 2 from client.4121 with 5 bytes in a frame of 80
}

func ExampleParseEntityAddr() {
	a, err := wire.ParseEntityAddr("v1:10.1.2.3:6789/1234")
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(a.IP, a.Port, a.Nonce)
	fmt.Printf("%x\n", a.Append(nil)[:16])
	// Output:
	// 10.1.2.3 6789 1234
	// 00000000d204000000021a850a010203
}

func ExampleDecodeError() {
	_, err := wire.DecodeConnectReply([]byte{byte(wire.TagReady), 0, 0})
	var decodeError *wire.DecodeError
	if errors.As(err, &decodeError) && errors.Is(err, wire.ErrShort) {
		fmt.Println(decodeError.Structure, "needs more bytes:", err)
	}
	// Output: connect_reply needs more bytes: wire: decode connect_reply: flags at offset 25: need 26 bytes, have 3: short input
}

func ExampleFeatures_Missing() {
	offered, required := wire.FeatureMsgAuth, wire.FeatureMsgAuth|wire.FeatureCephxV2
	fmt.Println(offered.Missing(required).Names())
	// Output: [CEPHX_V2]
}

// Who gives way when two daemons call each other at the same moment: the one with the higher
// address.
func ExampleEntityAddr_Compare() {
	a, _ := wire.ParseEntityAddr("10.0.0.1:6789/0")
	b, _ := wire.ParseEntityAddr("10.0.0.2:6789/0")
	if a.Compare(b) < 0 {
		fmt.Println("the connection opened by", a, "stays")
	}
	// Output: the connection opened by 10.0.0.1:6789/0 stays
}
