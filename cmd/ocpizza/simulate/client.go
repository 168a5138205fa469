package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// site is the server that is played against.
type site struct {
	base  *url.URL
	http  *http.Client
	notes *notebook
}

func newSite(base *url.URL, notes *notebook) *site {
	transport := &http.Transport{
		MaxIdleConnsPerHost: 64, IdleConnTimeout: 60 * time.Second,
		DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
	}
	return &site{base: base, notes: notes, http: &http.Client{
		Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// person is somebody with a browser of their own: cookies, and the token of a session's forms once signed in.
type person struct {
	site *site
	csrf string

	mu      sync.Mutex
	cookies map[string]string
}

func (s *site) person() *person { return &person{site: s, cookies: map[string]string{}} }

// refusal is an answer by which the server refused.
type refusal struct {
	Status  int
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Line    int    `json:"ligne"`
}

func (r *refusal) Error() string {
	if r.Message != "" {
		return fmt.Sprintf("%d : %s", r.Status, r.Message)
	}
	return fmt.Sprintf("réponse %d", r.Status)
}

// statusOf is the status of a refusal, 0 for any other error.
func statusOf(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.Status
	}
	return 0
}

// written is when a write was sent and answered. A write that had to be sent again says nothing about latency.
type written struct {
	sent, answered time.Time
	again          bool
}

// maxTries is how often a request is sent when the server cannot be reached; with the pauses between, some fifteen seconds: a restart.
const maxTries = 8

// read gets a JSON answer.
func (p *person) read(ctx context.Context, path string, into any) error {
	body, _, err := p.request(ctx, http.MethodGet, path, nil, "", "application/json")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("GET %s: not the JSON expected: %w", path, err)
	}
	return nil
}

// open gets a page.
func (p *person) open(ctx context.Context, path string) (string, error) {
	body, _, err := p.request(ctx, http.MethodGet, path, nil, "", "text/html")
	return string(body), err
}

// write sends a form under an idempotency key and reads the JSON answer. The key makes sending again harmless, as a browser's outbox does.
func (p *person) write(ctx context.Context, path string, form url.Values, key string, into any) (written, error) {
	body, w, err := p.request(ctx, http.MethodPost, path, form, key, "application/json")
	if err == nil && into != nil {
		err = json.Unmarshal(body, into)
	}
	return w, err
}

func (p *person) request(ctx context.Context, method, path string, form url.Values, key, accept string) ([]byte, written, error) {
	var w written
	for try := 1; ; try++ {
		w.sent = time.Now()
		body, err := p.once(ctx, method, path, form, key, accept)
		w.answered = time.Now()
		if err == nil || ctx.Err() != nil || !passing(err) || try == maxTries {
			if err != nil && ctx.Err() == nil && (statusOf(err) == 0 || statusOf(err) >= 500) {
				p.site.notes.failed(kindOfError(err))
			}
			return body, w, err
		}
		w.again = true
		p.site.notes.failed(kindOfError(err))
		p.site.notes.count(retries, 1)
		pause(ctx, fullJitter(try))
	}
}

func (p *person) once(ctx context.Context, method, path string, form url.Values, key, accept string) ([]byte, error) {
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, p.site.base.String()+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", accept)
	if c := p.cookieHeader(); c != "" {
		req.Header.Set("Cookie", c)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		if p.csrf != "" {
			req.Header.Set("X-Csrf-Token", p.csrf)
		}
	}
	resp, err := p.site.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	p.keep(resp.Cookies())
	if resp.StatusCode >= 300 {
		r := struct{ Error refusal }{}
		_ = json.Unmarshal(answer, &r) // a page says nothing more than its status
		r.Error.Status = resp.StatusCode
		return nil, &r.Error
	}
	return answer, nil
}

func (p *person) keep(cookies []*http.Cookie) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range cookies {
		if c.MaxAge < 0 || !c.Expires.IsZero() && c.Expires.Before(time.Now()) {
			delete(p.cookies, c.Name)
		} else {
			p.cookies[c.Name] = c.Value
		}
	}
}

func (p *person) cookieHeader() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(p.cookies)) {
		pairs = append(pairs, name+"="+p.cookies[name])
	}
	return strings.Join(pairs, "; ")
}

// passing reports whether an error may pass by itself: no answer, or a server that says so.
func passing(err error) bool {
	switch statusOf(err) {
	case 0, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// kindOfError puts errors that mean the same under the same words.
func kindOfError(err error) string {
	var timeout net.Error
	switch {
	case statusOf(err) != 0:
		return fmt.Sprintf("réponse %d", statusOf(err))
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connexion refusée"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connexion coupée"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "délai dépassé"
	}
	return "réponse illisible"
}

// fullJitter is how long to wait after a failure: anything up to half a second doubled each time, thirty seconds at most.
func fullJitter(tries int) time.Duration {
	return rand.N(min(30*time.Second, 500*time.Millisecond<<min(tries, 10)) + 1)
}

// pause waits in real time; false when it was called off.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
