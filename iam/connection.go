package iam

import "time"

// Account is a user in its organization.
type Account struct {
	OrganizationID OrganizationID
	UserID         UserID
}

// Connection is another account that a user has connected with its own: both are one person's,
// who proved it by carrying a token from one to the other. It gives no rights; clients show it
// to switch between accounts.
type Connection struct {
	Account
	CreatedAt time.Time
}

// ConnectedAccount is what the one side of a connection sees of the other.
type ConnectedAccount struct {
	Connection
	OrganizationName string
	Locked           bool // the organization is closed
	Username         string
	Type             UserType
}

// MaxConnections bounds the connections of a user.
const MaxConnections = 50
