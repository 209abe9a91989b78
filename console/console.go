// Package console holds the build of the web console.
//
// The sources are those of a React application beside this file; "make console" builds them
// into dist, which is embedded here and not in the repository. Without Node the binary is
// built all the same, and the server then says at its root how to build the console.
package console

import (
	"embed"
	"io/fs"
)

// dist is what Vite writes. The pattern takes the one file that is in the repository, too,
// since a pattern that matches nothing does not compile.
//
//go:embed all:dist
var dist embed.FS

// Files returns the built console, with index.html at its root; nil if it was not built.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil
	}
	if _, err := fs.Stat(files, "index.html"); err != nil {
		return nil
	}
	return files
}
