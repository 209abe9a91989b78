// Package identity makes and checks credentials: the keys derived from the
// installation's master key, access keys and secret keys, operator tokens, passwords,
// one-time passwords, recovery and mailed codes, session tokens, passkeys and SSH public
// keys.
//
// It knows neither HTTP nor SQL: callers hand it text and store what it returns. It keeps
// no package-level state; what must be shared ([Keyring], [Passwords], [KeySet], [Passkeys]) is a value that the
// caller owns, safe for concurrent use.
package identity
