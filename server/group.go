package server

import (
	"context"

	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"

	"bailiwick/iam"
)

func toGroup(g iam.Group) *sdk.Group {
	return &sdk.Group{
		ID:             string(g.ID),
		CreatedAt:      given(g.CreatedAt),
		UpdatedAt:      given(g.UpdatedAt),
		OrganizationID: string(g.OrganizationID),
		Name:           g.Name,
		Description:    g.Description,
		UserIDs:        texts(g.UserIDs),
		ApplicationIDs: texts(g.ApplicationIDs),
		Tags:           g.Tags,
		Editable:       !g.Managed,
		Deletable:      !g.Managed,
		Managed:        g.Managed,
	}
}

func fromMembers(users, applications []string) iam.Members {
	return iam.Members{UserIDs: ids[iam.UserID](users), ApplicationIDs: ids[iam.ApplicationID](applications)}
}

func (a *api) listGroups(ctx context.Context, call iam.Call, in *sdk.ListGroupsRequest) (*sdk.ListGroupsResponse, error) {
	groups, total, err := a.authority.ListGroups(ctx, call, iam.GroupFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		Name:           value(in.Name),
		GroupIDs:       ids[iam.GroupID](in.GroupIDs),
		UserIDs:        ids[iam.UserID](in.UserIDs),
		ApplicationIDs: ids[iam.ApplicationID](in.ApplicationIDs),
		Tag:            value(in.Tag),
		Order:          order(in.OrderBy, "created_at"),
		Page:           page(in.Page, in.PageSize, iam.DefaultPageSize),
	})
	if err != nil {
		return nil, err
	}
	return &sdk.ListGroupsResponse{Groups: each(groups, toGroup), TotalCount: uint32(total)}, nil
}

func (a *api) getGroup(ctx context.Context, call iam.Call, in *sdk.GetGroupRequest) (*sdk.Group, error) {
	group, err := a.authority.GetGroup(ctx, call, iam.GroupID(in.GroupID))
	return answer(group, err, toGroup)
}

func (a *api) createGroup(ctx context.Context, call iam.Call, in *sdk.CreateGroupRequest) (*sdk.Group, error) {
	group, err := a.authority.CreateGroup(ctx, call, iam.NewGroup{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		Name:           in.Name,
		Description:    in.Description,
		Tags:           in.Tags,
	})
	return answer(group, err, toGroup)
}

func (a *api) updateGroup(ctx context.Context, call iam.Call, in *sdk.UpdateGroupRequest) (*sdk.Group, error) {
	group, err := a.authority.UpdateGroup(ctx, call, iam.GroupID(in.GroupID), iam.GroupUpdate{
		Name:        in.Name,
		Description: in.Description,
		Tags:        in.Tags,
	})
	return answer(group, err, toGroup)
}

func (a *api) deleteGroup(ctx context.Context, call iam.Call, in *sdk.DeleteGroupRequest) error {
	return a.authority.DeleteGroup(ctx, call, iam.GroupID(in.GroupID))
}

func (a *api) setGroupMembers(ctx context.Context, call iam.Call, in *sdk.SetGroupMembersRequest) (*sdk.Group, error) {
	group, err := a.authority.SetGroupMembers(ctx, call, iam.GroupID(in.GroupID), fromMembers(in.UserIDs, in.ApplicationIDs))
	return answer(group, err, toGroup)
}

func (a *api) addGroupMembers(ctx context.Context, call iam.Call, in *sdk.AddGroupMembersRequest) (*sdk.Group, error) {
	group, err := a.authority.AddGroupMembers(ctx, call, iam.GroupID(in.GroupID), fromMembers(in.UserIDs, in.ApplicationIDs))
	return answer(group, err, toGroup)
}

func (a *api) addGroupMember(ctx context.Context, call iam.Call, in *sdk.AddGroupMemberRequest) (*sdk.Group, error) {
	member, err := chooseOne("member", userMember(in.UserID), applicationMember(in.ApplicationID))
	if err != nil {
		return nil, err
	}
	group, err := a.authority.AddGroupMember(ctx, call, iam.GroupID(in.GroupID), member)
	return answer(group, err, toGroup)
}

func (a *api) removeGroupMember(ctx context.Context, call iam.Call, in *sdk.RemoveGroupMemberRequest) (*sdk.Group, error) {
	member, err := chooseOne("member", userMember(in.UserID), applicationMember(in.ApplicationID))
	if err != nil {
		return nil, err
	}
	group, err := a.authority.RemoveGroupMember(ctx, call, iam.GroupID(in.GroupID), member)
	return answer(group, err, toGroup)
}
