package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bailiwick/client"
	"bailiwick/iam"
)

// subject is who a question is about, found.
type subject struct {
	kind, id string
	names    []string // what people call it; empty if it was given by its id
}

// String returns the subject as the command line takes it, and its names.
func (s subject) String() string {
	text := s.kind + ":" + s.id
	if names := strings.Join(s.names, ", "); names != "" {
		text += " (" + names + ")"
	}
	return text
}

// splitSubject returns the type that a subject is written with, "" if none is, and the rest.
func splitSubject(text string) (kind, rest string, ok bool) {
	kind, rest, typed := strings.Cut(text, ":")
	switch {
	case !typed:
		kind, rest = "", text
	case kind != client.TypeUser && kind != client.TypeApplication && kind != client.TypeAPIKey:
		return "", "", false
	}
	if kind == "" && iam.ValidAccessKey(rest) {
		kind = client.TypeAPIKey
	}
	return kind, rest, rest != "" && (kind != client.TypeAPIKey || iam.ValidAccessKey(rest))
}

func checkSubject(text string, f *faults) {
	if _, _, ok := splitSubject(text); !ok {
		f.wrong("subject: want user:NAME|ID, application:NAME|ID, api_key:ACCESS-KEY or a name or id alone, not %q", text)
	}
}

// subject finds who is meant. What is given with its type and its id is not looked up.
func (r *remote) subject(ctx context.Context, organization, text string) (subject, error) {
	kind, rest, _ := splitSubject(text)
	id, isID := iam.ParseUUID(rest)
	switch {
	case kind == client.TypeAPIKey:
		return subject{kind: kind, id: rest}, nil
	case kind != "" && isID:
		return subject{kind: kind, id: id}, nil
	case r.operator && isID:
		return subject{}, fmt.Errorf("with the operator's token, say whether %s is user:%s or application:%s", rest, id, id)
	case r.operator:
		return subject{}, fmt.Errorf("with the operator's token there are no names; give %q by its id", rest)
	}
	var found []subject
	if kind != client.TypeApplication {
		users, err := r.users(ctx, organization, rest, id)
		if err != nil {
			return subject{}, fmt.Errorf("cannot look for a user %q: %w", rest, err)
		}
		found = append(found, users...)
	}
	if kind != client.TypeUser {
		applications, err := r.applications(ctx, organization, rest, id)
		if err != nil {
			return subject{}, fmt.Errorf("cannot look for an application %q: %w", rest, err)
		}
		found = append(found, applications...)
	}
	return theOne(found, rest, "user or application")
}

// theOne returns the only candidate. To choose among several would be to answer a question
// that nobody asked.
func theOne[T fmt.Stringer](found []T, name, kind string) (T, error) {
	var none T
	switch len(found) {
	case 0:
		return none, fmt.Errorf("there is no %s %q", kind, name)
	case 1:
		return found[0], nil
	}
	texts := make([]string, len(found))
	for i, candidate := range found {
		texts[i] = candidate.String()
	}
	slices.Sort(texts)
	return none, fmt.Errorf("%q is ambiguous, say which: %s", name, strings.Join(texts, ", "))
}

// users returns the users with an id, or with a name or an e-mail address.
func (r *remote) users(ctx context.Context, organization, name, id string) ([]subject, error) {
	type user struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Email    string `json:"email"`
	}
	if id != "" {
		var u user
		found, err := r.read(ctx, "/iam/v1alpha1/users/"+id, &u)
		return matching(found, subject{client.TypeUser, u.ID, []string{u.Username}}, u.ID == id), err
	}
	all, err := list[user](ctx, r, "/iam/v1alpha1/users", "users", url.Values{"organization_id": {organization}})
	var users []subject
	for _, u := range all {
		if u.Username == name || u.Email == name {
			names := []string{u.Username}
			if u.Email != u.Username {
				names = append(names, u.Email)
			}
			users = append(users, subject{client.TypeUser, u.ID, names})
		}
	}
	return users, err
}

// applications returns the applications with an id or a name.
func (r *remote) applications(ctx context.Context, organization, name, id string) ([]subject, error) {
	if id != "" {
		var a named
		found, err := r.read(ctx, "/iam/v1alpha1/applications/"+id, &a)
		return matching(found, subject{client.TypeApplication, a.ID, []string{a.Name}}, a.ID == id), err
	}
	all, err := list[named](ctx, r, "/iam/v1alpha1/applications", "applications", url.Values{"organization_id": {organization}, "name": {name}})
	var applications []subject
	for _, a := range all {
		if a.Name == name { // the server's filter is wider
			applications = append(applications, subject{client.TypeApplication, a.ID, []string{a.Name}})
		}
	}
	return applications, err
}

// matching returns the subject that was read by its id, if it is that one.
func matching(found bool, s subject, same bool) []subject {
	if !found || !same {
		return nil
	}
	return []subject{s}
}

// principal returns who stands behind a subject: the bearer of an API key.
func (r *remote) principal(ctx context.Context, s subject) (subject, error) {
	if s.kind != client.TypeAPIKey {
		return s, nil
	}
	if r.operator {
		return subject{}, errors.New("with the operator's token, give the bearer of the API key: user:ID or application:ID")
	}
	var key struct {
		UserID        string `json:"user_id"`
		ApplicationID string `json:"application_id"`
	}
	found, err := r.read(ctx, "/iam/v1alpha1/api-keys/"+s.id, &key)
	switch {
	case err != nil:
		return subject{}, fmt.Errorf("cannot look for the bearer of %s: %w", s.id, err)
	case found && key.UserID != "":
		return subject{client.TypeUser, key.UserID, []string{"bearer of " + s.id}}, nil
	case found && key.ApplicationID != "":
		return subject{client.TypeApplication, key.ApplicationID, []string{"bearer of " + s.id}}, nil
	}
	return subject{}, fmt.Errorf("there is no API key %s", s.id)
}

// findOrganization returns the id of an organization, "" for the caller's own.
func (r *remote) findOrganization(ctx context.Context, text string) (string, error) {
	if text == "" {
		text = r.organization
	}
	if id, ok := iam.ParseUUID(text); ok || text == "" {
		return id, nil
	}
	var found named
	data, err := r.get(ctx, "/iam/v1alpha1/search-organization", url.Values{"organization_alias": {text}})
	if err == nil {
		err = json.Unmarshal(data, &found)
	}
	if id, ok := iam.ParseUUID(found.ID); ok && err == nil {
		return id, nil
	}
	return "", errors.Join(fmt.Errorf("there is no organization with the id or alias %q", text), err)
}

// findProject returns the id of a project, "" for none.
func (r *remote) findProject(ctx context.Context, organization, text string) (string, error) {
	if id, ok := iam.ParseUUID(text); ok || text == "" {
		return id, nil
	}
	if r.operator {
		return "", fmt.Errorf("with the operator's token there are no names; give the project %q by its id", text)
	}
	all, err := list[named](ctx, r, "/account/v3/projects", "projects", url.Values{"organization_id": {organization}, "name": {text}})
	if err != nil {
		return "", fmt.Errorf("cannot look for a project %q: %w", text, err)
	}
	same := slices.DeleteFunc(all, func(p named) bool { return p.Name != text })
	found, err := theOne(same, text, "project")
	return found.ID, err
}

// named is an object of the API of which the name and the id matter.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// String returns how a person tells the object from others of its name.
func (n named) String() string { return n.ID + " (" + n.Name + ")" }

// read reads one object; found is false if there is none.
func (r *remote) read(ctx context.Context, path string, object any) (found bool, err error) {
	data, err := r.get(ctx, path, nil)
	if e, ok := errors.AsType[*remoteError](err); ok && e.status == http.StatusNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(data, object)
}

// list reads all pages of a list: a name is unique only if the whole list has it once.
func list[T any](ctx context.Context, r *remote, path, member string, query url.Values) ([]T, error) {
	if query.Get("organization_id") == "" {
		query.Del("organization_id")
	}
	query.Set("page_size", "100")
	var all []T
	for page := 1; ; page++ {
		query.Set("page", strconv.Itoa(page))
		data, err := r.get(ctx, path, query)
		if err != nil {
			return nil, err
		}
		var answer map[string]json.RawMessage
		var items []T
		var total int
		err = json.Unmarshal(data, &answer)
		if err == nil {
			err = errors.Join(json.Unmarshal(answer[member], &items), json.Unmarshal(answer["total_count"], &total))
		}
		if err != nil {
			return nil, fmt.Errorf("the answer is not a list of %s: %w", member, err)
		}
		all = append(all, items...)
		if len(items) == 0 || len(all) >= total {
			return all, nil
		}
	}
}
