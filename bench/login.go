package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// logins measures how people get in: passwords, tokens of sessions, and what a flood of guesses
// does to everybody else.
func logins(ctx context.Context, o options) (s section, err error) {
	s = section{
		title: "Logins and sessions",
		text: fmt.Sprintf("The real program as a process of its own, over 100 applications and 100 policies. A password costs argon2id with 19 MiB, two passes, one lane; the bare rate is the "+
			"same function of golang.org/x/crypto in this program, one call a core at a time. Logins are of 64 members with %d connections. Tokens are verified in process, go-jose alone by turns with the "+
			"authority, which also looks the session up; each token of the first row is seen for the first time.", connectionCount),
		table: [][]string{{"What", "Result", "Compared with", "Its result", "Ratio"}},
	}
	in, err := install(ctx, o, sizes()[0])
	if err != nil {
		return s, err
	}
	for _, part := range []func(context.Context, options, *section) error{in.tokens, in.overHTTP} {
		if err := part(ctx, o, &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// overHTTP measures what needs the server.
func (in *installation) overHTTP(ctx context.Context, o options, s *section) (err error) {
	p, _, err := startServer(ctx, o, in.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	c := caller{p.address, in.secret}
	before, _ := p.resident() // before the first password, so that what hashes them counts whole
	for i := range memberCount {
		if err := c.ask("POST", "/iam/v1alpha1/users", fmt.Sprintf(`{"organization_id":%q,"member":{"username":"member-%d","email":"member-%d@example.com","password":%q}}`,
			in.world.organization, i, i, memberPassword), nil); err != nil {
			return err
		}
	}
	for _, part := range []func(options, *process, caller, *section) error{in.checks, in.rate, in.refusals, in.flood} {
		if err := part(o, p, c, s); err != nil {
			return err
		}
	}
	_, peak := p.resident()
	hashing, files := p.hashing()
	s.table = append(s.table, []string{"resident memory at its peak, logins and floods over", bytesText(peak), "before the first password", bytesText(before), times(peak / before)},
		[]string{"of that, the process that hashes", bytesText(hashing), "of it, the program itself, which the server holds, too", bytesText(files), ""})
	s.goals = append(s.goals, goal{"logins take at most 128 MiB more memory, however many come", bytesText(peak - before), peak-before <= 128<<20})
	return nil
}

// memberCount is enough that connections seldom log the same member in at once: its budget of
// attempts counts also those that are not decided yet.
const memberCount = 64

const memberPassword = "vivid-lantern-orbit-47"

// caller asks a server with a secret key.
type caller struct{ address, secret string }

// ask makes one request, which must be answered 200, and decodes its answer.
func (c caller) ask(method, path, body string, into any) error {
	r, err := http.NewRequest(method, "http://"+c.address+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Auth-Token", c.secret)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s %s: %w", method, path, answer.Status, text, err)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// request is a request as it goes over the wire.
func request(path, header, value, body string) []byte {
	if header != "" {
		header = header + ": " + value + "\r\n"
	}
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, header, len(body), body)
}

// checks measures the same questions with a session token and with a secret key.
func (in *installation) checks(o options, p *process, c caller, s *section) error {
	var key struct {
		UserID string `json:"user_id"`
	}
	var keys struct {
		APIKeys []json.RawMessage `json:"api_keys"`
	}
	if err := c.ask("GET", "/iam/v1alpha1/api-keys", "", &keys); err != nil {
		return err
	}
	if err := json.Unmarshal(keys.APIKeys[0], &key); err != nil {
		return err
	}
	var opened struct{ Token string }
	if err := c.ask("POST", "/iam/v1alpha1/jwts", fmt.Sprintf(`{"user_id":%q,"referrer":"http://localhost"}`, key.UserID), &opened); err != nil {
		return err
	}
	const path, body = "/iam/v1alpha1/check-permissions", `{"permissions":[{"service":"iam","name":"user","action":"list"}]}`
	var loads []*load
	for _, credential := range [][2]string{{"X-Session-Token", opened.Token}, {"X-Auth-Token", in.secret}} {
		l, err := newLoad(p.address, [][]byte{request(path, credential[0], credential[1], body)})
		if err != nil {
			return err
		}
		defer l.close()
		loads = append(loads, l)
	}
	rates, cpu, err := duel(o, loads, []*process{p, p})
	if err != nil {
		return err
	}
	ratio := rates[1] / rates[0]
	s.table = append(s.table,
		[]string{"a check with X-Session-Token", fmt.Sprintf("%.0f/s", rates[0]), "with a secret key", fmt.Sprintf("%.0f/s", rates[1]), times(ratio)},
		[]string{"its processor time", duration(cpu[0]), "with a secret key", duration(cpu[1]), times(cpu[0] / cpu[1])})
	s.goals = append(s.goals, goal{"a check with X-Session-Token costs at most 1.5x one with a secret key", times(ratio), ratio <= 1.5})
	return nil
}

// loginBody names a user and a password.
func (in *installation) loginBody(username, password string) string {
	return fmt.Sprintf(`{"organization":%q,"username":%q,"password":%q}`, in.world.organization, username, password)
}

const loginPath = "/bailiwick/v1/login/password"

// rate measures logins by password against bare argon2id on all cores.
func (in *installation) rate(o options, p *process, _ caller, s *section) error {
	var requests [][]byte
	for i := range memberCount {
		requests = append(requests, request(loginPath, "", "", in.loginBody(fmt.Sprintf("member-%d", i), memberPassword)))
	}
	l, err := newLoad(p.address, requests)
	if err != nil {
		return err
	}
	defer l.close()
	var ours, bare []float64
	for range o.rounds {
		rate, err := l.run(time.Second)
		if err != nil {
			return err
		}
		ours, bare = append(ours, rate), append(bare, bareArgon(time.Second))
	}
	rate, most := median(ours), median(bare)
	s.table = append(s.table, []string{"logins by password, eight clients at once", fmt.Sprintf("%.0f/s", rate), "bare argon2id, one a core", fmt.Sprintf("%.0f/s", most), percent(rate / most)})
	return nil
}

// refusals measures refused logins by turns: who is there must not show in the time.
func (in *installation) refusals(o options, p *process, c caller, s *section) error {
	names := []string{"a wrong password", "an unknown user", "an unknown organization"}
	bodies := []string{in.loginBody("member-0", "wrong"), in.loginBody("nobody", "wrong"), `{"organization":"nowhere","username":"ann","password":"wrong"}`}
	took := make([][]float64, len(names))
	for range 8 * o.rounds {
		for i, body := range bodies {
			start := time.Now()
			if err := c.refused(body); err != nil {
				return fmt.Errorf("%s: %w", names[i], err)
			}
			took[i] = append(took[i], float64(time.Since(start)))
		}
		// So that the member is never locked: a login gives it its attempts back.
		if err := (caller{p.address, ""}).ask("POST", loginPath, in.loginBody("member-0", memberPassword), nil); err != nil {
			return err
		}
	}
	wrong := median(took[0])
	for i := 1; i < len(names); i++ {
		ratio := median(took[i]) / wrong
		s.table = append(s.table, []string{"refused login: " + names[i], duration(median(took[i])), names[0], duration(wrong), times(ratio)})
		s.goals = append(s.goals, goal{names[i] + " takes as long as a wrong password, within a tenth", times(ratio), ratio > 0.9 && ratio < 1.1})
	}
	return nil
}

// refused makes a login that must be refused.
func (c caller) refused(body string) error {
	answer, err := http.Post("http://"+c.address+loginPath, "application/json", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusUnauthorized {
		return fmt.Errorf("the answer is %s: %w", answer.Status, err)
	}
	return nil
}
