package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEnvironmentIsTold: what the program reads of its environment, what « ocpizza help » lists and what the README's table lists are the same.
func TestEnvironmentIsTold(t *testing.T) {
	read, help, readme := variablesRead(t), map[string]bool{}, map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^  ([A-Z0-9_]+(?:, [A-Z0-9_]+)*)(?: |$)`).FindAllStringSubmatch(environmentHelp, -1) {
		for name := range strings.SplitSeq(line[1], ", ") {
			help[name] = true
		}
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Configuration\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllStringSubmatch(table, -1) {
		for _, name := range regexp.MustCompile("`([A-Z0-9_]+)`").FindAllStringSubmatch(row[1], -1) {
			readme[name[1]] = true
		}
	}
	for _, c := range []struct {
		what      string
		got, want map[string]bool
	}{{"« ocpizza help » and what is read", help, read}, {"the README and « ocpizza help »", readme, help}} {
		if got, want := slices.Sorted(maps.Keys(c.got)), slices.Sorted(maps.Keys(c.want)); !slices.Equal(got, want) {
			t.Errorf("%s:\n%v\nwant\n%v", c.what, got, want)
		}
	}
	if len(read) < 20 {
		t.Errorf("only %v is read?", read)
	}
}

// variablesRead finds the names of variables in the program's own files: whatever is handed to env, and every literal that looks like one.
func variablesRead(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	looksLikeOne := regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
	literal := func(n ast.Expr) string {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			s, _ := strconv.Unquote(l.Value)
			return s
		}
		return ""
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s := literal(n); looksLikeOne.MatchString(s) {
					found[s] = true
				}
			case *ast.CallExpr:
				f, name := n.Fun, ""
				if s, ok := f.(*ast.SelectorExpr); ok {
					f = s.Sel
				}
				if id, ok := f.(*ast.Ident); ok {
					name = id.Name
				}
				if s := ""; len(n.Args) == 1 && (name == "env" || name == "Getenv" || name == "LookupEnv") {
					if s = literal(n.Args[0]); s != "" {
						found[s] = true
					}
				}
			}
			return true
		})
	}
	return found
}
