package pdp

import "bailiwick/iam"

// Ahead fetches from memory what decisions will read, for many at a time.
//
// In a large organization hardly anything of a decision is in the processor's cache, and each
// step names the place of the next: a slot of a table, the principal, its policies, their rules.
// One decision after the other waits for each of them. A processor waits for many at once if they
// do not depend on each other: so each step is taken for all decisions before the next step. This
// only reads. What is decided is decided afterwards, from the same snapshot, as if nobody had
// looked before.
//
// The zero value is ready for use, by one caller at a time.
type Ahead struct {
	probes []probe
	found  []*node[principal]
	read   uint64 // made of all that was read, so that the compiler leaves it in
}

// AheadMost is how many requests Fetch takes at a time: what they read has room in a cache.
const AheadMost = 32

// probe is a search in a table: from a hash on, in the slots of a shard.
type probe struct {
	hash  uint64
	slots []slot[principal]
}

// Fetch reads what decisions on the first AheadMost of the requests will read.
func (a *Ahead) Fetch(s *Snapshot, requests []Request) {
	a.subjects(s, requests[:min(len(requests), AheadMost)])
	a.principals()
	a.groups(s)
	a.principals()
	clear(a.found[:cap(a.found)]) // the snapshot may go
	clear(a.probes[:cap(a.probes)])
}

// subjects finds who the requests are about.
func (a *Ahead) subjects(s *Snapshot, requests []Request) {
	var name iam.OrganizationID
	var org *organization
	a.probes = a.probes[:0]
	for i := range requests {
		r := &requests[i]
		if i == 0 || r.Organization != name {
			name, org = r.Organization, s.organization(r.Organization)
		}
		if org != nil {
			k := org.number.principal(r.Subject)
			a.probe(&s.principals, &k)
		}
	}
	a.find()
}

// groups finds the groups of the subjects that were found.
func (a *Ahead) groups(s *Snapshot) {
	a.probes = a.probes[:0]
	for _, n := range a.found {
		for _, id := range n.value.groups[:min(len(n.value.groups), aheadGroups)] {
			k := n.key.organization.group(id)
			a.probe(&s.principals, &k)
		}
	}
	a.find()
}

// aheadGroups is how many groups of a principal are fetched. Most principals have few.
const aheadGroups = 4

func (a *Ahead) probe(t *table[principal], k *key) {
	hash := k.hash(t.seed)
	if slots := t.near(hash); len(slots) > 0 {
		a.probes = append(a.probes, probe{hash, slots})
	}
}

// find looks for what is probed. It goes by hashes alone: who has that of another is fetched for
// nothing.
func (a *Ahead) find() {
	for i := range a.probes {
		p := &a.probes[i]
		a.read += p.slots[p.hash&uint64(len(p.slots)-1)].hash
	}
	a.found = a.found[:0]
	for i := range a.probes {
		p := &a.probes[i]
		for j := p.hash; ; j++ {
			at := &p.slots[j&uint64(len(p.slots)-1)]
			if at.node == nil {
				break
			}
			if at.hash == p.hash {
				a.found = append(a.found, at.node)
				break
			}
		}
	}
}

// principals reads what decisions read of the principals that were found, step by step: first
// themselves, then what they point to, and so on.
func (a *Ahead) principals() {
	read := a.read
	for _, n := range a.found {
		p := &n.value
		read += uint64(n.key.kind) + uint64(len(p.rights.conditional)) + uint64(len(p.policies))
	}
	for _, n := range a.found {
		p := &n.value
		read += first(n.key.id)
		if b := p.rights.always.organization; len(b) > 0 {
			read += b[0]
		}
		if g := p.rights.always.projects; len(g) > 0 {
			read += uint64(len(g[0].bits))
		}
		if len(p.policies) > 0 {
			read += uint64(len(p.policies[0].rules))
		}
		if len(p.groups) > 0 {
			read += uint64(len(p.groups[0]))
		}
	}
	for _, n := range a.found {
		p := &n.value
		if g := p.rights.always.projects; len(g) > 0 {
			read += first(string(g[0].id))
			if b := g[0].bits; len(b) > 0 {
				read += b[0]
			}
		}
		if len(p.policies) > 0 {
			q := p.policies[0]
			read += first(string(q.id))
			if len(q.rules) > 0 {
				read += uint64(len(q.rules[0].id)) + uint64(len(q.rules[0].projects))
			}
		}
		if len(p.groups) > 0 {
			read += first(string(p.groups[0]))
		}
	}
	for _, n := range a.found {
		if p := n.value.policies; len(p) > 0 && len(p[0].rules) > 0 {
			r := &p[0].rules[0]
			read += first(string(r.id))
			if len(r.projects) > 0 {
				read += uint64(len(r.projects[0]))
			}
		}
	}
	a.read = read
}

// first returns what a text begins with.
func first(text string) uint64 {
	if text == "" {
		return 0
	}
	return uint64(text[0])
}

// near returns the slots where a hash is, if it is in the table.
func (t *table[V]) near(hash uint64) []slot[V] {
	if t.root == nil {
		return t.few.slots
	}
	b, s := place(hash)
	if branch := t.root[b]; branch != nil {
		return branch[s].slots
	}
	return nil
}
