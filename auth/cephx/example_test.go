package cephx_test

import (
	"fmt"
	"log"
	"strings"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

const exampleKeyring = `
[client.admin]
	key = AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig==
	caps mon = "allow *"
	caps osd = "allow *"
`

// A login at an Authority, which plays the monitor, and a session with an OSD: everything that
// travels is bytes.
func Example() {
	keyring, err := cephx.ParseKeyring(strings.NewReader(exampleKeyring), "example")
	if err != nil {
		log.Fatal(err)
	}
	admin := auth.EntityName{Type: wire.EntityClient, ID: "admin"}
	entry, err := keyring.Lookup(admin)
	if err != nil {
		log.Fatal(err)
	}

	// Login: requests travel in MAuth messages, replies in MAuthReply.
	authority, err := cephx.NewAuthority(cephx.AuthorityConfig{Keyring: keyring})
	if err != nil {
		log.Fatal(err)
	}
	monitor := authority.NewSession()
	login, err := cephx.NewLogin(cephx.LoginConfig{Name: admin, Key: entry.Key,
		Services: wire.EntityOSD})
	if err != nil {
		log.Fatal(err)
	}
	request, err := login.Begin()
	for done := false; !done; {
		if err != nil {
			log.Fatal(err)
		}
		reply, refusal := monitor.Handle(request)
		if refusal != nil {
			log.Print(refusal) // the reply says so too
		}
		request, done, err = login.Handle(reply)
	}
	ticket, _ := login.Tickets().Ticket(wire.EntityOSD)
	fmt.Println("ticket:", ticket.Blob)
	fmt.Println("session key:", ticket.SessionKey)

	// Session: the authorizer travels behind the connect message, the answers behind the reply.
	osd, err := cephx.NewServer(cephx.ServerConfig{Service: wire.EntityOSD, Secrets: authority})
	if err != nil {
		log.Fatal(err)
	}
	exchange := osd.NewExchange(wire.EntityAddr{})
	authorizer, err := login.Tickets().Authorizer(wire.EntityOSD, false)
	if err != nil {
		log.Fatal(err)
	}
	connect := func() auth.Result {
		return exchange.Verify(auth.Request{
			Connect: wire.Connect{
				Features: wire.FeaturesSupported, HostType: wire.EntityClient,
				AuthorizerProtocol: authorizer.Protocol(),
			},
			Authorizer: authorizer.Bytes(),
			Features:   wire.FeaturesSupported,
		})
	}
	result := connect()
	fmt.Println("challenged:", result.Outcome == auth.Challenged)
	if err := authorizer.AnswerChallenge(result.Reply); err != nil {
		log.Fatal(err)
	}
	result = connect()
	fmt.Println("accepted:", result.Outcome == auth.Accepted, result.Identity.Name)
	security, err := authorizer.VerifyReply(result.Reply, wire.FeaturesSupported)
	if err != nil {
		log.Fatal(err)
	}

	// Messages are signed by one side and checked by the other.
	header, footer := wire.MessageHeader{Seq: 1}, wire.Footer{FrontCRC: 0x1234,
		Flags: wire.FooterComplete}
	security.Sign(&header, &footer)
	fmt.Println("genuine:", result.Security.Check(&header, &footer))
	footer.FrontCRC++
	fmt.Println("forged:", result.Security.Check(&header, &footer))
	// Output:
	// ticket: ticket of 112 bytes, sealed with secret 2
	// session key: [secret]
	// challenged: true
	// accepted: true client.admin
	// genuine: <nil>
	// forged: cephx: message 1 of type 0: auth: bad signature
}

func ExampleKeyring() {
	key, err := cephx.GenerateKey(strings.NewReader("not at all random"),
		time.Unix(1_700_000_000, 0))
	if err != nil {
		log.Fatal(err)
	}
	var keyring cephx.Keyring
	keyring.Set(auth.EntityName{Type: wire.EntityOSD, ID: "0"}, cephx.KeyringEntry{
		Key: key, Caps: map[string]string{"mon": "allow profile osd", "osd": "allow *"},
	})
	var file strings.Builder
	if _, err := keyring.WriteTo(&file); err != nil {
		log.Fatal(err)
	}
	fmt.Print(file.String())
	fmt.Println(key)
	// Output:
	// [osd.0]
	// 	key = AQAA8VNlAAAAABAAbm90IGF0IGFsbCByYW5kbw==
	// 	caps mon = "allow profile osd"
	// 	caps osd = "allow *"
	// [secret]
}
