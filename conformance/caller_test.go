package conformance_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// caller returns a client of ours that sends pings to the kit, over TCP.
func caller(policy simplemsgr.Policy) *conformance.Target {
	return pinging(wire.Client(1), simplemsgr.Config{DefaultPolicy: &policy})
}

// A client that requires a feature is found to do so by probing, and keeps the rule.
func TestRequiredFeatures(t *testing.T) {
	policy := simplemsgr.LosslessClient()
	policy.FeaturesRequired = wire.FeatureMsgAuth
	report, err := conformance.Check(t.Context(), caller(policy), conformance.Options{
		Role: conformance.RoleClient, Run: []string{"client-answer/missing-features"}})
	if err != nil {
		t.Fatal(err)
	}
	if r := report.Results[0]; r.Verdict != conformance.Pass {
		t.Errorf("%s: %s (%s)", r.Case.Name, r.Verdict, r.Reason)
	}
}

// hasty is a client that reads and hopes: it waits for nothing, takes every answer for one after
// which it may try again, and looks at no checksum.
func hasty(conn net.Conn, globalSeq uint32) {
	own := wire.EntityAddrFromNet(conn.LocalAddr(), 7)
	connect := wire.Connect{Features: wire.FeaturesSupported, HostType: wire.EntityClient,
		GlobalSeq: globalSeq}
	b := connect.Append(own.Append([]byte(wire.Banner)))
	if _, err := conn.Write(b); err != nil {
		return
	}
	r := bufio.NewReader(conn)
	if _, err := r.Discard(wire.BannerSize + 2*wire.EntityAddrSize); err != nil {
		return
	}
	for {
		b := make([]byte, wire.ConnectReplySize)
		if _, err := io.ReadFull(r, b); err != nil {
			return
		}
		if reply, _ := wire.DecodeConnectReply(b); reply.Tag == wire.TagReady {
			break
		}
		if _, err := conn.Write(connect.Append(nil)); err != nil {
			return
		}
	}
	var reading sync.WaitGroup
	defer reading.Wait() // until the kit closes the socket, or the target is stopped
	reading.Go(func() { _, _ = io.Copy(io.Discard, r); conn.Close() })
	for seq := uint64(1); seq <= manyPings; seq++ {
		h := wire.MessageHeader{Seq: seq, Type: 2}
		b := h.AppendWithCRC([]byte{byte(wire.TagMsg)})
		footer := wire.Footer{Flags: wire.FooterComplete}
		if _, err := conn.Write(footer.Append(b)); err != nil {
			return
		}
	}
}

// manyPings is how many pings the hasty client sends in one go: more than any case waits for.
const manyPings = 1000

func hastyTarget() *conformance.Target {
	start := func(_ context.Context, kit wire.EntityAddr) (*conformance.Instance, error) {
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() {
			for globalSeq := uint32(1); ctx.Err() == nil; globalSeq++ {
				conn, err := new(net.Dialer).DialContext(ctx, "tcp", kit.AddrPort().String())
				if err != nil {
					return
				}
				stop := context.AfterFunc(ctx, func() { conn.Close() })
				hasty(conn, globalSeq)
				stop()
				conn.Close()
			}
		})
		return &conformance.Instance{Stop: func() string {
			cancel()
			running.Wait()
			return ""
		}}, nil
	}
	return &conformance.Target{Name: "a hasty client", Start: start}
}

// The cases notice what a client does wrong, and end whatever it does.
func TestHastyClient(t *testing.T) {
	report, err := conformance.Check(t.Context(), hastyTarget(), conformance.Options{
		Role: conformance.RoleClient, Timeout: time.Second, Parallel: 24,
		Skip: []string{"client-resume"}})
	if err != nil {
		t.Fatal(err)
	}
	var wrong []string
	for _, r := range report.Results {
		t.Logf("%s %s: %s", r.Verdict, r.Case.Name, strings.ReplaceAll(r.Reason, "\n", " "))
		if r.Verdict == conformance.Fail || r.Verdict == conformance.NonStrict {
			wrong = append(wrong, r.Case.Name)
		}
	}
	for _, name := range []string{"client-banner/not-before-the-whole-banner",
		"client-banner/wrong-text", "client-banner/wrong-port", "client-answer/seq",
		"client-answer/badprotover", "client-answer/features", "client-answer/wait",
		"client-answer/unknown-tag-77", "client-retry/global", "client-retry/global-nonsense",
		"client-retry/global-for-ever", "client-retry/session", "client-open/keepalive2",
		"client-open/wrong-front-crc", "client-open/unknown-tag",
		"client-open/footer-without-msg-auth"} {
		if !slices.Contains(wrong, name) {
			t.Errorf("%s is not noticed", name)
		}
	}
}
