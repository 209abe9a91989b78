package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"bailiwick/iam"
)

// readDecision reads one decision. Every error is an *iam.Error, and the decision is "no"
// with it.
func readDecision(data []byte, least int64) (Decision, error) {
	decision, err := decode(data)
	if err != nil {
		return Decision{}, malformed(err)
	}
	if decision.Err == nil && decision.Revision < least {
		return Decision{}, unavailable(fmt.Sprintf("the answer rests on revision %d, before %d", decision.Revision, least), nil)
	}
	return decision, nil
}

// readDecisions reads the answer to a batch, which must hold as many decisions as there
// were questions: a list that is short or long by one would give people the answers of
// others.
func readDecisions(data []byte, n int, least int64) ([]Decision, error) {
	top, err := members(data)
	if err != nil {
		return nil, malformed(err)
	}
	var items []json.RawMessage
	if err := json.Unmarshal(top["evaluations"], &items); err != nil {
		return nil, malformed(fmt.Errorf("evaluations: %w", err))
	}
	if len(items) != n {
		return nil, malformed(fmt.Errorf("it has %d decisions for %d questions", len(items), n))
	}
	decisions := make([]Decision, n)
	for i, item := range items {
		if decisions[i], err = readDecision(item, least); err != nil {
			return nil, err
		}
	}
	return decisions, nil
}

func decode(data []byte) (Decision, error) {
	top, err := members(data)
	if err != nil {
		return Decision{}, err
	}
	var d Decision
	switch text := string(top["decision"]); text {
	case "true":
		d.Allowed = true
	case "false":
	default:
		return Decision{}, errors.New("decision is neither true nor false")
	}
	if err := d.readContext(top["context"]); err != nil {
		return Decision{}, fmt.Errorf("context: %w", err)
	}
	switch {
	case d.Allowed && d.Err != nil:
		return Decision{}, fmt.Errorf("it says yes and tells an error: %w", d.Err)
	case d.Allowed && (d.ID == "" || d.Revision <= 0):
		// The server names both with every decision. A "yes" without them is somebody
		// else's: a stub that was left in place, or another service behind the URL.
		return Decision{}, errors.New("it says yes without decision_id and revision")
	}
	return d, nil
}

func (d *Decision) readContext(data json.RawMessage) error {
	if len(data) == 0 {
		return nil
	}
	context, err := members(data)
	if err != nil {
		return err
	}
	var fault *struct {
		Status  int    `json:"status"`
		Message string `json:"message"`
	}
	for _, member := range []struct {
		name   string
		target any
	}{{"decision_id", &d.ID}, {"revision", &d.Revision}, {"reasons", &d.Reasons}, {"error", &fault}} {
		raw, ok := context[member.name]
		if !ok {
			continue
		}
		if err := json.Unmarshal(raw, member.target); err != nil {
			return fmt.Errorf("%s: %w", member.name, err)
		}
	}
	if fault != nil {
		d.Err = &iam.Error{Kind: kindOfStatus(fault.Status), Detail: clip(fault.Message)}
	}
	return nil
}

// members returns the members of a JSON object. It is stricter than package json, which
// takes "Decision" for "decision" and the last of two members of one name: a proxy or a
// log that reads the first one would then see a "no" where the service acts on a "yes".
func members(data []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	found := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if _, twice := found[name]; !ok || twice {
			return nil, errors.New("a member is given twice")
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		found[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	return found, nil
}
