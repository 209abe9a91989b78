package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"bailiwick/iam"
	"bailiwick/store"
)

// eventEnds are the organizations of a backup and the last event of each.
type eventEnds map[iam.OrganizationID]int64

// note takes a row of a backup in, if it is an organization.
func (e eventEnds) note(c store.Contents, r store.Row) {
	table := c.Tables[min(max(r.Table, 0), len(c.Tables)-1)]
	id, sequence := slices.Index(table.Columns, "id"), slices.Index(table.Columns, "event_sequence")
	if table.Name != "organizations" || id < 0 || sequence < 0 || len(r.Values) != len(table.Columns) {
		return
	}
	organization, _ := r.Values[id].(string)
	last, _ := r.Values[sequence].(int64)
	e[iam.OrganizationID(organization)] = last
}

// tellLost lists what a newer state has seen since the backup.
func (e eventEnds) tellLost(ctx context.Context, newer *store.Store, out io.Writer) error {
	var organizations []iam.Organization
	tx := newer.Read(ctx)
	if err := tx.EachOrganization(func(o iam.Organization) error { organizations = append(organizations, o); return nil }); err != nil {
		return err
	}
	changes, revocations := 0, []string{}
	for _, o := range organizations {
		after, known := e[o.ID]
		if !known {
			fmt.Fprintf(out, "The organization %s (%s) was made after the backup and is lost.\n", o.ID, clean(o.Name))
			continue
		}
		err := eachEvent(tx, o.ID, after, func(event iam.Event) {
			if event.StatusCode >= 300 {
				return
			}
			changes++
			if !onlyCreates(event) {
				revocations = append(revocations, lostLine(event))
			}
		})
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%d changes since the backup are lost; %d of them may have taken something away, which holds again:\n", changes, len(revocations))
	for _, line := range revocations {
		fmt.Fprintln(out, line)
	}
	return nil
}

func eachEvent(tx *store.Tx, organization iam.OrganizationID, after int64, yield func(iam.Event)) error {
	for {
		events, err := tx.Events(iam.EventFilter{OrganizationID: organization, Ascending: true, Cursor: after, Size: iam.MaxEventPageSize})
		if err != nil || len(events) == 0 {
			return err
		}
		for _, event := range events {
			after = event.Sequence
			yield(event)
		}
	}
}

// onlyCreates reports whether an event took nothing away for certain: all that it did was to
// make something new.
func onlyCreates(e iam.Event) bool {
	return len(e.Resources) > 0 && !slices.ContainsFunc(e.Resources, func(r iam.EventResource) bool { return r.Action != iam.ActionCreated })
}

func lostLine(e iam.Event) string {
	var resources []string
	for _, r := range e.Resources {
		resources = append(resources, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Type, r.ID, clean(r.Name))))
	}
	return fmt.Sprintf("  %s  %s  %s by %s %s: %s", e.RecordedAt.Format(time.RFC3339), e.OrganizationID, e.Method, e.Principal.Type, e.Principal.ID, strings.Join(resources, ", "))
}
