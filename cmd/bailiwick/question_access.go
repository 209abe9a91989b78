package main

import (
	"context"
	"io"

	"bailiwick/client"
)

// canCommand is the command line of "can".
type canCommand struct {
	access
	output
}

// Help returns the second part of the help text.
func (*canCommand) Help() string {
	return `The exit status is 0 if the answer is yes, 1 if it is no and 2 if there is no answer.

` + environmentHelp + `

Examples:

    bailiwick can user:alice compute:servers:read --project web
    bailiwick can application:backup storage:object:read --project web --resource storage:object/daily.tar
    bailiwick can api_key:SCWXXXXXXXXXXXXXXXXX iam:policy:write --ip 203.0.113.7
    if bailiwick can alice compute:servers:delete --project web; then echo yes; fi`
}

const environmentHelp = `The server is that of SCW_API_URL, who asks is the owner of SCW_SECRET_KEY; without one the operator's token in BAILIWICK_OPERATOR_TOKEN is used, with which there are ids only, no names.`

func (c *canCommand) check(f *faults) {
	c.access.check(f)
	c.output.check(f)
}

func (c *canCommand) ask(ctx context.Context, r *remote, stdout io.Writer) (int, error) {
	q, err := c.question(ctx, r)
	if err != nil {
		return 0, err
	}
	decision, err := r.check(ctx, q)
	if err != nil {
		return 0, err
	}
	status := exitDenied
	if decision.Allowed {
		status = exitOK
	}
	if c.Output == "json" {
		return status, printJSON(stdout, struct {
			Decision   bool     `json:"decision"`
			DecisionID string   `json:"decision_id"`
			Revision   int64    `json:"revision"`
			Reasons    []string `json:"reasons"`
		}{decision.Allowed, decision.ID, decision.Revision, decision.Reasons})
	}
	return status, printDecision(stdout, q, decision)
}

// explainCommand is the command line of "explain".
type explainCommand struct {
	access
	output
}

// Help returns the second part of the help text.
func (*explainCommand) Help() string {
	return `The answer names every chain from the subject over a policy and its rule to the permission: those that grant, or, if the answer is no, where each one failed, what the question left out, and the smallest changes that would allow it. The exit status is 0 for yes and for no, 2 if there is no answer.

` + environmentHelp + `

Examples:

    bailiwick explain user:alice compute:servers:delete --project web
    bailiwick explain alice compute:servers:delete --project web --ip 203.0.113.7 --time 2026-01-31T12:00:00Z
    bailiwick explain api_key:SCWXXXXXXXXXXXXXXXXX iam:policy:write -o json`
}

func (c *explainCommand) check(f *faults) {
	c.access.check(f)
	c.output.check(f)
}

func (c *explainCommand) ask(ctx context.Context, r *remote, stdout io.Writer) (int, error) {
	q, err := c.question(ctx, r)
	if err != nil {
		return 0, err
	}
	answer, raw, err := r.explain(ctx, q)
	if err != nil {
		return 0, err
	}
	if c.Output == "json" {
		return exitOK, printRaw(stdout, raw)
	}
	decision := client.Decision{Allowed: *answer.Decision, ID: answer.DecisionID, Revision: answer.Revision, Reasons: answer.Reasons}
	if err := printDecision(stdout, q, decision); err != nil {
		return 0, err
	}
	return exitOK, printProof(stdout, answer)
}
