package server

import (
	"context"

	"bailiwick/iam"
)

// authzenMetadata is the discovery document of a decision point (AuthZEN 1.0 section 9). Its
// addresses come from the configuration, never from the Host header of the request: who can
// make a service ask for the document with a host of its choice must not be able to send
// that service's questions, and its credential, there.
type authzenMetadata struct {
	PolicyDecisionPoint       string `json:"policy_decision_point"`
	AccessEvaluationEndpoint  string `json:"access_evaluation_endpoint"`
	AccessEvaluationsEndpoint string `json:"access_evaluations_endpoint"`
	SearchSubjectEndpoint     string `json:"search_subject_endpoint"`
	SearchResourceEndpoint    string `json:"search_resource_endpoint"`
	SearchActionEndpoint      string `json:"search_action_endpoint"`
}

type organizationMetadataRequest struct {
	OrganizationID string `json:"-"`
}

func (a *api) document(path string) *authzenMetadata {
	return &authzenMetadata{
		PolicyDecisionPoint:       a.publicURL + path,
		AccessEvaluationEndpoint:  a.publicURL + "/access/v1/evaluation",
		AccessEvaluationsEndpoint: a.publicURL + "/access/v1/evaluations",
		SearchSubjectEndpoint:     a.publicURL + "/access/v1/search/subject",
		SearchResourceEndpoint:    a.publicURL + "/access/v1/search/resource",
		SearchActionEndpoint:      a.publicURL + "/access/v1/search/action",
	}
}

// getDecisionPoint describes the decision point of the operator.
func (a *api) getDecisionPoint(context.Context, iam.Call, *struct{}) (*authzenMetadata, error) {
	return a.document(""), nil
}

// getOrganizationDecisionPoint describes the decision point of an organization. It answers
// for every id alike: whether an organization exists is not for everybody to ask.
func (a *api) getOrganizationDecisionPoint(_ context.Context, _ iam.Call, in *organizationMetadataRequest) (*authzenMetadata, error) {
	return a.document("/" + in.OrganizationID), nil
}
