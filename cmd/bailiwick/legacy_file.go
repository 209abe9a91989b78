package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"bailiwick/iam"
)

const (
	legacyBytes = 1 << 20 // of a file
	legacyDepth = 8
)

// legacyFile says who had which role and which projects had which keys before IAM.
type legacyFile struct {
	users    []legacyUser
	projects []legacyProject
}

type legacyUser struct{ email, username, role string }

type legacyProject struct {
	id, name string // the id may be empty
	keys     []legacyKey
}

type legacyKey struct{ description, expiresAt string }

// legacyNode is a JSON value with the line on which it begins.
type legacyNode struct {
	line    int
	value   any // of a scalar
	members []legacyMember
	items   []legacyNode
	kind    byte // '{', '[' or 0
}

type legacyMember struct {
	name string
	legacyNode
}

// legacyReader reads a file and collects all that is wrong with it.
type legacyReader struct {
	path   string
	data   []byte
	in     *json.Decoder
	faults *faults
}

// readLegacy reads a file; with faults, what it returns is of no use.
func readLegacy(path string, f *faults) (file legacyFile) {
	opened, err := os.Open(path)
	if err != nil {
		f.wrong("%v", pathCause(err))
		return file
	}
	defer opened.Close()
	data, err := io.ReadAll(io.LimitReader(opened, legacyBytes+1))
	if err == nil && len(data) > legacyBytes {
		err = fmt.Errorf("longer than %d bytes", legacyBytes)
	}
	if err != nil {
		f.wrong("%s: %v", path, err)
		return file
	}
	return parseLegacy(path, data, f)
}

// parseLegacy reads what a file holds.
func parseLegacy(path string, data []byte, f *faults) (file legacyFile) {
	x := &legacyReader{path, data, json.NewDecoder(bytes.NewReader(data)), f}
	root, err := x.node(0)
	if err == nil {
		if _, err = x.in.Token(); err == nil {
			err = errors.New("something follows the object")
		} else if err == io.EOF {
			err = nil
		}
	}
	if err != nil {
		x.wrong(x.line(), "not JSON: %v", err)
		return file
	}
	top := x.object(root, "users", "projects")
	for _, n := range x.items(top["users"]) {
		file.users = append(file.users, x.user(n, file.users))
	}
	for _, n := range x.items(top["projects"]) {
		file.projects = append(file.projects, x.project(n, file.projects))
	}
	return file
}

func (x *legacyReader) line() int { return 1 + bytes.Count(x.data[:x.in.InputOffset()], []byte("\n")) }

func (x *legacyReader) wrong(line int, format string, args ...any) {
	x.faults.wrong("%s:%d: %s", x.path, line, clean(fmt.Sprintf(format, args...)))
}

// node reads the next value.
func (x *legacyReader) node(depth int) (n legacyNode, err error) {
	token, err := x.in.Token()
	if err != nil {
		return n, err
	}
	n.line = x.line()
	delimiter, ok := token.(json.Delim)
	if !ok {
		n.value = token
		return n, nil
	}
	if depth == legacyDepth {
		return n, fmt.Errorf("more than %d levels", legacyDepth)
	}
	n.kind = byte(delimiter)
	for x.in.More() {
		var m legacyMember
		if n.kind == '{' {
			name, err := x.in.Token()
			if err != nil {
				return n, err
			}
			m.name, _ = name.(string)
		}
		if m.legacyNode, err = x.node(depth + 1); err != nil {
			return n, err
		}
		if n.kind == '{' {
			n.members = append(n.members, m)
		} else {
			n.items = append(n.items, m.legacyNode)
		}
	}
	_, err = x.in.Token()
	return n, err
}

// object returns the members of an object by name.
func (x *legacyReader) object(n legacyNode, known ...string) map[string]legacyNode {
	members := map[string]legacyNode{}
	if n.kind != '{' {
		x.wrong(n.line, "want an object with %s", strings.Join(known, ", "))
		return members
	}
	for _, m := range n.members {
		_, twice := members[m.name]
		switch {
		case !slices.Contains(known, m.name):
			x.wrong(m.line, "unknown member %q, want %s", m.name, strings.Join(known, ", "))
		case twice:
			x.wrong(m.line, "member %q is there twice", m.name)
		}
		members[m.name] = m.legacyNode
	}
	return members
}

// items returns the items of a list; an absent one has none.
func (x *legacyReader) items(n legacyNode) []legacyNode {
	if n.line > 0 && n.kind != '[' {
		x.wrong(n.line, "want a list")
	}
	return n.items
}

// text returns a member that is a text; an absent one is empty.
func (x *legacyReader) text(n legacyNode, members map[string]legacyNode, name string, required bool) string {
	m, given := members[name]
	text, ok := m.value.(string)
	switch {
	case given && (!ok || text == ""):
		x.wrong(m.line, "%s: want a text that is not empty", name)
	case !given && required && n.kind == '{':
		x.wrong(n.line, "%s is missing", name)
	}
	return text
}

// valid notes the faults that a validator finds in a text that is given.
func (x *legacyReader) valid(line int, text string, check func(*iam.Validator)) {
	var v iam.Validator
	if check(&v); text == "" || v.Err() == nil {
		return
	}
	if e, ok := errors.AsType[*iam.Error](v.Err()); ok {
		for _, a := range e.Arguments {
			x.wrong(line, "%s: %s, not %q", a.Name, a.Help, text)
		}
	}
}

func (x *legacyReader) user(n legacyNode, before []legacyUser) legacyUser {
	m := x.object(n, "email", "username", "role")
	u := legacyUser{strings.ToLower(x.text(n, m, "email", true)), x.text(n, m, "username", false), x.text(n, m, "role", true)}
	x.valid(m["email"].line, u.email, func(v *iam.Validator) { v.Email("email", u.email) })
	x.valid(m["username"].line, u.username, func(v *iam.Validator) { v.Username("username", u.username) })
	if u.username == "" {
		u.username = u.email
	}
	if _, known := legacyRoles()[u.role]; !known && u.role != "" {
		x.wrong(m["role"].line, "role: want admin, editor or billing_admin, not %q", u.role)
	}
	if u.email != "" && slices.ContainsFunc(before, func(b legacyUser) bool { return b.email == u.email || b.username == u.username }) {
		x.wrong(n.line, "the user %s is there twice", u.email)
	}
	return u
}

func (x *legacyReader) project(n legacyNode, before []legacyProject) legacyProject {
	m := x.object(n, "id", "name", "api_keys")
	p := legacyProject{name: x.text(n, m, "name", true)}
	x.valid(m["name"].line, p.name, func(v *iam.Validator) { v.ProjectName("name", p.name) })
	if id := x.text(n, m, "id", false); id != "" {
		var ok bool
		if p.id, ok = iam.ParseUUID(id); !ok {
			x.wrong(m["id"].line, "id: want a UUID, not %q", id)
		}
	}
	if p.name != "" && slices.ContainsFunc(before, func(b legacyProject) bool { return b.name == p.name || b.id != "" && b.id == p.id }) {
		x.wrong(n.line, "the project %s is there twice", p.name)
	}
	for _, item := range x.items(m["api_keys"]) {
		members := x.object(item, "description", "expires_at")
		k := legacyKey{x.text(item, members, "description", true), x.text(item, members, "expires_at", false)}
		x.valid(item.line, k.description, func(v *iam.Validator) { v.Length("description", k.description, 1, iam.MaxAPIKeyDescription) })
		if at, err := time.Parse(time.RFC3339, k.expiresAt); k.expiresAt != "" && (err != nil || !at.After(time.Now())) {
			x.wrong(members["expires_at"].line, "expires_at: want a time to come, such as 2099-01-31T12:00:00Z, not %q", k.expiresAt)
		}
		if k.description != "" && slices.ContainsFunc(p.keys, func(b legacyKey) bool { return b.description == k.description }) {
			x.wrong(item.line, "the key %q of the project is there twice", k.description)
		}
		p.keys = append(p.keys, k)
	}
	return p
}
