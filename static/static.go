// Package static carries the assets of the pages inside the binary and serves them from memory.
//
// An asset is asked for under two names: its plain one ("app.css"), which may change with the next build, and the one
// that [URL] gives ("app.1f0c3a9b2d.css"), which never does and may be cached for ever. Nothing is read from the disk
// and nothing is compressed twice.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"path"
	"sort"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// Prefix is where the web layer mounts the assets.
const Prefix = "/static/"

// Everything beside this file and below, so that a new picture needs no new line here; what may be served is decided by
// [types]. Two patterns instead of a plain *, which refuses to build as soon as one folder is still empty.
//
//go:embed *.* */*
var files embed.FS

// types is the list of what may be served: a file of any other kind, this source for one, is not an asset.
var types = map[string]string{
	".avif":        "image/avif",
	".css":         "text/css; charset=utf-8",
	".ico":         "image/x-icon",
	".jpg":         "image/jpeg",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".mp3":         "audio/mpeg",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff2":       "font/woff2",
}

// vendored files are served byte for byte as their authors published them.
var vendored = map[string]bool{"idiomorph.js": true, "uplot.js": true, "uplot.css": true}

// An Asset is one file, ready to be sent. Its slices are shared and must not be written to.
type Asset struct {
	Name        string // "app.css", "icons/pizza.svg"
	URL         string // "/static/app.1f0c3a9b2d.css"
	Content     []byte
	Gzip        []byte // nil when compressing gains nothing
	Brotli      []byte // likewise; a tenth smaller than Gzip
	ContentType string
	ETag        string // quoted, strong
}

type set struct {
	byName map[string]*Asset // under the plain and the hashed name
	names  []string
	build  string
}

var load = sync.OnceValue(func() *set {
	s, err := index(files)
	if err != nil {
		panic("static: " + err.Error()) // the files are part of the binary: only a broken build gets here
	}
	return s
})

// URL gives the address under which the named asset may be cached for ever. An unknown name is returned unhashed,
// so that a page with a missing picture is still a page.
func URL(name string) string {
	if a, ok := load().byName[name]; ok && a.Name == name {
		return a.URL
	}
	return Prefix + name
}

// Build identifies the assets of this binary: a page that was drawn with another one reloads itself.
func Build() string { return load().build }

// Names lists the assets by their plain names, sorted.
func Names() []string { return append([]string(nil), load().names...) }

// Lookup finds an asset by its plain or its hashed name, without [Prefix]. immutable tells that the name was the
// hashed one, so that the answer may be cached for ever.
func Lookup(name string) (a *Asset, immutable, ok bool) {
	a, ok = load().byName[name]
	return a, ok && a.Name != name, ok
}

// Open is [Lookup] for whoever needs only the bytes.
func Open(name string) (content []byte, contentType, etag string, ok bool) {
	a, _, ok := Lookup(name)
	if !ok {
		return nil, "", "", false
	}
	return a.Content, a.ContentType, a.ETag, true
}

func index(fsys fs.FS) (*set, error) {
	s := &set{byName: map[string]*Asset{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		ext := path.Ext(name)
		kind, ok := types[ext]
		if !ok {
			return nil
		}
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if (ext == ".js" || ext == ".css") && !vendored[name] {
			content = slim(content)
		}
		sum := sha256.Sum256(content)
		hash := hex.EncodeToString(sum[:8])
		hashed := strings.TrimSuffix(name, ext) + "." + hash[:10] + ext
		a := &Asset{
			Name:        name,
			URL:         Prefix + hashed,
			Content:     content,
			ContentType: kind,
			ETag:        `"` + hash + `"`,
		}
		if a.Gzip, err = squeeze(content, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestCompression) }); err != nil {
			return err
		}
		if a.Brotli, err = squeeze(content, func(w io.Writer) (io.WriteCloser, error) {
			return brotli.NewWriterLevel(w, brotli.BestCompression), nil
		}); err != nil {
			return err
		}
		s.byName[name], s.byName[hashed] = a, a
		s.names = append(s.names, name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	sort.Strings(s.names)
	all := sha256.New()
	for _, name := range s.names {
		all.Write([]byte(s.byName[name].URL + "\n"))
	}
	s.build = hex.EncodeToString(all.Sum(nil))[:12]
	return s, nil
}

// squeeze compresses, and gives nil for what is compressed already.
func squeeze(content []byte, with func(io.Writer) (io.WriteCloser, error)) ([]byte, error) {
	var b bytes.Buffer
	z, err := with(&b)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if b.Len() > len(content)*9/10 {
		return nil, nil
	}
	return b.Bytes(), nil
}

// slim empties the lines that hold only a comment and takes the indentation off the others, so that explaining the code
// costs its readers nothing. Lines keep their numbers: an error reported by a browser points into the source as it is
// in the repository. It knows no syntax and therefore touches nothing but whole lines, and none inside a template
// literal that spans several.
func slim(src []byte) []byte {
	lines := strings.Split(string(src), "\n")
	inComment, inTemplate := false, false
	for i, line := range lines {
		if inTemplate {
			inTemplate = strings.Count(line, "`")%2 == 0
			continue
		}
		text := strings.TrimSpace(line)
		switch {
		case inComment:
			inComment = !strings.Contains(text, "*/")
			if _, after, ok := strings.Cut(text, "*/"); ok {
				text = strings.TrimSpace(after)
			} else {
				text = ""
			}
		case strings.HasPrefix(text, "//"):
			text = ""
		case strings.HasPrefix(text, "/*"):
			if _, after, ok := strings.Cut(text, "*/"); ok {
				text = strings.TrimSpace(after)
			} else {
				inComment, text = true, ""
			}
		}
		inTemplate = strings.Count(text, "`")%2 == 1
		if inTemplate {
			text = strings.TrimLeft(line, " \t") // what follows the backtick belongs to the text
		}
		lines[i] = text
	}
	return []byte(strings.Join(lines, "\n"))
}
