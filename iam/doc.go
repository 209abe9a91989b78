// Package iam is the glossary of Bailiwick: the nouns that every other package
// speaks of (organizations, projects, principals, groups, policies, rules, keys,
// audit events), the closed list of error kinds, and the rules that a value must
// meet to be stored. It imports the standard library only, holds no state and does
// no I/O.
//
// Names follow the Scaleway IAM API (iam/v1alpha1), the Account API (account/v3) and
// the Audit Trail API (audit-trail/v1alpha1).
//
// No type of this package holds secret material. The one-shot answers that show a
// secret once (creation of an API key, of an organization) live in package authority.
package iam
