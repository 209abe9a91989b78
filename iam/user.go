package iam

import "time"

// UserType tells an owner from members and guests.
type UserType string

// The user types. "guest" is no longer in the newest Scaleway schema; accounts that are
// invited from elsewhere keep it here.
const (
	UserOwner  UserType = "owner"
	UserMember UserType = "member"
	UserGuest  UserType = "guest"
)

// UserStatus is the state of an invitation; members are activated from the start.
type UserStatus string

// The user states.
const (
	UserInvitationPending UserStatus = "invitation_pending"
	UserActivated         UserStatus = "activated"
)

// User is a person in one organization.
type User struct {
	ID             UserID
	OrganizationID OrganizationID
	Type           UserType
	Status         UserStatus
	Email          string
	EmailVerified  bool   // an owner has shown that it reads the mail of the address, or the operator vouches for it
	Username       string // unique in the organization
	FirstName      string
	LastName       string
	PhoneNumber    string
	Locale         string
	Tags           []string
	MFA            bool // of a guest: that of its account
	Locked         bool
	AccountRootID  string // the account behind an owner or a guest; empty for members
	CreatedAt      time.Time
	UpdatedAt      time.Time
	LastLoginAt    time.Time
}

// IsOwner reports whether the user owns the organization.
func (u User) IsOwner() bool { return u.Type == UserOwner }

// IsGuest reports whether the user is the place of an account that lives elsewhere.
func (u User) IsGuest() bool { return u.Type == UserGuest }

// Pending reports whether the user is an invited guest who has not accepted. It has no rights.
func (u User) Pending() bool { return u.Status == UserInvitationPending }

// NewMember is what a caller gives to create a member.
type NewMember struct {
	OrganizationID OrganizationID
	Email          string
	Username       string
	Password       string // optional; hashed before it is stored
	FirstName      string
	LastName       string
	PhoneNumber    string
	Locale         string
	Tags           []string
	// SendWelcome mails the member how to log in; SendPassword mails the password, too.
	SendWelcome, SendPassword bool
}

// Validate checks every field.
func (n NewMember) Validate() error {
	var v Validator
	v.Username("member.username", n.Username)
	v.Email("member.email", n.Email)
	if n.Password != "" {
		v.Password("member.password", n.Password)
	} else if n.SendPassword {
		v.Constraint("member.send_password_email", "value must be false without a password")
	}
	v.Length("member.first_name", n.FirstName, 0, 64)
	v.Length("member.last_name", n.LastName, 0, 64)
	v.Phone("member.phone_number", n.PhoneNumber)
	v.Locale("member.locale", n.Locale)
	v.Tags("tags", n.Tags)
	return v.Err()
}

// UserUpdate changes the fields that are not nil.
type UserUpdate struct {
	Tags        *[]string
	Email       *string
	FirstName   *string
	LastName    *string
	PhoneNumber *string
	Locale      *string
}

// Validate checks the fields that are given.
func (u UserUpdate) Validate() error {
	var v Validator
	if u.Tags != nil {
		v.Tags("tags", *u.Tags)
	}
	optional(v.Email, "email", u.Email)
	if u.FirstName != nil {
		v.Length("first_name", *u.FirstName, 0, 64)
	}
	if u.LastName != nil {
		v.Length("last_name", *u.LastName, 0, 64)
	}
	optional(v.Phone, "phone_number", u.PhoneNumber)
	optional(v.Locale, "locale", u.Locale)
	return v.Err()
}

// Profile reports whether the update changes more than what the organization says of the user.
func (u UserUpdate) Profile() bool {
	u.Tags = nil
	return u != UserUpdate{}
}

// Apply returns the user with the update's fields in place.
func (u UserUpdate) Apply(user User) User {
	set(&user.Tags, u.Tags)
	if u.Email != nil && *u.Email != user.Email {
		user.Email, user.EmailVerified = *u.Email, false // until somebody shows that it is theirs
	}
	set(&user.FirstName, u.FirstName)
	set(&user.LastName, u.LastName)
	set(&user.PhoneNumber, u.PhoneNumber)
	set(&user.Locale, u.Locale)
	return user
}

// UserFilter selects users of one organization; zero fields select all.
type UserFilter struct {
	OrganizationID OrganizationID
	Search         string // those whose username, address or name contains this text, in whatever case of A to Z
	UserIDs        []UserID
	MFA            *bool
	Tag            string // users with a tag that contains this text
	Type           UserType
	Order          Order
	Page           Page
}
