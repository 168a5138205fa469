package main

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/oc-pizza/ocpizza/"

// may is the dependency rule of the design: cmd → app/web → realtime → views → app ← db, static ← app/web. A package may import those of its row.
var may = map[string][]string{
	"db/dbtest/child":      {},
	"realtime/redistest":   {"db/dbtest/child"},
	"app":                  {},
	"db":                   {"app"},
	"db/dbtest":            {"db/dbtest/child"},
	"static":               {},
	"views":                {"app"},
	"realtime":             {"app", "views"},
	"app/web":              {"app", "views", "realtime", "static"},
	"cmd/ocpizza":          {"app", "app/web", "db", "realtime", "static", "views", "cmd/ocpizza/bench", "cmd/ocpizza/simulate", "cmd/ocpizza/watch"},
	"cmd/ocpizza/bench":    {"app", "realtime"},
	"cmd/ocpizza/simulate": {},
	"cmd/ocpizza/watch":    {},
}

// TestLayers keeps the rooms apart: tests may reach further, programs may not.
func TestLayers(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); path != root && strings.HasPrefix(name, ".") || name == "testdata" {
			return filepath.SkipDir
		}
		pkg, err := build.ImportDir(path, 0)
		if _, none := err.(*build.NoGoError); none { //nolint:errorlint // go/build returns it bare
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		allowed, known := may[name]
		if !known {
			t.Errorf("package %s has no place in the dependency rule: give it one here and in architecture.md", name)
		}
		seen++
		for _, imp := range pkg.Imports {
			if own, ok := strings.CutPrefix(imp, module); ok && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s", name, own)
			}
			if name == "app" && strings.Contains(imp, ".") {
				t.Errorf("app imports %s: the business knows the standard library alone", imp)
			}
			if strings.HasPrefix(imp, "github.com/gofiber/fiber") && name != "app/web" {
				t.Errorf("%s imports Fiber: only app/web is the door", name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 7 {
		t.Fatalf("only %d packages found: the test looks in the wrong place", seen)
	}
}
