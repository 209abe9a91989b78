package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"bailiwick/iam"
)

// ErrNotFound says that no row has the key.
var ErrNotFound = errors.New("not found")

// filter collects the conditions of a list. The texts are constants of this package and
// name the argument's place as ?; values only ever travel as arguments.
type filter struct {
	clauses []string
	args    []any
}

// where adds a condition with one argument.
func (f *filter) where(clause string, arg any) {
	f.args = append(f.args, arg)
	f.clauses = append(f.clauses, strings.ReplaceAll(clause, "?", "$"+strconv.Itoa(len(f.args))))
}

// whereText adds a condition if the value is not empty.
func whereText[T ~string](f *filter, clause string, value T) {
	if value != "" {
		f.where(clause, string(value))
	}
}

// whereBool adds a condition if the value is given.
func (f *filter) whereBool(clause string, value *bool) {
	if value != nil {
		f.where(clause, *value)
	}
}

// whereIn adds "? in list" if the list is not empty. clause names the place of the list as ?.
func whereIn[T ~string](f *filter, clause string, values []T) {
	if len(values) == 0 {
		return
	}
	places := make([]string, len(values))
	for i, v := range values {
		f.args = append(f.args, string(v))
		places[i] = "$" + strconv.Itoa(len(f.args))
	}
	f.clauses = append(f.clauses, strings.ReplaceAll(clause, "?", strings.Join(places, ", ")))
}

// either adds "one of the conditions of other", whose arguments go on behind those of f.
func (f *filter) either(other filter) {
	f.args = other.args
	if len(other.clauses) > 0 {
		f.clauses = append(f.clauses, "("+strings.Join(other.clauses, " OR ")+")")
	}
}

// whereTag adds "has a tag that contains text". Tags are kept as a JSON list, and neither
// a quote nor a comma may be part of a tag, so the text cannot match across two tags.
func (f *filter) whereTag(text string) {
	if text != "" {
		f.where(`tags LIKE ? ESCAPE '\'`, `%`+escapeLike(text)+`%`)
	}
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
	tie            string // unique column that makes the order total
	page           iam.Page
}

// list returns the page and the number of all rows that pass the filter.
func list[T any](t *Tx, q listQuery, scan func(scanner) (T, error)) ([]T, int, error) {
	columns, ok := q.orders[q.order.Field]
	if !ok {
		return nil, 0, fmt.Errorf("list %s: unknown order %q", q.table, q.order.Field)
	}
	direction := ""
	if q.order.Descending {
		direction = " DESC"
	}
	var order []string
	for _, column := range append(strings.Split(columns, ";"), q.tie) {
		order = append(order, column+direction)
	}
	var total int
	count := "SELECT COUNT(*) FROM " + q.table + " WHERE " + q.filter.text()
	if err := t.row(count, q.filter.args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count %s: %w", q.table, err)
	}
	n := len(q.filter.args)
	text := fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT $%d OFFSET $%d",
		q.columns, q.table, q.filter.text(), strings.Join(order, ", "), n+1, n+2)
	args := append(q.filter.args[:n:n], q.page.Size, (q.page.Number-1)*q.page.Size)
	items, err := collect(t, scan, text, args...)
	return items, total, err
}

// one reads a single row, or ErrNotFound.
func one[T any](row *sql.Row, scan func(scanner) (T, error)) (T, error) {
	item, err := scan(row)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return item, err
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
