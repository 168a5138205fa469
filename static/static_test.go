package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAssetsHaveTwoNames(t *testing.T) {
	t.Parallel()
	url := URL("live.js")
	if !strings.HasPrefix(url, "/static/live.") || !strings.HasSuffix(url, ".js") || url == "/static/live.js" {
		t.Fatalf("URL(live.js) = %q", url)
	}
	hashed, immutable, ok := Lookup(strings.TrimPrefix(url, Prefix))
	if !ok || !immutable {
		t.Fatalf("hashed name: ok %v, immutable %v", ok, immutable)
	}
	plain, immutable, ok := Lookup("live.js")
	if !ok || immutable || plain != hashed {
		t.Fatalf("plain name: ok %v, immutable %v, same %v", ok, immutable, plain == hashed)
	}
	content, kind, etag, ok := Open("live.js")
	if !ok || kind != "text/javascript; charset=utf-8" || len(etag) < 10 || etag[0] != '"' || !bytes.Equal(content, plain.Content) {
		t.Fatalf("Open: %v %q %q", ok, kind, etag)
	}
	z, err := gzip.NewReader(bytes.NewReader(plain.Gzip))
	if err != nil {
		t.Fatal(err)
	}
	unzipped, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(unzipped, content) {
		t.Fatalf("gzip variant differs (%v)", err)
	}
}

func TestOnlyAssetsAreServed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"static.go", "live_test.go", "", ".", "..", "../go.mod", "live.0000000000.js", "/live.js"} {
		if _, _, _, ok := Open(name); ok {
			t.Errorf("Open(%q) found something", name)
		}
	}
	if _, _, _, ok := Open("licences/idiomorph.txt"); !ok {
		t.Error("the licence of idiomorph is not among the assets")
	}
	if got := URL("absent.png"); got != "/static/absent.png" {
		t.Errorf("URL of an absent asset = %q", got)
	}
}

func TestBuildChangesWithAnyAsset(t *testing.T) {
	t.Parallel()
	one := fstest.MapFS{"a.css": {Data: []byte("b{}")}, "icons/i.svg": {Data: []byte("<svg/>")}, "x.go": {Data: []byte("package x")}}
	first, err := index(one)
	if err != nil {
		t.Fatal(err)
	}
	one["x.go"] = &fstest.MapFile{Data: []byte("package y")}
	if same, _ := index(one); same.build != first.build {
		t.Error("a file that is no asset changed the build")
	}
	one["icons/i.svg"] = &fstest.MapFile{Data: []byte("<svg></svg>")}
	if other, _ := index(one); other.build == first.build {
		t.Error("a changed asset did not change the build")
	}
	if u := first.byName["icons/i.svg"].URL; !strings.HasPrefix(u, "/static/icons/i.") {
		t.Errorf("URL in a folder = %q", u)
	}
	if first.byName["a.css"].Gzip != nil {
		t.Error("three bytes were compressed")
	}
}

func TestSlimKeepsCodeAndLineNumbers(t *testing.T) {
	t.Parallel()
	src := "// why\n  /** how\n   * much */\n  const a = 'http://x'; // kept\n\t/* one */ b();\n  const t = `\n    // text\n  `;\n  c();\n"
	want := "\n\n\nconst a = 'http://x'; // kept\nb();\nconst t = `\n    // text\n  `;\nc();\n"
	if got := string(slim([]byte(src))); got != want {
		t.Errorf("slim:\n%q\nwant\n%q", got, want)
	}
}

// A customer's first visit may carry 12 KB of script (ui.md), as the browsers that know Brotli get it: all of today's. A KB is 1,024 bytes, as for
// the whole visit in views.
func TestCustomerScriptsAreSmall(t *testing.T) {
	t.Parallel()
	total := 0
	for _, name := range []string{"idiomorph.js", "live.js", "promise.js", "menu.js"} {
		a, _, ok := Lookup(name)
		if !ok {
			t.Fatalf("no %s", name)
		}
		t.Logf("%s: %d bytes, %d compressed", name, len(a.Content), len(a.Brotli))
		total += len(a.Brotli)
	}
	if total > 12<<10 {
		t.Errorf("%d bytes compressed, more than %d", total, 12<<10)
	}
}
