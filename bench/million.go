package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bailiwick/catalog"
	"bailiwick/rig"
)

// millionChanges is how many changes are made to a million policies.
const millionChanges = 200

// million measures the start of the real server over a million principals and a million policies,
// and how soon a change is in force there, on both engines.
func million(ctx context.Context, o options) (s section, err error) {
	size := size{"million", o.million, o.million, 10_000}
	s = section{
		title: "A million",
		text: fmt.Sprintf("The real program over one organization of %[2]d applications, each in two of the groups of about a hundred, %[2]d policies and 10,000 projects. "+
			"The world is written straight into an embedded database, and brought into PostgreSQL (fsync on, in a cluster of its own) by `bailiwick move`. Resident is the peak from the start of the process to the end of the changes. "+
			"A change replaces the rules of one policy, by turns so that an application gains and loses a permission; it is measured from the request to the answer to the first decision that rests on it, "+
			"one after the other, %[1]d times, both requests over HTTP and the change durable and audited.", millionChanges, o.million),
		table: [][]string{{"What", "Embedded", "PostgreSQL"}},
	}
	in, err := o.largest(ctx, size)
	if err != nil {
		return s, err
	}
	sides := []titan{{engine: "embedded"}, {engine: "PostgreSQL"}}
	if err := sides[0].measure(ctx, o, in, in.data); err != nil {
		return s, err
	}
	database, err := rig.NewPostgres(ctx, "fsync=on", "shared_buffers=512MB", "max_wal_size=4GB")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, database.Remove()) }()
	if _, err := database.SQL("postgres", "CREATE DATABASE "+rig.Database); err != nil {
		return s, err
	}
	url := database.URL(rig.Database)
	start := time.Now()
	if out, err := exec.CommandContext(ctx, o.program, "move", "--from", in.data, "--to", url).CombinedOutput(); err != nil {
		return s, fmt.Errorf("move: %w: %s", err, out)
	}
	moved := time.Since(start)
	fmt.Fprintln(os.Stderr, "  moved in", moved)
	if err := sides[1].measure(ctx, o, in, in.data+"-postgres", "--database", url, "--master-key", filepath.Join(in.data, "master.key")); err != nil {
		return s, err
	}
	for _, row := range []struct {
		what string
		of   func(titan) string
	}{
		{"ready after", func(t titan) string { return duration(float64(t.ready)) }},
		{"processor time of the start", func(t titan) string { return duration(float64(t.used)) }},
		{"resident when ready", func(t titan) string { return bytesText(t.resident) }},
		{"resident at the peak", func(t titan) string { return bytesText(t.peak) }},
		{"a change until a decision rests on it, median", func(t titan) string { return duration(t.quantile(0.5)) }},
		{"... p99", func(t titan) string { return duration(t.quantile(0.99)) }},
		{"... longest", func(t titan) string { return duration(t.quantile(1)) }},
	} {
		s.table = append(s.table, []string{row.what, row.of(sides[0]), row.of(sides[1])})
	}
	s.table = append(s.table, []string{"`bailiwick move`, both sides compared", "-", duration(float64(moved))})
	for _, t := range sides {
		s.goals = append(s.goals,
			goal{"1,000,000 principals and 1,000,000 policies, " + t.engine + ": ready in under 60 s", duration(float64(t.ready)), t.ready < time.Minute},
			goal{"... under 4 GiB resident", bytesText(t.peak), t.peak < 4<<30},
			goal{"... one change in force in under 5 ms", fmt.Sprintf("median %s, p99 %s", duration(t.quantile(0.5)), duration(t.quantile(0.99))), t.quantile(0.5) < 5e6})
	}
	return s, nil
}

// largest makes the installation, or takes the one that was kept.
func (o options) largest(ctx context.Context, s size) (*installation, error) {
	if o.keep == "" {
		return install(ctx, o, s)
	}
	in := &installation{data: filepath.Join(o.keep, "data-"+s.name)}
	if _, err := os.Stat(in.data); err != nil {
		o.scratch = o.keep
		return install(ctx, o, s)
	}
	err := in.identify()
	in.world = newWorld(s, in.organization)
	return in, err
}

// titan is what was measured of a server over a million.
type titan struct {
	engine         string
	ready, used    time.Duration
	resident, peak float64
	changes        []float64 // sorted
}

func (t titan) quantile(q float64) float64 { return quantile(t.changes, q) }

func (t *titan) measure(ctx context.Context, o options, in *installation, data string, args ...string) (err error) {
	p, ready, err := startServer(ctx, o, data, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	t.ready, t.used = ready, p.processorTime()
	t.resident, _ = p.resident()
	if t.changes, err = in.toggle(ctx, p.address, millionChanges); err != nil {
		return err
	}
	slices.Sort(t.changes)
	_, t.peak = p.resident()
	fmt.Fprintln(os.Stderr, "  ", t.engine, ready, t.used, bytesText(t.resident), bytesText(t.peak), duration(t.quantile(0.5)), duration(t.quantile(0.99)))
	return nil
}

// toggle gives and takes permissions, and returns how long it took each time until a decision
// was the new one.
func (in *installation) toggle(ctx context.Context, address string, n int) ([]float64, error) {
	c, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	set, permission := foreign(c)
	took := make([]float64, 0, n)
	for i := range n {
		g := in.world.grants[i/2*7919*4%len(in.world.grants)] // one for the whole organization
		names := []string{set, g.set}[i%2]
		change := fmt.Sprintf(`{"policy_id":%q,"rules":[{"permission_set_names":[%q],"organization_id":%q}]}`, g.policy, names, in.world.organization)
		question := fmt.Sprintf(`{"subject":{"type":"application","id":%q},"action":{"name":%q},"resource":{"type":%q,"id":%q,"properties":{"organization_id":%q,"project_id":%q}}}`,
			in.member(g), permission, permission[:strings.LastIndex(permission, ":")], in.world.projects[0], in.world.organization, in.world.projects[0])
		begin := time.Now()
		if _, err := in.send(ctx, "PUT", "http://"+address+"/iam/v1alpha1/rules", change); err != nil {
			return nil, err
		}
		answer, err := in.send(ctx, "POST", "http://"+address+"/access/v1/evaluation", question)
		if err != nil {
			return nil, err
		}
		took = append(took, float64(time.Since(begin)))
		var decision struct{ Decision bool }
		if err := json.Unmarshal(answer, &decision); err != nil {
			return nil, err
		}
		if want := i%2 == 0; decision.Decision != want {
			return nil, fmt.Errorf("change %d is answered and not in force: %s to %s", i, answer, question)
		}
	}
	return took, nil
}

// member is an application that a grant is for.
func (in *installation) member(g grant) string {
	for _, group := range in.world.groups {
		if string(group.ID) == g.principal.ID {
			return string(group.ApplicationIDs[0])
		}
	}
	return g.principal.ID
}

// foreign returns a permission set with a permission that no set of a world has.
func foreign(c *catalog.Catalog) (set, permission string) {
	for _, s := range c.Sets() {
		for _, name := range s.Permissions {
			number, _ := c.Number(name)
			if !slices.ContainsFunc(setNames(), func(n string) bool { known, _ := c.Set(n); return known.Bits.Has(number) }) && s.ScopeType == "projects" {
				return s.Name, name
			}
		}
	}
	return "", ""
}

// send is a request of the owner, which must succeed.
func (in *installation) send(ctx context.Context, method, url, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Auth-Token", in.secret)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %s", method, url, answer.StatusCode, text)
	}
	return text, err
}
