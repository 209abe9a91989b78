package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// fault is one thing wrong with a catalogue file.
type fault struct {
	order int // of the file, as read
	file  string
	line  int // 0: the file as a whole
	what  string
}

func (f fault) Error() string {
	if f.line == 0 {
		return fmt.Sprintf("%s: %s", f.file, f.what)
	}
	return fmt.Sprintf("%s: line %d: %s", f.file, f.line, f.what)
}

// faults collects what is wrong, so that an operator mends a file in one go.
type faults struct{ list []fault }

// add notes a fault at a line of a document; line 0 means the document as a whole.
func (f *faults) add(d *document, line int, format string, args ...any) {
	f.list = append(f.list, fault{d.order, d.file, line, fmt.Sprintf(format, args...)})
}

// err returns all faults in the order of files and lines, joined; nil when there is none.
func (f *faults) err() error {
	slices.SortStableFunc(f.list, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.line, b.line))
	})
	errs := make([]error, len(f.list))
	for i, fault := range f.list {
		errs[i] = fault
	}
	return errors.Join(errs...)
}
