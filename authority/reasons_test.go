package authority

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bailiwick/iam"
	"bailiwick/pdp"
)

// Reasons that share their memory are those that each answer would have alone, also when somebody
// appends to one of them.
func TestReasonsTogether(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, shared := range []*sharedLines{nil, {}} {
		l := lines{shared: shared}
		var got, want [][]string
		for i := range 500 {
			d := pdp.Decision{Allowed: true, By: pdp.ByPolicy}
			var grants []pdp.Grant
			var expected []string
			switch random.IntN(5) {
			case 0:
				d = pdp.Decision{Reason: pdp.ReasonNoGrant}
				expected = []string{d.Reason.String() + ": a:b:c"}
			case 1:
				d.By = pdp.ByOwnership
				expected = []string{"the subject owns the organization"}
			case 2:
				d.By = pdp.BySelf
				expected = []string{"every user has this right"}
			default:
				for j := range random.IntN(200) {
					g := pdp.Grant{Policy: iam.PolicyID(fmt.Sprint("p", i)), Rule: iam.RuleID(fmt.Sprint("r", j)), Set: strings.Repeat("s", random.IntN(100))}
					line := fmt.Sprintf("policy %s, rule %s grants %s", g.Policy, g.Rule, g.Set)
					if random.IntN(2) == 0 {
						g.Group = iam.GroupID(fmt.Sprint("g", j))
						line = fmt.Sprintf("group %s: %s", g.Group, line)
					}
					grants, expected = append(grants, g), append(expected, line)
				}
			}
			list := l.reasons(d, grants, "a:b:c")
			_ = append(list, "of somebody else")
			got, want = append(got, list), append(want, expected)
		}
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Fatalf("shared %v, answer %d: %q, not %q", shared != nil, i, got[i], want[i])
			}
		}
	}
}
