package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

func toConnection(c iam.ConnectedAccount) *sdk.Connection {
	return &sdk.Connection{
		Organization: &sdk.ConnectionConnectedOrganization{ID: string(c.OrganizationID), Name: c.OrganizationName, Locked: c.Locked},
		User:         &sdk.ConnectionConnectedUser{ID: string(c.UserID), Username: c.Username, Type: sdk.UserType(c.Type)},
	}
}

func (a *api) getUserConnections(ctx context.Context, call iam.Call, in *sdk.GetUserConnectionsRequest) (*sdk.GetUserConnectionsResponse, error) {
	connections, err := a.authority.ListConnections(ctx, call, iam.UserID(in.UserID))
	return answer(connections, err, func(list []iam.ConnectedAccount) *sdk.GetUserConnectionsResponse {
		return &sdk.GetUserConnectionsResponse{Connections: each(list, toConnection)}
	})
}

func (a *api) initiateUserConnection(ctx context.Context, call iam.Call, in *sdk.InitiateUserConnectionRequest) (*sdk.InitiateUserConnectionResponse, error) {
	token, err := a.authority.OfferConnection(ctx, call, iam.UserID(in.UserID))
	return answer(token, err, func(token string) *sdk.InitiateUserConnectionResponse {
		return &sdk.InitiateUserConnectionResponse{Token: token}
	})
}

func (a *api) joinUserConnection(ctx context.Context, call iam.Call, in *sdk.JoinUserConnectionRequest) error {
	return a.authority.JoinConnection(ctx, call, iam.UserID(in.UserID), in.Token)
}

func (a *api) removeUserConnection(ctx context.Context, call iam.Call, in *sdk.RemoveUserConnectionRequest) error {
	return a.authority.RemoveConnection(ctx, call, iam.UserID(in.UserID), iam.UserID(in.TargetUserID))
}
