// Package compat holds tests only. They build the server, start it as a process of its own
// and drive it from outside with the official Scaleway clients: the Go SDK, and in js/ the
// JavaScript SDK. Nothing in here imports the server's packages, so what passes here works
// for whoever points an unmodified client at a running server.
//
// Every test but that of the first start works in an organization of its own, which it
// asks of the operator's API, so tests do not see each other.
package compat
