// Command tls has sessions inside TLS: both sides show certificates, and who has none of the right
// authority is refused.
package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

const (
	typeQuestion = 1000
	typeAnswer   = 1001
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run lets clients ask a server, those whom its authority has given a certificate and one to whom
// somebody else has.
func run(ctx context.Context, clients []string, stdout io.Writer) error {
	ours, err := newAuthority("ours")
	if err != nil {
		return err
	}
	theirs, err := newAuthority("theirs")
	if err != nil {
		return err
	}
	server, err := listen(ctx, ours)
	if err != nil {
		return err
	}
	defer server.Close()
	for _, name := range clients {
		answer, err := ask(ctx, server, ours, ours, name)
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, answer)
	}
	if _, err = ask(ctx, server, ours, theirs, "stranger"); err == nil {
		return errors.New("a stranger was let in")
	}
	fmt.Fprintln(stdout, "refused: stranger")
	return server.Drain(ctx)
}

// listen starts a server that lets in whom the authority has given a certificate.
func listen(ctx context.Context, a *authority) (*simplemsgr.Messenger, error) {
	certificate, err := a.issue("osd.0")
	if err != nil {
		return nil, err
	}
	var config simplemsgr.Config
	config.Accepter.Listen = func(ctx context.Context, network, address string) (net.Listener,
		error) {
		l, err := new(net.ListenConfig).Listen(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return tls.NewListener(l, &tls.Config{
			MinVersion:   tls.VersionTLS13,
			Certificates: []tls.Certificate{certificate},
			ClientAuth:   tls.RequireAndVerifyClientCert,
			ClientCAs:    a.pool,
		}), nil
	}
	answers := request.NewServer(request.ServerOptions{})
	answers.Handle(typeQuestion, func(_ context.Context, m *simplemsgr.Message) (
		*simplemsgr.Message, error) {
		return &simplemsgr.Message{Type: typeAnswer, Front: append([]byte("hello "), m.Front...)},
			nil
	})
	server := simplemsgr.NewServer(wire.OSD(0), config)
	server.AddDispatcher(answers)
	if err := server.Bind(ctx, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	return server, server.Start()
}

// ask is a client that trusts one authority and has its certificate from another, or the same.
func ask(ctx context.Context, server *simplemsgr.Messenger, trusts, issuer *authority,
	name string) (string, error) {
	certificate, err := issuer.issue(name)
	if err != nil {
		return "", err
	}
	dialer := &tls.Dialer{Config: &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{certificate},
		RootCAs:      trusts.pool,
		ServerName:   "osd.0", // by its name: addresses may change
	}}
	m := simplemsgr.New(wire.Client(1), simplemsgr.Config{Dial: dialer.DialContext})
	m.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	requests := request.NewClient(m, request.Options{})
	defer m.Close()
	if err := m.Start(); err != nil {
		return "", err
	}
	connection, err := m.Connect(server.Inst())
	if err != nil {
		return "", err
	}
	// A messenger goes on trying for ever. Here the first fault is the answer: a certificate that
	// is refused once will be again.
	if err := connection.WaitOpenUnless(ctx, func(error) bool { return true }); err != nil {
		return "", err
	}
	reply, err := requests.Call(ctx, server.Inst(),
		&simplemsgr.Message{Type: typeQuestion, Front: []byte(name)})
	if err != nil {
		return "", err
	}
	defer reply.Release()
	return string(reply.Front), m.Drain(ctx)
}
