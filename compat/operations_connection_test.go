package compat

import (
	"testing"

	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// One person connects its accounts in two organizations, and parts them.
func TestConnections(t *testing.T) {
	me, also := newOwner(t), newOwner(t)
	token := must(me.iam.InitiateUserConnection(&iam.InitiateUserConnectionRequest{UserID: me.id}))(t).Token
	check(t, also.iam.JoinUserConnection(&iam.JoinUserConnectionRequest{UserID: also.id, Token: token}))
	refusal[*scw.InvalidArgumentsError](t, also.iam.JoinUserConnection(&iam.JoinUserConnectionRequest{UserID: also.id, Token: token}))
	for _, side := range [][2]*actor{{me, also}, {also, me}} {
		equal(t, "connections", must(side[0].iam.GetUserConnections(&iam.GetUserConnectionsRequest{UserID: side[0].id}))(t).Connections, []*iam.Connection{{
			Organization: &iam.ConnectionConnectedOrganization{ID: side[1].organization, Name: "compat"},
			User:         &iam.ConnectionConnectedUser{ID: side[1].id, Username: "owner@example.com", Type: iam.UserTypeOwner},
		}})
	}
	check(t, me.iam.RemoveUserConnection(&iam.RemoveUserConnectionRequest{UserID: me.id, TargetUserID: also.id}))
	equal(t, "parted", len(must(also.iam.GetUserConnections(&iam.GetUserConnectionsRequest{UserID: also.id}))(t).Connections), 0)
}
