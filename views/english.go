package views

import (
	"cmp"
	"html"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	nethtml "golang.org/x/net/html"
)

// Language is the one in which a customer reads.
type Language string

// The languages. The screens are written in French; what a customer may see exists in English too.
const (
	French  Language = ""
	English Language = "en"
)

// Tag is the language as documents, headers and links name it.
func (l Language) Tag() string {
	if l == English {
		return "en"
	}
	return "fr"
}

// SayIn says a sentence in a language: a refusal, for one.
func SayIn(l Language, sentence string) string {
	if l != English {
		return sentence
	}
	words, _ := translate(sentence)
	return words
}

// Draw gives what a component of a customer's screen drew, in a language. English is made of the French document, text by text and by the one
// list of english_words.go, rather than in the components: so every piece that the wire sends, every refusal that app words and every screen to
// come is covered without a word of its own, French costs nothing, and a test finds each text that has no English by drawing the screens.
// What people and recipes are called stays as it is.
func Draw(l Language, document string) string {
	if l != English {
		return document
	}
	out, _ := inEnglish(document)
	return out
}

// Texts of a document that are nobody's to read, or were typed.
var mute = map[string]bool{"script": true, "style": true, "textarea": true}

// Attributes that are read: aloud, in a tab, by a search engine, or by the scripts that write them into the page.
var spoken = map[string]bool{"aria-label": true, "title": true, "placeholder": true, "alt": true, "content": true, "label": true, "data-title": true, "data-ended": true, "data-words": true, "data-out": true}

// inEnglish translates a document or a piece, and lists the texts for which there is no English.
func inEnglish(document string) (out string, missing []string) {
	var b strings.Builder
	b.Grow(len(document))
	say := func(text string) string {
		words, ok := translate(text)
		if !ok {
			missing = append(missing, strings.Join(strings.Fields(text), " "))
		}
		return words
	}
	z := nethtml.NewTokenizer(strings.NewReader(document))
	keep := ""      // the element whose text stays as it is
	nested := false // in <noscript>, whose content the tokenizer takes for one text
	for {
		kind := z.Next()
		raw := string(z.Raw()) // before Token, which works in the same bytes
		switch {
		case kind == nethtml.ErrorToken:
			return b.String(), missing
		case kind == nethtml.TextToken && keep == "" && strings.TrimSpace(raw) != "":
			if nested {
				inner, more := inEnglish(raw)
				b.WriteString(inner)
				missing = append(missing, more...)
			} else {
				b.WriteString(html.EscapeString(say(html.UnescapeString(raw))))
			}
			continue
		case (kind == nethtml.StartTagToken || kind == nethtml.SelfClosingTagToken) && special(raw):
			t := z.Token()
			nested = t.Data == "noscript"
			if keep == "" && kind == nethtml.StartTagToken && (mute[t.Data] || slices.Contains(t.Attr, nethtml.Attribute{Key: "translate", Val: "no"})) {
				keep = t.Data
			} else if keep == "" && anglicise(&t, say) {
				b.WriteString(t.String())
				continue
			}
		case kind == nethtml.EndTagToken:
			nested = false
			if name, _ := z.TagName(); string(name) == keep {
				keep = ""
			}
		}
		b.WriteString(raw)
	}
}

// special reports whether a tag may have to be looked at; most need not be taken apart.
func special(tag string) bool {
	if strings.HasPrefix(tag, "<html") || strings.HasPrefix(tag, "<noscript") || strings.Contains(tag, " translate=") {
		return true
	}
	for name := range mute {
		if strings.HasPrefix(tag, "<"+name) {
			return true
		}
	}
	for name := range spoken {
		if strings.Contains(tag, name+"=") {
			return true
		}
	}
	return false
}

// anglicise translates the attributes of a tag, and reports whether there was anything to do. The document's own tag says its language and gives
// the scripts their words.
func anglicise(t *nethtml.Token, say func(string) string) (changed bool) {
	if t.Data == "meta" && !slices.Contains(t.Attr, nethtml.Attribute{Key: "name", Val: "description"}) {
		return false
	}
	for i, a := range t.Attr {
		if spoken[a.Key] && strings.ContainsFunc(a.Val, unicode.IsLetter) {
			t.Attr[i].Val, changed = say(a.Val), true
		}
	}
	if t.Data == "html" {
		for i, a := range t.Attr {
			if a.Key == "lang" {
				t.Attr[i].Val = English.Tag()
			}
		}
		t.Attr = append(t.Attr, nethtml.Attribute{Key: "data-script-words", Val: scriptWords()})
		return true
	}
	return changed
}

// translate says a French text in English, with the space around it; false when it cannot. Without letters there is nothing to translate.
func translate(text string) (string, bool) {
	core := strings.Join(strings.Fields(text), " ") // no-break spaces too: English has other ones
	if !strings.ContainsFunc(core, unicode.IsLetter) {
		return inFigures(text, core), true
	}
	words, ok := english(core)
	if !ok {
		return text, false
	}
	before, after := "", ""
	if r := []rune(text); unicode.IsSpace(r[0]) {
		before = " "
	} else if unicode.IsSpace(r[len(r)-1]) {
		after = " "
	}
	if r := []rune(text); before != "" && unicode.IsSpace(r[len(r)-1]) {
		after = " "
	}
	return before + words + after, true
}

var (
	amount  = regexp.MustCompile(`^(−?)(\d+),(\d\d) €$`)
	percent = regexp.MustCompile(`^(\d+)(?:,(\d+))? %$`)
)

// inFigures writes amounts and rates the English way: "€12.50", "5.5%".
func inFigures(text, core string) string {
	if m := amount.FindStringSubmatch(core); m != nil {
		return m[1] + "€" + m[2] + "." + m[3]
	}
	if m := percent.FindStringSubmatch(core); m != nil {
		return strings.TrimSuffix(m[1]+"."+m[2], ".") + "%"
	}
	return text
}

// english says a text whose spaces are plain: as a list of things that can be said, else as a whole, else by its sentences.
func english(text string) (string, bool) {
	if words, ok := series(text); ok {
		return words, true
	}
	if words, ok := whole(text); ok {
		return words, true
	}
	if parts := sentences(text); len(parts) > 1 {
		said := false
		for i, p := range parts {
			if words, ok := whole(p); ok {
				parts[i], said = words, true
			}
		}
		return strings.Join(parts, " "), said
	}
	return text, false
}

// series says a list of things, each of which can be said: allergens, what pizzas do.
func series(text string) (string, bool) {
	parts := strings.Split(text, ", ")
	if len(parts) == 1 {
		return text, false
	}
	for i, p := range parts {
		words, ok := whole(p)
		if !ok {
			return text, false
		}
		parts[i] = words
	}
	return strings.Join(parts, ", "), true
}

// whole says a text that stands in the list as it is, or with other names and numbers in it.
func whole(text string) (string, bool) {
	if text == "" {
		return text, false
	}
	l := list()
	if words, ok := l.exact[text]; ok {
		return words, true
	}
	for _, some := range [][]*pattern{l.begin[text[0]], l.begin[0]} {
		for _, p := range some {
			if args, ok := p.match(text); ok {
				return p.fill(args), true
			}
		}
	}
	return text, false
}

var sentenceEnd = regexp.MustCompile(`[.?!] `)

func sentences(text string) []string {
	var out []string
	for {
		at := sentenceEnd.FindStringIndex(text)
		if at == nil {
			return append(out, text)
		}
		out = append(out, text[:at[1]-1])
		text = text[at[1]:]
	}
}

// pattern is a text of the list with names (%s) or numbers (%d) in it.
type pattern struct {
	french  []string // what stands between them, one more than there are
	numbers []bool
	english string // with %s for each, in the same order
}

// match finds the names and numbers of a text; none of them is a sentence and more.
func (p *pattern) match(text string) ([]string, bool) {
	last := len(p.french) - 1
	rest, ok := strings.CutPrefix(text, p.french[0])
	if !ok || !strings.HasSuffix(rest, p.french[last]) {
		return nil, false
	}
	rest = strings.TrimSuffix(rest, p.french[last])
	args := make([]string, 0, last)
	for i, number := range p.numbers {
		arg := rest
		if i < last-1 {
			if arg, rest, ok = strings.Cut(rest, p.french[i+1]); !ok {
				return nil, false
			}
		}
		if arg == "" || number && strings.Trim(arg, "0123456789") != "" || len(sentences(arg)) > 1 {
			return nil, false
		}
		args = append(args, arg)
	}
	return args, true
}

// fill says it in English; a name that is a word of the list is said in English too.
func (p *pattern) fill(args []string) string {
	words := p.english
	for _, arg := range args {
		if said, ok := translate(arg); ok {
			arg = said
		}
		words = strings.Replace(words, "%s", arg, 1)
	}
	return words
}

type words struct {
	exact map[string]string
	begin map[byte][]*pattern // by their first byte; 0: those that begin with a name
}

var verb = regexp.MustCompile(`%[sd]`)

// list is all that can be said in English, the most particular patterns first.
var list = sync.OnceValue(func() words {
	l := words{exact: map[string]string{}, begin: map[byte][]*pattern{}}
	for _, table := range englishTables() {
		for french, english := range table {
			key := strings.Join(strings.Fields(french), " ")
			verbs := verb.FindAllString(key, -1)
			if len(verbs) == 0 {
				l.exact[key] = english
				continue
			}
			p := &pattern{french: verb.Split(key, -1), english: verb.ReplaceAllString(english, "%s")}
			for _, v := range verbs {
				p.numbers = append(p.numbers, v == "%d")
			}
			first := (p.french[0] + "\x00")[0]
			l.begin[first] = append(l.begin[first], p)
		}
	}
	for _, some := range l.begin {
		slices.SortFunc(some, func(a, b *pattern) int {
			x, y := strings.Join(a.french, "%"), strings.Join(b.french, "%")
			return cmp.Or(cmp.Compare(len(y), len(x)), cmp.Compare(x, y))
		})
	}
	return l
})
