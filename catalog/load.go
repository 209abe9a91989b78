package catalog

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed data/*.yaml
var embedded embed.FS

// Load reads the built-in catalogue and every *.yaml file of each directory (not of its
// subdirectories). It returns a catalogue only if nothing at all is wrong; otherwise the
// error joins every fault, one a line, as "file: line N: what" or "file: what".
func Load(dirs ...string) (*Catalog, error) {
	var f faults
	documents := readBuiltIn(&f)
	for _, dir := range dirs {
		documents = readDir(documents, dir, &f)
	}
	return build(documents, &f)
}

func readBuiltIn(f *faults) []*document {
	var documents []*document
	entries, err := fs.ReadDir(embedded, "data")
	if err != nil {
		f.add(&document{file: "built in"}, 0, "%v", err)
	}
	for _, entry := range entries {
		d := &document{order: len(documents), file: "built-in " + entry.Name()}
		documents = append(documents, d)
		source, err := embedded.ReadFile("data/" + entry.Name())
		if err != nil {
			f.add(d, 0, "%v", err)
			continue
		}
		parse(d, source, f)
	}
	return documents
}

// readDir appends the documents of an operator's directory.
func readDir(documents []*document, dir string, f *faults) []*document {
	whole := &document{order: len(documents), file: dir}
	entries, err := os.ReadDir(dir)
	if err != nil {
		f.add(whole, 0, "cannot be read: %v", cause(err))
		return documents
	}
	found := false
	for _, entry := range entries {
		d := &document{order: len(documents), file: filepath.Join(dir, entry.Name()), operator: true}
		switch filepath.Ext(entry.Name()) {
		case ".yaml":
		case ".yml":
			// Passing over it in silence would look like a product that nobody may use.
			f.add(d, 0, "is not read: rename it to %s.yaml", strings.TrimSuffix(entry.Name(), ".yml"))
			found = true
			continue
		default:
			continue
		}
		found = true
		documents = append(documents, d)
		source, err := os.ReadFile(d.file)
		if err != nil {
			f.add(d, 0, "cannot be read: %v", cause(err))
			continue
		}
		parse(d, source, f)
	}
	if !found {
		f.add(whole, 0, "holds no *.yaml file")
	}
	return documents
}

// cause drops operation and path of a file error; the fault names the file already.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
