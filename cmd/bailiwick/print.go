package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"bailiwick/client"
)

// clean makes a text of the server fit for a terminal: one line, and no character that the
// terminal would obey. Names are chosen by people, and who reads them here may be their
// administrator.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// table writes aligned columns.
type table struct{ *tabwriter.Writer }

func newTable(w io.Writer) table { return table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)} }

// row writes one row. An empty cell is shown as "-", so that every row has all columns.
func (t table) row(cells ...string) {
	for i, cell := range cells {
		if cells[i] = clean(cell); cell == "" {
			cells[i] = "-"
		}
	}
	fmt.Fprintln(t, strings.Join(cells, "\t"))
}

// printJSON writes a value as JSON for people and programs.
func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // conditions hold && and <
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// printRaw writes the server's JSON, indented.
func printRaw(w io.Writer, raw []byte) error {
	var text bytes.Buffer
	if err := json.Indent(&text, raw, "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, text.String())
	return err
}

func printDecision(w io.Writer, q client.Question, d client.Decision) error {
	t := newTable(w)
	decision := "denied"
	if d.Allowed {
		decision = "allowed"
	}
	t.row("Decision", decision)
	t.row("Subject", q.Subject.Type+":"+q.Subject.ID)
	t.row("Permission", q.Action)
	if q.Resource.ID != "" {
		t.row("Resource", q.Resource.Type+"/"+q.Resource.ID)
	}
	if q.Resource.Organization != "" {
		t.row("Organization", string(q.Resource.Organization))
	}
	if q.Resource.Project != "" {
		t.row("Project", string(q.Resource.Project))
	}
	for i, reason := range d.Reasons {
		t.row([]string{"Reasons", " "}[min(i, 1)], reason)
	}
	t.row("Decision id", d.ID)
	t.row("Revision", strconv.FormatInt(d.Revision, 10))
	return t.Flush()
}

// printProof prints what an explanation has beside the decision.
func printProof(w io.Writer, a explainAnswer) error {
	t := newTable(w)
	if len(a.Chains) > 0 {
		title := "What was looked at"
		if *a.Decision {
			title = "What grants it"
		}
		fmt.Fprintf(t, "\n%s:\n", title)
		t.row("OUTCOME", "PRINCIPAL", "POLICY", "RULE", "PERMISSION SET", "SCOPE", "CONDITION")
	}
	for _, c := range a.Chains {
		t.row(c.cells()...)
	}
	if len(a.Missing) > 0 {
		fmt.Fprintf(t, "\nNot given, but needed by a condition: %s\n", clean(strings.Join(a.Missing, ", ")))
	}
	if len(a.WouldAllow) > 0 {
		fmt.Fprint(t, "\nWhat would allow it, the smallest change first:\n")
		t.row("CHANGE", "GRANTS BESIDES")
	}
	for _, w := range a.WouldAllow {
		t.row(w.Change, strconv.Itoa(w.AlsoGrants))
	}
	return t.Flush()
}

func (c explainChain) cells() []string {
	outcome, principal, policy, rule, scope := c.Outcome, "nobody", c.By, "", ""
	if c.FailedAt != "" {
		outcome += " at " + c.FailedAt
	}
	if c.Principal != nil {
		principal = c.Principal.Type + ":" + c.Principal.ID
	}
	if c.Policy != nil {
		policy = c.Policy.Name
		if policy == "" {
			policy = c.Policy.ID
		}
	}
	if c.Rule != nil {
		rule = strconv.Itoa(c.Rule.Index)
	}
	if c.Scope != nil {
		scope = "projects " + strings.Join(c.Scope.ProjectIDs, " ")
		if c.Scope.OrganizationID != "" {
			scope = "organization " + c.Scope.OrganizationID
		}
	}
	return []string{outcome, principal, policy, rule, c.PermissionSet, scope, c.condition()}
}

// condition tells what became of the condition, with the values that it read.
func (c explainChain) condition() string {
	if c.Condition == nil {
		return ""
	}
	text := c.Condition.Expression + " is "
	switch {
	case c.Condition.Result != nil:
		text += strconv.FormatBool(*c.Condition.Result)
	case c.Condition.Error != "":
		text += "unknown: " + c.Condition.Error
	default:
		text += "unknown"
	}
	for _, name := range slices.Sorted(maps.Keys(c.Condition.Values)) {
		text += "; " + name + " = " + c.Condition.Values[name]
	}
	return text
}

func printGrantees(w io.Writer, a whoCanAnswer) error {
	t := newTable(w)
	if a.Total > 0 {
		t.row("MAY", "PRINCIPAL", "NAME", "VIA", "CONDITION")
	}
	for _, g := range a.Yes {
		t.row("yes", g.Type+":"+g.ID, g.Name, g.via(), "")
	}
	for _, g := range a.Conditional {
		t.row("conditional", g.Type+":"+g.ID, g.Name, g.via(), g.Condition)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d may, %d of them on a condition (revision %d)\n", a.Total, len(a.Conditional), a.Revision)
	return err
}

// printGranteesCSV writes comma-separated values with a header line.
func printGranteesCSV(w io.Writer, a whoCanAnswer) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"may", "type", "id", "name", "via", "condition"}}
	for _, g := range a.Yes {
		rows = append(rows, []string{"yes", g.Type, g.ID, g.Name, g.via(), ""})
	}
	for _, g := range a.Conditional {
		rows = append(rows, []string{"conditional", g.Type, g.ID, g.Name, g.via(), g.Condition})
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = cellText(cell)
		}
		_ = c.Write(row) // Error tells
	}
	c.Flush()
	return c.Error()
}

// cellText keeps a spreadsheet from running a name: who may choose one ("=HYPERLINK(...)")
// would otherwise run formulas on the machine of the auditor who opens the list.
func cellText(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// via tells the ways to the right in one cell.
func (g grantee) via() string {
	var ways []string
	for _, v := range g.Via {
		way := v.By
		if v.PolicyID != "" {
			way = "policy " + v.PolicyID
		}
		if v.GroupID != "" {
			way = "group " + v.GroupID + ", " + way
		}
		ways = append(ways, way)
	}
	slices.Sort(ways)
	return strings.Join(slices.Compact(ways), "; ")
}

func printRights(w io.Writer, s subject, a whatCanAnswer) error {
	rights, count := newTable(w), 0
	sets := [][]string{{"SCOPE", "PERMISSION SETS"}}
	for _, scope := range a.Scopes {
		place := "project " + scope.ProjectID
		if scope.ProjectID == "" {
			place = "organization " + scope.OrganizationID
		}
		if len(scope.Permissions) == 0 {
			continue
		}
		sets = append(sets, []string{place, strings.Join(scope.PermissionSets, " ")})
		for _, p := range scope.Permissions {
			if count == 0 {
				rights.row("SCOPE", "PERMISSION", "CONDITION")
			}
			rights.row(place, p.Name, p.Condition)
			count++
		}
	}
	if count == 0 {
		_, err := fmt.Fprintf(w, "%s may do nothing (revision %d)\n", clean(s.String()), a.Revision)
		return err
	}
	if _, err := fmt.Fprintf(w, "%s may (revision %d):\n\n", clean(s.String()), a.Revision); err != nil {
		return err
	}
	if err := rights.Flush(); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	summary := newTable(w)
	for _, row := range sets {
		summary.row(row...)
	}
	return summary.Flush()
}
