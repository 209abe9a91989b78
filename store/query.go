package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bailiwick/iam"
)

// ErrNotFound says that no row has the key.
var ErrNotFound = errors.New("not found")

// filter collects the conditions of a list. The texts are constants of this package and
// name the argument's place as ?; values only ever travel as arguments. The first condition
// says what the list is a list of: the rows of an organization.
type filter struct {
	organization iam.OrganizationID
	clauses      []string
	args         []any
}

// inOrganization returns the filter that every list of an organization begins with.
func inOrganization(id iam.OrganizationID) filter {
	f := filter{organization: id}
	f.where("organization_id = ?", string(id))
	return f
}

// place adds an argument and returns its place.
func (f *filter) place(arg any) string {
	f.args = append(f.args, arg)
	return "$" + strconv.Itoa(len(f.args))
}

// where adds a condition with one argument.
func (f *filter) where(clause constant, arg any) {
	f.clauses = append(f.clauses, strings.ReplaceAll(string(clause), "?", f.place(arg)))
}

// whereText adds a condition if the value is not empty.
func whereText[T ~string](f *filter, clause constant, value T) {
	if value != "" {
		f.where(clause, string(value))
	}
}

// whereBool adds a condition if the value is given.
func (f *filter) whereBool(clause constant, value *bool) {
	if value != nil {
		f.where(clause, *value)
	}
}

// whereTime adds a condition if the time is given.
func (f *filter) whereTime(clause constant, at time.Time) {
	if !at.IsZero() {
		f.where(clause, micros(at))
	}
}

// whereIn adds "? in list" if the list is not empty. clause names the place of the list as ?.
func whereIn[T ~string](f *filter, clause constant, values []T) {
	if len(values) == 0 {
		return
	}
	places := make([]string, len(values))
	for i, v := range values {
		places[i] = f.place(string(v))
	}
	f.clauses = append(f.clauses, strings.ReplaceAll(string(clause), "?", strings.Join(places, ", ")))
}

// either adds "one of the conditions of other", whose arguments go on behind those of f.
func (f *filter) either(other filter) {
	f.args = other.args
	if len(other.clauses) > 0 {
		f.clauses = append(f.clauses, "("+strings.Join(other.clauses, " OR ")+")")
	}
}

// whereName adds "is named so". The first condition lets the index that orders names find
// them, too; lower changes A to Z only, on both engines (COLLATE "C").
func (f *filter) whereName(name string) {
	if name != "" {
		f.where("lower(name) = ?", lower(name))
		f.where("name = ?", name)
	}
}

func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, text)
}

// whereSearch adds "one of the columns contains text", in whatever case of A to Z.
func (f *filter) whereSearch(text string, columns ...constant) {
	if text == "" {
		return
	}
	place := f.place("%" + escapeLike(lower(text)) + "%")
	clauses := make([]string, len(columns))
	for i, column := range columns {
		clauses[i] = "lower(" + string(column) + ") LIKE " + place + ` ESCAPE '\'`
	}
	f.clauses = append(f.clauses, "("+strings.Join(clauses, " OR ")+")")
}

// whereTag adds "has a tag that contains text".
func (f *filter) whereTag(text string) {
	if text != "" {
		f.whereListed("tags", "", text, "")
	}
}

// whereListed adds "the JSON in a column holds text, with this before and that behind it". The
// characters that JSON's own writing needs match nothing if they stand in text: it could
// otherwise match across two values, or everything there is.
func (f *filter) whereListed(column constant, before, text, behind string) {
	if strings.ContainsAny(text, `",[]\`) {
		f.clauses = append(f.clauses, "1 = 0")
		return
	}
	f.where(column+` LIKE ? ESCAPE '\'`, `%`+escapeLike(before+text+behind)+`%`)
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func escapeLike(text string) string { return likeEscaper.Replace(text) }

func (f *filter) text() string { return strings.Join(f.clauses, " AND ") }

// listQuery is a list: columns of a table, a filter, an order and a page.
type listQuery struct {
	table, columns string
	filter         filter
	orders         map[string]string // the columns of each order field
	order          iam.Order
	key            string // columns that are unique in an organization and make the order total
	counter        string // names the number of the organization's rows; empty: it is not kept
	page           iam.Page
}

// Columns of an order or a key are separated by semicolons: an expression may hold commas.

// orderBy returns the columns of the order with its direction.
func (q listQuery) orderBy() (string, error) {
	columns, ok := q.orders[q.order.Field]
	if !ok {
		return "", fmt.Errorf("list %s: unknown order %q", q.table, q.order.Field)
	}
	direction := ""
	if q.order.Descending {
		direction = " DESC"
	}
	return strings.ReplaceAll(columns+";"+q.key, ";", direction+", ") + direction, nil
}

// list returns the page and the number of all rows that pass the filter. The keys of the
// page are found first and its rows read after: what is sorted or skipped on the way to a
// page is then an index entry, not a row with all its columns. (SQLite keeps the order of a
// CROSS JOIN: the keys come first there, too.)
func list[T any](t *Tx, q listQuery, scan func(scanner) (T, error)) ([]T, int, error) {
	order, err := q.orderBy()
	if err != nil {
		return nil, 0, err
	}
	if q.page.Number < 1 || q.page.Size < 0 {
		return nil, 0, fmt.Errorf("list %s: there is no page %d of %d items", q.table, q.page.Number, q.page.Size)
	}
	total, err := t.total(q)
	if err != nil {
		return nil, 0, err
	}
	f := q.filter
	f.args = slices.Clip(f.args)
	var keys, joins []string
	for i, column := range strings.Split(q.key, ";") {
		keys = append(keys, fmt.Sprintf("%s AS key_%d", column, i))
		joins = append(joins, fmt.Sprintf("%s = key_%d", column, i))
	}
	text := fmt.Sprintf(`SELECT %[1]s FROM (SELECT %[4]s FROM %[2]s WHERE %[5]s ORDER BY %[6]s LIMIT %[7]s OFFSET %[8]s) AS page
		CROSS JOIN %[2]s WHERE %[3]s AND %[9]s ORDER BY %[6]s`,
		q.columns, q.table, f.clauses[0], strings.Join(keys, ", "), f.text(), order,
		f.place(q.page.Size), f.place((q.page.Number-1)*q.page.Size), strings.Join(joins, " AND "))
	rows, err := t.queryBuilt(text, f.args...)
	items, err := gather(rows, err, scan)
	return items, total, err
}

// total returns the number of all rows that pass the filter of a list.
func (t *Tx) total(q listQuery) (n int, err error) {
	if q.counter != "" && len(q.filter.clauses) == 1 {
		return t.counted(q.filter.organization, q.counter)
	}
	rows, err := t.queryBuilt("SELECT COUNT(*) FROM "+q.table+" WHERE "+q.filter.text(), q.filter.args...)
	err = drain(rows, err, func(row scanner) (struct{}, error) { return struct{}{}, row.Scan(&n) },
		func(struct{}) error { return nil })
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", q.table, err)
	}
	return n, nil
}

// one reads a single row, or ErrNotFound.
func one[T any](row *sql.Row, scan func(scanner) (T, error)) (T, error) {
	item, err := scan(row)
	if errors.Is(err, sql.ErrNoRows) {
		return item, ErrNotFound
	}
	return item, unreadable(err)
}

func scanNumber(row scanner) (n int64, err error) {
	err = row.Scan(&n)
	return n, err
}

// touched turns "no row had the key" into ErrNotFound.
func touched(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// micros is how a time is stored: UTC microseconds, 0 for the zero time.
func micros(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

// instant reads a stored time into target.
type instant struct{ target *time.Time }

// Scan implements sql.Scanner.
func (i instant) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", value)
	}
	*i.target = time.Time{}
	if n != 0 {
		*i.target = time.UnixMicro(n).UTC()
	}
	return nil
}

// duration reads a stored number of microseconds into target.
type duration struct{ target *time.Duration }

// Scan implements sql.Scanner.
func (d duration) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a duration is stored as %T", value)
	}
	*d.target = time.Duration(n) * time.Microsecond
	return nil
}

// list values are stored as JSON.
func encodeList[T ~string](values []T) string {
	if len(values) == 0 {
		return "[]"
	}
	text, err := json.Marshal(values)
	if err != nil {
		panic("store: a list of strings cannot be encoded: " + err.Error()) // impossible for strings
	}
	return string(text)
}

// listOf reads a stored list into target; an empty list is nil.
type listOf[T ~string] struct{ target *[]T }

// Scan implements sql.Scanner.
func (l listOf[T]) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("a list is stored as %T", value)
	}
	*l.target = nil
	if text == "[]" {
		return nil
	}
	return json.Unmarshal([]byte(text), l.target)
}
