package guidetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// certificate returns a certificate for localhost, and who trusts it.
func certificate() (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1),
		Subject: pkix.Name{CommonName: "localhost"}, NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(err)
	parsed, err := x509.ParseCertificate(der)
	must(err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func Example_tls() {
	ctx := context.Background()
	cert, pool := certificate()

	var server simplemsgr.Config
	server.Accepter.Listen = func(ctx context.Context, network, addr string) (net.Listener, error) {
		l, err := new(net.ListenConfig).Listen(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}}), nil
	}
	var client simplemsgr.Config
	client.Dial = (&tls.Dialer{Config: &tls.Config{RootCAs: pool,
		ServerName: "localhost"}}).DialContext

	osd := simplemsgr.NewServer(wire.OSD(0), server)
	must(osd.Bind(ctx, "127.0.0.1:0"))
	must(osd.Start())
	m := simplemsgr.New(wire.Client(1), client)
	m.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	must(m.Start())
	c, err := m.Dial(ctx, wire.OSD(0), osd.Addr().AddrPort().String())
	must(err)
	fmt.Println(c.State())
	must(m.Shutdown(ctx))
	must(osd.Shutdown(ctx))
	// Output: OPEN
}

const keyringText = `[osd.]
	key = AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig==
`

// Two programs that share one key, without monitors.
func Example_sharedKey() {
	ctx := context.Background()
	keyring, err := cephx.ParseKeyring(strings.NewReader(keyringText), "keyring")
	must(err)
	entry, err := keyring.Lookup(auth.EntityName{Type: wire.EntityOSD})
	must(err)

	judge, err := cephx.NewServer(cephx.ServerConfig{Service: wire.EntityOSD, Secrets: keyring})
	must(err)
	osd := simplemsgr.NewServer(wire.OSD(0), simplemsgr.Config{AuthServer: judge})
	must(osd.Bind(ctx, "127.0.0.1:0"))
	must(osd.Start())

	tickets, err := cephx.NewSharedKeyClient(cephx.SharedKeyConfig{Service: wire.EntityOSD,
		Key: entry.Key})
	must(err)
	m := simplemsgr.New(wire.OSD(1), simplemsgr.Config{AuthClient: tickets})
	m.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	must(m.Start())
	c, err := m.Dial(ctx, wire.OSD(0), osd.Addr().AddrPort().String())
	must(err)
	fmt.Println(c.State())
	must(m.Shutdown(ctx))
	must(osd.Shutdown(ctx))
	// Output: OPEN
}

// A test of how a program bears sockets that fail: the same seed, the same faults.
func TestWithFaults(t *testing.T) {
	ctx := t.Context()
	server := serve(ctx)
	defer server.Shutdown(context.Background())
	var config simplemsgr.Config
	config.Pipe.Inject = pipe.Inject{SocketFailures: 20, Seed: 1} // one in 20 reads and writes
	server.SetPolicy(wire.EntityClient, simplemsgr.StatefulServer())
	m := simplemsgr.New(wire.Client(1), config)
	m.SetPolicy(wire.EntityOSD, simplemsgr.LosslessClient())
	must(m.Start())
	defer m.Shutdown(context.Background())
	c, err := m.Connect(server.Inst())
	must(err)
	for range 100 {
		must(c.Send(&simplemsgr.Message{Type: 1}))
	}
	if err := c.Flush(ctx); err != nil { // all have arrived, over however many sockets
		t.Error(err)
	}
}
