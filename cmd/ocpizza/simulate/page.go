package simulate

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// element is an element of a page that has an id, with its data-* attributes (without the prefix).
type element struct {
	id       string
	data     map[string]string
	parent   *element
	children []*element
}

// number reads a data attribute as a whole number; false if it is none.
func (e *element) number(name string) (int64, bool) {
	n, err := strconv.ParseInt(e.data[name], 10, 64)
	return n, err == nil
}

// page is what a live page shows: its elements that have an id, as a tree. It changes by the operations of frames, as a browser's does.
type page struct {
	root *element
	byID map[string]*element
	// added and removed hear of every element that comes and goes; nil is nobody.
	added, removed func(*element)
}

// newPage reads a whole document.
func newPage(document string) *page {
	p := &page{root: &element{}, byID: map[string]*element{}}
	for _, e := range parse(document) {
		p.add(p.root, e)
	}
	return p
}

// service is what the page says of the database; "" is that all is well.
func (p *page) service() string {
	if e := p.byID["service"]; e != nil {
		return e.data["service"]
	}
	return ""
}

// op is one change of a frame.
type op struct {
	Do   string `json:"do"`
	To   string `json:"to"`
	HTML string `json:"html"`
	Name string `json:"name"`
}

// apply makes the changes of a frame. An error means that the page and the server no longer agree on what is shown.
func (p *page) apply(ops []op) error {
	for _, o := range ops {
		if o.Do == "event" {
			continue
		}
		to := p.byID[o.To]
		if to == nil {
			if o.Do == "remove" {
				continue
			}
			return fmt.Errorf("%s: the page has no #%s", o.Do, o.To)
		}
		pieces := parse(o.HTML)
		switch o.Do {
		case "morph":
			if len(pieces) == 0 {
				return fmt.Errorf("morph: nothing to put in the place of #%s", o.To)
			}
			p.replace(to, pieces[0])
		case "append", "prepend", "before":
			into := to
			if o.Do == "before" {
				into = to.parent
			}
			for _, e := range pieces {
				if old := p.byID[e.id]; old != nil { // it may stand in another list
					p.remove(old)
				}
				p.add(into, e)
			}
		case "remove":
			p.remove(to)
		default:
			return fmt.Errorf("unknown operation %q", o.Do)
		}
	}
	return nil
}

// replace puts a fresh element in the place of an old one. Attributes that only the first drawing of a board has (its socket) stay.
func (p *page) replace(old, fresh *element) {
	if old.id == "board" {
		for name, value := range old.data {
			if _, ok := fresh.data[name]; !ok {
				fresh.data[name] = value
			}
		}
	}
	parent := old.parent
	p.remove(old)
	p.add(parent, fresh)
}

func (p *page) add(parent, e *element) {
	e.parent = parent
	parent.children = append(parent.children, e)
	p.index(e)
}

func (p *page) index(e *element) {
	p.byID[e.id] = e
	if p.added != nil {
		p.added(e)
	}
	for _, c := range e.children {
		p.index(c)
	}
}

func (p *page) remove(e *element) {
	for i, c := range e.parent.children {
		if c == e {
			e.parent.children = append(e.parent.children[:i], e.parent.children[i+1:]...)
			break
		}
	}
	p.forget(e)
}

func (p *page) forget(e *element) {
	if p.byID[e.id] == e {
		delete(p.byID, e.id)
	}
	if p.removed != nil {
		p.removed(e)
	}
	for _, c := range e.children {
		p.forget(c)
	}
}

// void elements have no end tag (HTML, 13.1.2).
var void = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true,
	"link": true, "meta": true, "source": true, "track": true, "wbr": true,
}

// parse reads a document or a piece: its outermost elements that have an id. What the server draws is well nested.
func parse(text string) []*element {
	root := &element{}
	type level struct {
		tag  string
		into *element
	}
	stack := []level{{into: root}}
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken: // the end: a string cannot fail
			return root.children
		case html.StartTagToken, html.SelfClosingTagToken:
			raw, hasAttr := z.TagName()
			tag := string(raw)
			into := stack[len(stack)-1].into
			if e := readElement(z, hasAttr); e != nil {
				e.parent = into
				into.children = append(into.children, e)
				into = e
			}
			if kind == html.StartTagToken && !void[tag] {
				stack = append(stack, level{tag: tag, into: into})
			}
		case html.EndTagToken:
			raw, _ := z.TagName()
			for i := len(stack) - 1; i > 0; i-- {
				if stack[i].tag == string(raw) {
					stack = stack[:i]
					break
				}
			}
		}
	}
}

// readElement reads the attributes of a tag; nil if it has no id.
func readElement(z *html.Tokenizer, more bool) *element {
	e := &element{data: map[string]string{}}
	for more {
		var name, value []byte
		name, value, more = z.TagAttr()
		if key, ok := strings.CutPrefix(string(name), "data-"); ok {
			e.data[key] = string(value)
		} else if string(name) == "id" {
			e.id = string(value)
		}
	}
	if e.id == "" {
		return nil
	}
	return e
}

// orderPrefixes are the ids under which screens show orders; see « Sockets » in the contract.
var orderPrefixes = []string{"ticket-", "recalled-", "drop-", "late-", "order-"}

// orderOf is the order that an element shows, by its id.
func orderOf(id string) (int64, bool) {
	for _, prefix := range orderPrefixes {
		if rest, ok := strings.CutPrefix(id, prefix); ok {
			n, err := strconv.ParseInt(rest, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
