package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync"
)

// Crowd is people before one address of a server, for whoever wants to play something else than an evening: fault tests.
type Crowd struct {
	site    *site
	holding sync.WaitGroup
}

// NewCrowd makes a crowd for a server on this machine.
func NewCrowd(raw string) (*Crowd, error) {
	base, err := ParseURL(raw)
	if err != nil {
		return nil, err
	}
	return &Crowd{site: newSite(base, newNotebook())}, nil
}

// Leave waits until no page is held any more, which the end of their contexts brings about.
func (c *Crowd) Leave() {
	c.holding.Wait()
	c.site.http.CloseIdleConnections()
}

// Reconnections is how often a page lost its socket.
func (c *Crowd) Reconnections() int { return c.site.notes.counted(reconnections) }

// Troubles are what failed, and how often.
func (c *Crowd) Troubles() map[string]int {
	c.site.notes.mu.Lock()
	defer c.site.notes.mu.Unlock()
	return maps.Clone(c.site.notes.errors)
}

// Member is one of the crowd, with a browser of their own.
type Member struct {
	crowd *Crowd
	who   *person
}

// Visitor opens a browser without a session.
func (c *Crowd) Visitor() *Member { return &Member{crowd: c, who: c.site.person()} }

// SignIn opens a browser and signs somebody of the staff in.
func (c *Crowd) SignIn(ctx context.Context, login, password string) (*Member, error) {
	who, err := signIn(ctx, c.site, login, password)
	if err != nil {
		return nil, err
	}
	return &Member{crowd: c, who: who}, nil
}

// Post sends a form once under an idempotency key. The status is 0 when no whole answer came: nobody knows then what became of it.
func (m *Member) Post(ctx context.Context, path string, form url.Values, key string, into any) (status int, err error) {
	return m.send(ctx, http.MethodPost, path, form, key, into)
}

// Get asks once for the JSON of a page.
func (m *Member) Get(ctx context.Context, path string, into any) (status int, err error) {
	return m.send(ctx, http.MethodGet, path, nil, "", into)
}

func (m *Member) send(ctx context.Context, method, path string, form url.Values, key string, into any) (int, error) {
	body, err := m.who.once(ctx, method, path, form, key, "application/json")
	if err != nil {
		return statusOf(err), err
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			return 0, err
		}
	}
	return http.StatusOK, nil
}

// Page is a live page that somebody holds open.
type Page struct {
	Kind string
	s    *screen
}

// Hold opens a page and keeps it live by the contract until ctx ends. order is that of a tracking page.
func (m *Member) Hold(ctx context.Context, kind, path string, order int64) (*Page, error) {
	s, err := openScreen(ctx, m.who, kind, "", path, order)
	if err != nil {
		return nil, err
	}
	m.crowd.holding.Go(func() { s.follow(ctx) })
	return &Page{Kind: kind, s: s}, nil
}

// Order of a tracking page.
func (p *Page) Order() int64 { return p.s.order }

// Shows is the number of what the page shows, and whether it is sure to be live.
func (p *Page) Shows() (seq int64, live bool) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.seq, p.s.synced
}

// Service is what the page says of the database: "" while all is well.
func (p *Page) Service() string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.page.service()
}

// Differences says, three things at most, how the page differs from a drawing of what it should show.
func (p *Page) Differences(drawing string) []string {
	fresh := newPage(drawing)
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	switch {
	case p.s.ended:
		return []string{"la page a été renvoyée"}
	case !p.s.synced:
		return []string{"la page n’est pas en direct"}
	}
	if a, b := p.s.page.service(), fresh.service(); a != b {
		return []string{fmt.Sprintf("la base est « %s » au lieu de « %s »", a, b)}
	}
	return differ(p.s.page, fresh)
}
