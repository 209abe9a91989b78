// Package pdp is the decision point: it holds the organizations, principals, groups,
// policies and keys of an installation as an immutable Snapshot and answers from it whether
// a subject may do something to a resource.
//
// A Snapshot never changes. Edit gives an Editor, whose Snapshot method gives a new one that
// shares with the old one whatever did not change, so the cost of a change is the cost of
// what it touches and never that of the organization.
//
// The package is pure: no I/O, no clock, no log. The same Snapshot and the same Request give
// the same Decision. Naive is the same semantics written as plain loops; tests hold the two
// equal.
//
// What decides, in this order:
//
//  1. The organization must exist and be open, the subject be one of its users or
//     applications, and not be locked.
//  2. The resource must be of that organization, and its project exist.
//  3. The owner may do everything.
//  4. The self layer gives users a few rights over themselves.
//  5. Some rule of some policy, of the subject or of one of its groups, must hold the
//     permission, cover the resource with its scope, and have no condition or one that is met.
//
// Everything else is denied.
package pdp
