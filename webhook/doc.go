// Package webhook calls URLs that tenants chose: it signs messages by the Standard Webhooks
// specification and refuses to reach what only this machine's network can. It knows no other
// room: what is sent, and when again, is decided elsewhere.
package webhook
