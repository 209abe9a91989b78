// Package identity makes and checks credentials: the keys derived from the
// installation's master key, access keys and secret keys, operator tokens, passwords,
// one-time passwords, recovery and mailed codes, session tokens, passkeys, logins at OpenID
// providers and SSH public keys.
//
// It serves no HTTP and knows no SQL: callers hand it text and store what it returns. Only
// [OIDC] uses the network. It keeps no package-level state; what must be shared ([Keyring],
// [Passwords], [KeySet], [Passkeys], [OIDC]) is a value that the caller owns, safe for
// concurrent use.
package identity
