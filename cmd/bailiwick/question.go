package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"bailiwick/client"
	"bailiwick/iam"
)

// question is a command that asks a running server.
type question interface {
	// check notes the faults of the arguments. It asks nobody.
	check(*faults)
	// ask asks, prints the answer and returns the exit status that it stands for.
	ask(context.Context, *remote, io.Writer) (int, error)
}

// question returns the chosen command if it asks a running server, else nil, and the faults
// of its arguments.
func (c *commands) question(chosen string) (question, []string) {
	q, ok := map[string]question{
		"can": &c.Can, "explain": &c.Explain, "who-can": &c.WhoCan, "what-can": &c.WhatCan,
		"keys expiring": &c.Keys.Expiring, "keys unused": &c.Keys.Unused, "audit export": &c.Audit.Export, "audit erase": &c.Audit.Erase,
		"migrate-legacy": &c.MigrateLegacy,
	}[chosen]
	if !ok {
		return nil, nil
	}
	var f faults
	q.check(&f)
	return q, f
}

// exitDenied is the status of "can" when the answer is no. What went wrong must not look
// like an answer, so every error of a question has the status of a wrong command line.
const exitDenied = 1

// askServer runs a question and returns the exit status.
func askServer(ctx context.Context, q question, environ []string, stdout, stderr io.Writer) int {
	r, faults := connect(environ)
	if len(faults) > 0 {
		for _, fault := range faults {
			fmt.Fprintln(stderr, "bailiwick: "+fault)
		}
		return exitUsage
	}
	status, err := q.ask(ctx, r, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "bailiwick: "+clean(err.Error()))
		return exitUsage
	}
	return status
}

// place says where a permission is asked about.
type place struct {
	Project      string `placeholder:"NAME|ID" help:"Project; without it the question is about the organization level."`
	Organization string `placeholder:"ALIAS|ID" help:"Organization; without it that of SCW_DEFAULT_ORGANIZATION_ID, else the caller's."`
}

// circumstances are what conditions may read of the request that a question is about.
type circumstances struct {
	IP        string `name:"ip" placeholder:"ADDRESS" help:"Address that the request would come from, for conditions."`
	UserAgent string `placeholder:"TEXT" help:"User agent that the request would have, for conditions."`
	Time      string `placeholder:"RFC3339" help:"Moment that the question is about, such as 2026-01-31T12:00:00Z; without it now."`
}

// access are the arguments of a question about one access.
type access struct {
	Subject    string `arg:"" help:"user:NAME|ID, application:NAME|ID, api_key:ACCESS-KEY, or one of these names alone if only one has it."`
	Permission string `arg:"" help:"Permission, such as compute:servers:read."`
	place
	Resource string `placeholder:"TYPE/ID" help:"Single resource; TYPE is service:name or its alias. Without it the question is about none (list, create)."`
	circumstances
}

func (c circumstances) check(f *faults) {
	c.context(f)
}

// context returns the circumstances as a question has them.
func (c circumstances) context(f *faults) client.Context {
	asked := client.Context{UserAgent: c.UserAgent}
	var err error
	if c.IP != "" {
		if asked.IP, err = netip.ParseAddr(c.IP); err != nil || asked.IP.Zone() != "" {
			f.wrong("--ip: want an IPv4 or IPv6 address, not %q", c.IP)
		}
	}
	if c.Time != "" {
		if asked.Time, err = time.Parse(time.RFC3339, c.Time); err != nil {
			f.wrong("--time: want a time such as 2026-01-31T12:00:00Z, not %q", c.Time)
		}
	}
	return asked
}

// wrong notes a fault of an argument.
func (f *faults) wrong(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

func (a *access) check(f *faults) {
	checkSubject(a.Subject, f)
	checkPermission(a.Permission, f)
	a.resource(f)
	a.circumstances.check(f)
}

func checkPermission(permission string, f *faults) {
	parts := strings.Split(permission, ":")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		f.wrong("permission: want service:name:action, such as compute:servers:read, not %q", permission)
	}
}

// resource returns type and id of the resource that is asked about.
func (a *access) resource(f *faults) (kind, id string) {
	if a.Resource == "" {
		return a.Permission[:max(0, strings.LastIndexByte(a.Permission, ':'))], ""
	}
	kind, id, _ = strings.Cut(a.Resource, "/")
	if kind == "" || id == "" {
		f.wrong("--resource: want TYPE/ID, such as compute:servers/11111111-1111-4111-8111-111111111111, not %q", a.Resource)
	}
	return kind, id
}

// question finds the ids behind the names and returns what to ask.
func (a *access) question(ctx context.Context, r *remote) (client.Question, error) {
	organization, project, err := a.place.find(ctx, r)
	if err != nil {
		return client.Question{}, err
	}
	subject, err := r.subject(ctx, organization, a.Subject)
	if err != nil {
		return client.Question{}, err
	}
	var checked faults // "check" has told them
	kind, id := a.resource(&checked)
	return client.Question{
		Subject: client.Subject{Type: subject.kind, ID: subject.id},
		Action:  a.Permission,
		Resource: client.Resource{
			Type: kind, ID: id, Organization: iam.OrganizationID(organization), Project: iam.ProjectID(project),
		},
		Context: a.context(&checked),
	}, nil
}

// find returns the ids of the place. An empty organization is the caller's own.
func (p place) find(ctx context.Context, r *remote) (organization, project string, err error) {
	if organization, err = r.findOrganization(ctx, p.Organization); err != nil {
		return "", "", err
	}
	project, err = r.findProject(ctx, organization, p.Project)
	return organization, project, err
}

// output is the form of an answer.
type output struct {
	Output string `short:"o" default:"table" placeholder:"table|json" help:"Form of the answer."`
}

func (o output) check(f *faults, more ...string) {
	forms := append([]string{"table", "json"}, more...)
	for _, form := range forms {
		if o.Output == form {
			return
		}
	}
	f.wrong("--output: want %s, not %q", strings.Join(forms, " or "), o.Output)
}
