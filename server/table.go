package server

import (
	"strings"

	"bailiwick/iam"
)

// table returns every operation that this server knows: the whole published API, and its
// own.
func table() []operation {
	var all []operation
	all = append(all, tableIAM()...)
	all = append(all, tableAccount()...)
	all = append(all, tableAuditTrail()...)
	all = append(all, tableBailiwick()...)
	return all
}

// line makes an operation of its route ("GET /path") and name. It takes a credential of a
// user or an application.
func line(route, name, permission string, t tenant, e endpoint) operation {
	method, path, _ := strings.Cut(route, " ")
	return operation{Method: method, Path: path, Name: name, Permission: permission, Tenant: t, Endpoint: e}
}

// recorded adds the audit identity of an operation that changes something.
func (op operation) recorded(product, service, method string, resource iam.ResourceType) operation {
	op.Audit = audit{product, service, method, resource}
	return op
}

// taking sets the class of credentials.
func (op operation) taking(a access) operation {
	op.Access = a
	return op
}

// speakingAuthZEN marks an operation of the AuthZEN API.
func (op operation) speakingAuthZEN() operation {
	op.AuthZEN = true
	return op
}

// Products of the audit trail.
const (
	productIAM        = "iam"
	productAccount    = "account"
	productAuditTrail = "audit-trail"
	productBailiwick  = "bailiwick"
)

// productTitles names the products for people.
func productTitles() map[string]string {
	return map[string]string{
		productIAM:        "Identity and Access Management",
		productAccount:    "Account",
		productAuditTrail: "Audit Trail",
		productBailiwick:  "Bailiwick",
	}
}
