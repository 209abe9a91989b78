package rig_test

import (
	"fmt"
	"testing"

	"bailiwick/rig"
)

// A row that no node can read, written past the program: the nodes say which one it is, stay
// up and go on deciding, and refuse what they cannot do; when it is mended they go on by
// themselves. A kind of change from a program of the future is such a row, too.
func TestPoisonRow(t *testing.T) {
	t.Parallel()
	b := setUp(t, rig.Options{Nodes: 2})
	k, made := b.key(0, "key", true)
	policy := made.Decode("id")
	for node := range b.Nodes {
		b.eventually("the key is known", func() bool { return accepted(b.with(node, k)) })
	}
	organization := b.Keys["SCW_DEFAULT_ORGANIZATION_ID"]
	for name, c := range map[string]struct{ poison, mend, kind, id string }{
		"a row": {
			fmt.Sprintf("UPDATE policies SET tags = '{' WHERE id = '%s'", policy),
			fmt.Sprintf("UPDATE policies SET tags = '[]' WHERE id = '%s'", policy), "policy", policy,
		},
		"a change": {"SELECT 1", "DELETE FROM changes WHERE kind = 'martian'", "martian", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			sql := func(statements ...string) {
				t.Helper()
				must(b.Postgres.SQL(rig.Database, statements...))(t)
			}
			sql(c.poison, "UPDATE revision SET value = value + 1", fmt.Sprintf(
				"INSERT INTO changes (organization_id, revision, kind, id) SELECT '%s', value, '%s', '%s' FROM revision", organization, c.kind, c.id))
			for node, n := range b.Nodes {
				b.check(n.Await(`level=ERROR msg="cannot follow the database".* error="` + c.kind + " " + c.id))
				if o := b.with(node, k); o.Status != 200 {
					t.Errorf("a decision of node %d: %d %s", node, o.Status, o.Answer)
				}
				if b.isReady(node) {
					t.Errorf("node %d is ready, and cannot follow", node)
				}
				if o := b.owner(node, "POST", appsPath, fmt.Sprintf(`{"name":"made beside %s %d"}`, c.kind, node)); o.Status/100 != 5 {
					t.Errorf("a change that rests on a state that node %d cannot read: %d %s", node, o.Status, o.Answer)
				}
				b.eventually("the node says that it is stale", func() bool { return b.with(node, k).Stale })
			}
			sql(c.mend)
			for node := range b.Nodes {
				b.ready(node)
				b.mustDo(node, "POST", appsPath, fmt.Sprintf(`{"name":"made after %s %d"}`, c.kind, node))
			}
		})
	}
	b.checkTrail(0)
}
