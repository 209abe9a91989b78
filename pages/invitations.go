package pages

import (
	"net/http"
	"strings"

	"bailiwick/authority"
	"bailiwick/iam"
)

const pathInvitations = "/invitations"

// invitationsView is where an account answers the organizations that invite it. The token of the
// letter stands behind the #, see resetView; without it there are only the invitations to an
// address that the account has proven.
type invitationsView struct {
	Invitations []iam.Invitation
	Token       string
}

// showInvitations shows them to who is signed in. Others are told to log in and to come again: the
// token behind the # does not survive the pages of a login.
func (q *request) showInvitations() error {
	if q.session == nil {
		return q.render(http.StatusOK, "invited", "", withNext(pathLogin+"?as=owner", pathInvitations))
	}
	return q.invitationsPage(http.StatusOK, "")
}

func (q *request) invitationsPage(status int, fault string) error {
	all, err := q.authority.ListInvitations(q.Context(), q.call("ListInvitations"))
	if iam.KindOf(err) == iam.KindPermissionsDenied {
		return q.message(http.StatusForbidden, "invitations_member", err)
	}
	if err != nil {
		return q.fail(err)
	}
	return q.render(status, "invitations", fault, invitationsView{all, q.FormValue("token")})
}

// answer is which invitation a form is about.
func (q *request) answer() authority.InvitationAnswer {
	return authority.InvitationAnswer{Token: strings.TrimSpace(q.PostForm.Get("token")), ID: iam.UserID(q.PostForm.Get("id"))}
}

// answered shows what became of an answer. The call's body, which the audit trail keeps, has no
// token in it.
func (q *request) answered(err error, done func() error) error {
	switch iam.KindOf(err) {
	case iam.KindPermissionsDenied:
		return q.message(http.StatusForbidden, "invitations_member", err)
	case iam.KindNotFound:
		return q.message(http.StatusNotFound, "invitation_gone", err)
	}
	if err != nil {
		return q.refuse(err, q.invitationsPage)
	}
	return done()
}

func (q *request) acceptInvitation() error {
	_, err := q.authority.AcceptInvitation(q.Context(), q.call("AcceptInvitation"), q.answer())
	return q.answered(err, func() error { return q.tell(http.StatusOK, "invitation_accepted") })
}

func (q *request) rejectInvitation() error {
	err := q.authority.RejectInvitation(q.Context(), q.call("RejectInvitation"), q.answer())
	return q.answered(err, func() error { return q.tell(http.StatusOK, "invitation_rejected") })
}
