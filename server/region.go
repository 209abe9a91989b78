package server

import (
	"slices"
	"strings"

	"github.com/scaleway/scaleway-sdk-go/scw"

	"bailiwick/iam"
)

// DefaultRegions are the regions of a server that is told of none: those of Scaleway.
func DefaultRegions() []string { return []string{"fr-par", "nl-ams", "pl-waw"} }

// regions are those that the server says it has, the home first. An installation is one place,
// so all that happens in it happens at home; the other regions exist because clients ask every
// one that they know, and have nothing in them.
type regions []string

func (r regions) home() string { return r[0] }

// elsewhere reports whether a region is not the home.
func (r regions) elsewhere(region scw.Region) bool { return string(region) != r.home() }

// check refuses a region that the server does not have.
func (r regions) check(name string) error {
	if slices.Contains(r, name) {
		return nil
	}
	return iam.Invalid("region", iam.ReasonUnknown, "value must be one of "+strings.Join(r, ", "))
}
