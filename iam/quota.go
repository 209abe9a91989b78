package iam

// Quota is a limit on how many objects of one kind an organization may have.
type Quota struct {
	Name       string // as the API names it, such as "iam_applications"
	PrettyName string
	Unit       string
	Text       string // description
	Limit      int    // meaningless when Unlimited
	Unlimited  bool
	Current    int // filled in a quotas_exceeded error
}
