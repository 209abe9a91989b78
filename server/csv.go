package server

import (
	"bytes"
	"encoding/csv"
	"mime"
	"net/http"
	"strings"
)

// tabular is an answer that can also be written as a table of comma-separated values.
// It gives the rows, the first of them the names, and the token of the next page.
type tabular interface {
	table() (rows [][]string, next string)
}

// csvType is the media type of RFC 4180.
const csvType = "text/csv"

// wantsCSV reports whether a request asks for a table, and for nothing else before it.
func wantsCSV(r *http.Request) bool {
	first, _, _ := strings.Cut(r.Header.Get("Accept"), ",")
	kind, _, err := mime.ParseMediaType(first)
	return err == nil && kind == csvType
}

// encodeCSV writes a table. A cell that begins like a formula gets an apostrophe before it:
// names are chosen by tenants, and a spreadsheet that runs one as a formula would send what
// is beside it wherever the formula says.
func encodeCSV(rows [][]string) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				row[i] = "'" + cell
			}
		}
		if err := w.Write(row); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// table lists who may, one line for each way.
func (r *whoCanResponse) table() ([][]string, string) {
	rows := [][]string{{"type", "id", "name", "condition", "by", "group_id", "policy_id", "rule_id", "permission_set"}}
	for _, list := range [][]grantee{r.Yes, r.Conditional} {
		for _, g := range list {
			for _, v := range g.Via {
				rows = append(rows, []string{g.Type, g.ID, g.Name, g.Condition, v.By, v.GroupID, v.PolicyID, v.RuleID, v.PermissionSet})
			}
		}
	}
	return rows, r.NextPageToken
}

// table lists every permission in its scope.
func (r *whatCanResponse) table() ([][]string, string) {
	rows := [][]string{{"organization_id", "project_id", "permission", "condition"}}
	for _, s := range r.Scopes {
		for _, p := range s.Permissions {
			rows = append(rows, []string{s.OrganizationID, s.ProjectID, p.Name, p.Condition})
		}
	}
	return rows, ""
}
