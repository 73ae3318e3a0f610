package view

import (
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// guard lets nobody in but who has the page's address, or the page itself.
type guard struct {
	addr  *net.TCPAddr
	token string
}

// url is the address of the page.
func (g *guard) url() string {
	host := g.addr.IP.String()
	if g.addr.IP.IsUnspecified() {
		host = "localhost"
	}
	return fmt.Sprintf("http://%s/%s/", net.JoinHostPort(host, strconv.Itoa(g.addr.Port)), g.token)
}

// protect returns the handler of everything.
func (g *guard) protect(runs *runs) (http.Handler, error) {
	mux, policy, err := newMux(runs)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		token, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		switch {
		case !g.isOwnHost(r.Host):
			http.Error(w, "This is not a name of this page.", http.StatusMisdirectedRequest)
		case subtle.ConstantTimeCompare([]byte(token), []byte(g.token)) != 1:
			http.Error(w, "The address of the page has a token, which this one lacks.",
				http.StatusForbidden)
		case !mayAsk(r, rest):
			http.Error(w, "Another page must not ask for this.", http.StatusForbidden)
		default:
			http.StripPrefix("/"+g.token, mux).ServeHTTP(w, r)
		}
	}), nil
}

// isOwnHost reports whether a Host is the page's own. By any other name, that of somebody who has
// it lead here, a browser would take the page for a part of theirs. Beyond loopback addresses are
// let through, which nobody can have lead elsewhere.
func (g *guard) isOwnHost(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil || port != strconv.Itoa(g.addr.Port) {
		return false
	}
	addr, err := netip.ParseAddr(name)
	switch {
	case name == "localhost":
		return true
	case err != nil:
		return false
	case g.addr.IP.IsLoopback():
		return addr.IsLoopback()
	}
	return true
}

// mayAsk reports whether a browser asks on behalf of the page itself, or of somebody who has typed
// its address. Only who changes something has to say so: other programs do not.
func mayAsk(r *http.Request, path string) bool {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if origin != "" && origin != "http://"+r.Host {
		return false
	}
	switch r.Method {
	case http.MethodGet:
		opens := path == "" && r.Header.Get("Sec-Fetch-Mode") == "navigate" // by a link
		return site == "" || site == "same-origin" || site == "none" || opens
	case http.MethodPost:
		return origin != ""
	}
	return false
}
