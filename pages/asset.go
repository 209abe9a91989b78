package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

func newAssets() ([]asset, error) {
	var all []asset
	for _, file := range []struct{ name, kind string }{{"pages.css", "text/css; charset=utf-8"}, {"pages.js", "text/javascript; charset=utf-8"}, {"icon.svg", "image/svg+xml"}} {
		content, err := files.ReadFile("assets/" + file.name)
		if err != nil {
			return nil, fmt.Errorf("pages: %w", err)
		}
		digest := sha256.Sum256(content)
		all = append(all, asset{file.name, "/assets/" + hex.EncodeToString(digest[:8]) + "/" + file.name, file.kind, content})
	}
	return all, nil
}
