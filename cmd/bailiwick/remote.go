package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"bailiwick/client"
)

const (
	remoteTimeout = 10 * time.Second // of one request, to the last byte of its answer
	remoteAnswer  = 64 << 20         // bytes of one answer
)

// remote is a running server, asked with one credential.
type remote struct {
	base         string
	organization string // the default one; may be empty
	operator     bool   // the credential is the operator's token
	sign         func(http.Header)
	http         *http.Client
	client       *client.Client
}

// connect reads the environment and returns all its faults. Nothing is sent yet. There is
// no default for the address: a key of this installation must not go to another one.
func connect(environ []string) (*remote, []string) {
	base, secret, token := lookup(environ, "SCW_API_URL"), lookup(environ, secretKeyName), lookup(environ, variablePrefix+"OPERATOR_TOKEN")
	var faults []string
	if base == "" {
		faults = append(faults, "SCW_API_URL is not set: it is the URL of the server (see credentials.env in its data directory)")
	}
	if secret == "" && token == "" {
		faults = append(faults, "neither SCW_SECRET_KEY nor BAILIWICK_OPERATOR_TOKEN is set")
	}
	if len(faults) > 0 {
		return nil, faults
	}
	if overPlainNetwork(base) {
		return nil, []string{"SCW_API_URL: an http URL is for a server on this machine; others are asked over https, because who sits on the way could read the key and change the answer"}
	}
	r := &remote{base: strings.TrimRight(base, "/"), organization: lookup(environ, "SCW_DEFAULT_ORGANIZATION_ID"), http: &http.Client{
		// The key must not follow a redirect to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	config := client.Config{URL: base, SecretKey: secret, Timeout: remoteTimeout, HTTPClient: r.http}
	name, value := "X-Auth-Token", secret
	if secret == "" {
		r.operator = true
		config.OperatorToken = token
		name, value = "Authorization", "Bearer "+token
	}
	r.sign = func(h http.Header) { h.Set(name, value) }
	var err error
	if r.client, err = client.New(config); err != nil {
		return nil, []string{"the SCW_ variables: " + strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	return r, nil
}

// lookup returns the last value of a variable.
func lookup(environ []string, name string) string {
	value := ""
	for _, entry := range environ {
		if key, text, _ := strings.Cut(entry, "="); key == name {
			value = text
		}
	}
	return value
}

func overPlainNetwork(base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" {
		return false // what else is wrong with it, package client says
	}
	address, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() != "localhost" && (err != nil || !address.Unmap().IsLoopback())
}

// remoteError is an answer that is an error.
type remoteError struct {
	status int
	text   string
}

// Error returns what the server says.
func (e *remoteError) Error() string {
	return fmt.Sprintf("the server answers %d: %s", e.status, e.text)
}

// get reads path.
func (r *remote) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	return r.do(ctx, http.MethodGet, path+"?"+query.Encode(), nil)
}

// post sends a JSON body to path.
func (r *remote) post(ctx context.Context, path string, body any) ([]byte, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return r.do(ctx, http.MethodPost, path, data)
}

// do returns the body of an answer that is whole, of status 200 and JSON, and nothing for a change
// that is answered with 204. Everything else is an error.
func (r *remote) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, remoteTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, r.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Accept", "application/json")
	r.sign(request.Header)
	response, err := r.http.Do(request)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL
		}
		return nil, fmt.Errorf("the server cannot be reached: %w", err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, remoteAnswer+1))
	switch media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); {
	case err != nil:
		return nil, fmt.Errorf("the answer broke off: %w", err)
	case len(data) > remoteAnswer:
		return nil, fmt.Errorf("the answer is longer than %d bytes", remoteAnswer)
	case response.StatusCode == http.StatusNoContent && method != http.MethodGet:
		return nil, nil
	case response.StatusCode != http.StatusOK:
		return nil, &remoteError{response.StatusCode, errorText(data)}
	case media != "application/json":
		return nil, errors.New("the answer is not application/json: is SCW_API_URL that of a Bailiwick server?")
	}
	return data, nil
}

// errorText returns in one line what the body of an error says.
func errorText(data []byte) string {
	var body struct {
		Message  string `json:"message"`
		Resource string `json:"resource"`
		ID       string `json:"resource_id"`
		Reason   string `json:"reason"`
		Details  []struct {
			Argument string `json:"argument_name"`
			Help     string `json:"help_message"`
			Resource string `json:"resource"`
			Action   string `json:"action"`
		} `json:"details"`
	}
	if json.Unmarshal(data, &body) != nil || body.Message == "" {
		return "no error of a Bailiwick server"
	}
	text := body.Message
	for _, part := range []string{body.Resource, body.ID, body.Reason} {
		if part != "" {
			text += " " + part
		}
	}
	for _, d := range body.Details {
		switch {
		case d.Argument != "":
			text += "; " + d.Argument + ": " + d.Help
		case d.Resource != "" || d.Action != "":
			text += "; " + d.Action + " on " + d.Resource
		}
	}
	return text
}
