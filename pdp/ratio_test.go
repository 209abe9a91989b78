package pdp

import (
	"slices"
	"testing"
	"time"
)

// BenchmarkRatio measures Decide and the floor by turns, so that a machine that is busy with
// other things slows both alike, and reports the medians and their ratio.
func BenchmarkRatio(b *testing.B) {
	en := newEngine(b)
	e := newEstate(many)
	s := e.build(b, en)
	floor := e.floor(en)
	requests := e.requests(en, many, direct)
	const batch = 5000
	var decide, look []float64
	at := 0
	for b.Loop() {
		if at+batch > len(requests) {
			at = 0
		}
		part := requests[at : at+batch]
		other := requests[(at+50_000)%many:][:batch]
		at += batch
		start := time.Now()
		for i := range part {
			if !s.Decide(&part[i]).Allowed {
				b.Fatal("denied")
			}
		}
		decide = append(decide, float64(time.Since(start).Nanoseconds())/batch)
		start = time.Now()
		for i := range other {
			r := &other[i]
			if !floor[floorKey{r.Organization, r.Subject.ID, r.Resource.Project}].Has(r.Permission) {
				b.Fatal("denied")
			}
		}
		look = append(look, float64(time.Since(start).Nanoseconds())/batch)
	}
	slices.Sort(decide)
	slices.Sort(look)
	d, l := decide[len(decide)/2], look[len(look)/2]
	b.ReportMetric(d, "decide-ns")
	b.ReportMetric(l, "floor-ns")
	b.ReportMetric(d/l, "ratio")
	b.ReportMetric(decide[len(decide)/20]/look[len(look)/20], "ratio-p5")
}
