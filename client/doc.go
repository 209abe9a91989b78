// Package client is what a service imports to ask a Bailiwick server whether somebody may
// do something, and to stand guard in front of its own HTTP handlers.
//
//	c, err := client.New(client.Config{URL: "https://iam.example.com", SecretKey: key})
//	d, err := c.Check(ctx, client.Question{
//		Subject:  client.APIKey("SCWXXXXXXXXXXXXXXXXX"),
//		Action:   "library:record:read",
//		Resource: client.Resource{Type: "library:record", ID: "record-1", Project: project},
//	})
//	if !d.Allowed { ... }
//
// It fails closed. A server that cannot be reached, that takes too long, that refuses the
// question or whose answer is not exactly what is expected gives an error, and a Decision
// with Allowed false beside it, so that also a caller who forgets the error refuses.
//
// Nothing is remembered between two calls: a right that is taken away is gone with the next
// question. The key or the token that asks needs the permission set DecisionPointAccess.
//
// The package imports the standard library and bailiwick/iam only, and speaks the AuthZEN
// Authorization API 1.0.
package client
