// Package rig runs an installation as its operator would, to break it: the real program as
// several nodes, a PostgreSQL of its own that can be killed, paused, filled and replaced by
// its standby, and links between them that can be cut, slowed, sliced and emptied. All of it
// is on this machine and ends with the process that began it. Its tests are the proofs of
// what docs/operations.md promises.
package rig
