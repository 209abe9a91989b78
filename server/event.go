package server

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/authority"
	"bailiwick/iam"
)

// toEvent returns an event for an answer; region is where this server says it is. The
// request body is an object even when none was kept: clients read through it.
func toEvent(e iam.Event, region string) *trail.Event {
	body := scw.JSONObject{}
	if err := json.Unmarshal(e.Body, &body); err != nil || body == nil {
		body = scw.JSONObject{}
	}
	return &trail.Event{
		ID:             e.ID,
		RecordedAt:     given(e.RecordedAt),
		Locality:       region,
		Principal:      &trail.EventPrincipal{ID: e.Principal.ID},
		OrganizationID: string(e.OrganizationID),
		ProjectID:      nonEmptyText(string(e.ProjectID)),
		SourceIP:       net.ParseIP(e.SourceIP),
		UserAgent:      nonEmptyText(e.UserAgent),
		ProductName:    e.Product,
		ServiceName:    e.Service,
		MethodName:     e.Method,
		Resources:      each(e.Resources, toEventResource),
		RequestID:      e.RequestID,
		RequestBody:    &body,
		StatusCode:     uint32(e.StatusCode),
	}
}

func toEventResource(r iam.EventResource) *trail.Resource {
	out := &trail.Resource{
		ID:        r.ID,
		Type:      trail.ResourceType(r.Type),
		CreatedAt: given(r.CreatedAt),
		UpdatedAt: given(r.UpdatedAt),
		DeletedAt: given(r.DeletedAt),
		Name:      nonEmptyText(r.Name),
	}
	if r.Action != "" {
		out.Action = new(trail.Action(r.Action))
	}
	return out
}

// nonEmptyText returns nil, which is null on the wire, for an empty text.
func nonEmptyText(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (a *api) listEvents(ctx context.Context, call iam.Call, in *trail.ListEventsRequest) (*trail.ListEventsResponse, error) {
	if err := checkEventQuery(in); err != nil {
		return nil, err
	}
	if a.regions.elsewhere(in.Region) {
		return &trail.ListEventsResponse{}, a.authority.MayList(call, iam.OrganizationID(in.OrganizationID))
	}
	events, next, err := a.authority.ListEvents(ctx, call, iam.EventFilter{
		OrganizationID: iam.OrganizationID(in.OrganizationID),
		ProjectID:      optionalID[iam.ProjectID](in.ProjectID),
		ResourceType:   iam.ResourceType(in.ResourceType),
		ResourceID:     oneSpelling(value(in.ResourceID)),
		Product:        value(in.ProductName),
		Service:        value(in.ServiceName),
		Method:         value(in.MethodName),
		PrincipalID:    oneSpelling(value(in.PrincipalID)),
		SourceIP:       value(in.SourceIP),
		Status:         int(value(in.Status)),
		After:          stored(in.RecordedAfter),
		Before:         stored(in.RecordedBefore),
		Ascending:      in.OrderBy == trail.ListEventsRequestOrderByRecordedAtAsc,
		Size:           eventPageSize(in.PageSize),
	}, value(in.PageToken))
	if err != nil {
		return nil, err
	}
	return &trail.ListEventsResponse{
		Events:        each(events, func(e iam.Event) *trail.Event { return toEvent(e, a.regions.home()) }),
		NextPageToken: nonEmptyText(next),
	}, nil
}

// eventPageSize returns how many events a page has that a request asks for.
func eventPageSize(size *uint32) int {
	if size == nil {
		return iam.DefaultEventPageSize
	}
	return int(*size)
}

// Forms of the filters of an event list, as the SDKs publish them.
var (
	productPattern  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	servicePattern  = regexp.MustCompile(`^[a-z]+(\.[a-zA-Z0-9_-]*)*$`)
	methodPattern   = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]*$`)
	resourcePattern = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,100}$`)
)

func checkEventQuery(in *trail.ListEventsRequest) error {
	var v iam.Validator
	for _, f := range []struct {
		name    string
		value   *string
		pattern *regexp.Regexp
	}{
		{"product_name", in.ProductName, productPattern},
		{"service_name", in.ServiceName, servicePattern},
		{"method_name", in.MethodName, methodPattern},
		{"resource_id", in.ResourceID, resourcePattern},
	} {
		if f.value != nil && !f.pattern.MatchString(*f.value) {
			v.Format(f.name, fmt.Sprintf("value does not match regex pattern %q", f.pattern))
		}
	}
	if in.SourceIP != nil && net.ParseIP(*in.SourceIP) == nil {
		v.Format("source_ip", "value must be a valid IP address")
	}
	if in.Status != nil && (*in.Status < 200 || *in.Status > 599) {
		v.Constraint("status", "value must be between 200 and 599")
	}
	return v.Err()
}

// oneSpelling returns the lower-case form of a UUID and any other text as it is: clients
// send ids of resources as a person typed them.
func oneSpelling(text string) string {
	if id, ok := iam.ParseUUID(text); ok {
		return id
	}
	return text
}

// products returns what the audit trail of this server can hold, from the operation table.
func products(table []operation) []*trail.Product {
	methods := map[[2]string][]string{}
	for _, op := range table {
		if op.mutates() && op.Endpoint.implemented() {
			key := [2]string{op.Audit.Product, op.Audit.Service}
			methods[key] = append(methods[key], op.Audit.Method)
		}
	}
	var out []*trail.Product
	for key, names := range methods {
		i := slices.IndexFunc(out, func(p *trail.Product) bool { return p.Name == key[0] })
		if i < 0 {
			i = len(out)
			out = append(out, &trail.Product{Title: productTitles()[key[0]], Name: key[0]})
		}
		slices.Sort(names)
		out[i].Services = append(out[i].Services, &trail.ProductService{Name: key[1], Methods: slices.Compact(names)})
	}
	for _, p := range out {
		slices.SortFunc(p.Services, func(a, b *trail.ProductService) int { return strings.Compare(a.Name, b.Name) })
	}
	slices.SortFunc(out, func(a, b *trail.Product) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// listProducts has no use case of its own: what it answers is the same for every
// organization. Whether the caller may see it is asked like any permission.
func (a *api) listProducts(ctx context.Context, call iam.Call, in *trail.ListProductsRequest) (*trail.ListProductsResponse, error) {
	allowed, err := a.authority.CheckPermissions(ctx, call, []authority.PermissionCheck{{
		Permission:     call.Operation.Permission,
		OrganizationID: iam.OrganizationID(in.OrganizationID),
	}})
	if err != nil {
		return nil, err
	}
	if !allowed[0] {
		return nil, iam.Denied(iam.Denial{Resource: "product", Action: "list"})
	}
	return &trail.ListProductsResponse{Products: a.products, TotalCount: uint64(len(a.products))}, nil
}
