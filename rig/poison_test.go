package rig_test

import (
	"fmt"
	"strings"
	"testing"

	"bailiwick/rig"
)

// may reports whether a key may list applications at a node.
func (b bench) may(node int, k key) bool {
	return b.Ask(b.Context(), rig.Request{Node: node, Method: "GET", Path: appsPath, Secret: k.secret}).Status == 200
}

// A row that no node can read, written past the program: the nodes say which one it is, and who
// depends on it is denied. For everybody else all goes on: every node is ready, decides on the newest state and takes changes,
// also one that starts now. When the row is mended all is as before, by itself. Something of an
// organization that this program does not know denies that organization.
func TestPoisonRow(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{Nodes: 2})
	victim, made := b.key(0, "victim", true)
	policy := made.Decode("id")
	other, _ := b.key(0, "other", true)
	organization := b.Keys["SCW_DEFAULT_ORGANIZATION_ID"]
	sql := func(statements ...string) {
		t.Helper()
		must(b.Postgres.SQL(rig.Database, statements...))(t)
	}
	change := func(organization, kind, id string) []string {
		return []string{"UPDATE revision SET value = value + 1", fmt.Sprintf(
			"INSERT INTO changes (organization_id, revision, kind, id) SELECT '%s', value, '%s', '%s' FROM revision", organization, kind, id)}
	}
	wellAndFresh := func(node, unreadable int) {
		t.Helper()
		b.eventually("the node is ready", func() bool { return b.isReady(node) })
		want := `{"status":"ready"}`
		if unreadable > 0 {
			want = fmt.Sprintf(`{"status":"ready","unreadable_objects":%d}`, unreadable)
		}
		b.eventually("the node says "+want, func() bool {
			return string(b.Ask(b.Context(), rig.Request{Node: node, Method: "GET", Path: "/readyz"}).Answer) == want
		})
		if o := b.Ask(b.Context(), rig.Request{Node: node, Method: "GET", Path: "/metrics"}); !strings.Contains(string(o.Answer), fmt.Sprintf("\nbailiwick_unreadable_objects %d\n", unreadable)) {
			t.Errorf("node %d does not count the %d objects that cannot be read", node, unreadable)
		}
		if o := b.with(node, other); o.Status != 200 || o.Stale {
			t.Errorf("a decision of node %d about somebody else: %d %s, stale: %v", node, o.Status, o.Answer, o.Stale)
		}
	}
	for node := range b.Nodes {
		b.eventually("both may", func() bool { return b.may(node, victim) && b.may(node, other) })
	}

	sql(append([]string{fmt.Sprintf("UPDATE policies SET tags = '{' WHERE id = '%s'", policy)}, change(organization, "policy", policy)...)...)
	for node, n := range b.Nodes {
		b.check(n.Await(`level=ERROR msg="an object cannot be read.* kind=policy id=` + policy))
		wellAndFresh(node, 1)
		if b.may(node, victim) {
			t.Errorf("node %d goes by a policy that it cannot read", node)
		}
		b.mustDo(node, "POST", appsPath, fmt.Sprintf(`{"name":"made beside %d"}`, node))
	}
	b.Nodes[1].Kill()
	b.check(b.Nodes[1].Start())
	wellAndFresh(1, 1)
	if b.may(1, victim) {
		t.Error("a node that starts goes by a policy that it cannot read")
	}
	sql(fmt.Sprintf("UPDATE policies SET tags = '[]' WHERE id = '%s'", policy))
	for node := range b.Nodes {
		b.eventually("the policy counts again", func() bool { return b.may(node, victim) })
		wellAndFresh(node, 0)
	}

	sql(change(organization, "martian", "x")...)
	for node, n := range b.Nodes {
		b.check(n.Await(`level=ERROR msg="an object cannot be read.* kind=martian id=x`))
		b.eventually("an organization of which the node does not know all is denied", func() bool { return b.with(node, other).Status == 401 })
		b.eventually("the node is ready", func() bool { return b.isReady(node) })
	}
	sql("DELETE FROM changes WHERE kind = 'martian'")
	for node := range b.Nodes {
		b.eventually("the organization is open again", func() bool { return b.may(node, victim) })
		wellAndFresh(node, 0)
		b.mustDo(node, "POST", appsPath, fmt.Sprintf(`{"name":"made after %d"}`, node))
	}
	b.checkTrail(0)
}
