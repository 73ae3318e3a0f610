// Package auth declares what a messenger knows of authentication, and nothing of any method.
//
// The side that opens a connection asks a Client for an Authorizer, whose bytes travel behind the
// connect message. The side that accepts hands them to the Exchange that its Server began for the
// socket, which accepts them, answers with a challenge, or refuses. Whoever is satisfied receives a
// Security, which signs and checks every message from then on, or nil if messages are not signed.
//
// Methods live in packages of their own: auth/none and auth/cephx.
package auth
