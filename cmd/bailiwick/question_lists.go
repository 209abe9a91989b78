package main

import (
	"context"
	"io"
)

// whoCanCommand is the command line of "who-can".
type whoCanCommand struct {
	Permission string `arg:"" help:"Permission, such as compute:servers:read."`
	place
	circumstances
	Output string `short:"o" default:"table" placeholder:"table|json|csv" help:"Form of the answer."`
}

// Help returns the second part of the help text.
func (*whoCanCommand) Help() string {
	return `The answer is complete: every user and application that may, and those that may if a condition is met. What is given of the request (--ip, --user-agent, --time) is put into the conditions; what is not stays in them.

` + environmentHelp + `

Examples:

    bailiwick who-can compute:servers:delete --project web
    bailiwick who-can iam:policy:write -o csv >policy-writers.csv`
}

func (c *whoCanCommand) check(f *faults) {
	checkPermission(c.Permission, f)
	c.circumstances.check(f)
	output{c.Output}.check(f, "csv")
}

func (c *whoCanCommand) ask(ctx context.Context, r *remote, stdout io.Writer) (int, error) {
	organization, project, err := c.find(ctx, r)
	if err != nil {
		return 0, err
	}
	var checked faults
	answer, err := r.whoCan(ctx, whoCanQuestion{
		Permission: c.Permission, OrganizationID: organization, ProjectID: project, Context: toWireContext(c.context(&checked)),
	})
	if err != nil {
		return 0, err
	}
	switch c.Output {
	case "json":
		return exitOK, printJSON(stdout, answer)
	case "csv":
		return exitOK, printGranteesCSV(stdout, answer)
	}
	return exitOK, printGrantees(stdout, answer)
}

// whatCanCommand is the command line of "what-can".
type whatCanCommand struct {
	Subject string `arg:"" help:"user:NAME|ID, application:NAME|ID, api_key:ACCESS-KEY (its bearer), or one of these names alone if only one has it."`
	place
	output
}

// Help returns the second part of the help text.
func (*whatCanCommand) Help() string {
	return `The answer lists what the subject may do everywhere in the organization and, beyond that, in single projects. With --project: everywhere and in that project.

` + environmentHelp + `

Examples:

    bailiwick what-can user:alice
    bailiwick what-can application:backup --project web -o json`
}

func (c *whatCanCommand) check(f *faults) {
	checkSubject(c.Subject, f)
	c.output.check(f)
}

func (c *whatCanCommand) ask(ctx context.Context, r *remote, stdout io.Writer) (int, error) {
	organization, project, err := c.find(ctx, r)
	if err != nil {
		return 0, err
	}
	subject, err := r.subject(ctx, organization, c.Subject)
	if err != nil {
		return 0, err
	}
	if subject, err = r.principal(ctx, subject); err != nil {
		return 0, err
	}
	answer, raw, err := r.whatCan(ctx, whatCanQuestion{
		Principal: wirePrincipal{subject.kind, subject.id}, OrganizationID: organization, ProjectID: project,
	})
	if err != nil {
		return 0, err
	}
	if c.Output == "json" {
		return exitOK, printRaw(stdout, raw)
	}
	return exitOK, printRights(stdout, subject, answer)
}
