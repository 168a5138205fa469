package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
)

// Teller tells changes to people: a line in the log at once, then a webhook and an e-mail, each if it is configured, in the background and
// with a few tries. Neither holds the other up, and nobody waits for them.
type Teller struct {
	log    *slog.Logger
	ways   []way
	tasks  sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc
}

// Options of NewTeller. "" leaves a way out; e-mail takes SMTP and To. The URLs hold secrets: they are in no log and in no error.
type Options struct {
	Origin  string // of the site, to say where an alert comes from
	Webhook string // http(s)://…, gets a JSON object by POST
	SMTP    string // smtp://user:password@host:587 (STARTTLS if it is offered) or smtps://…:465
	To      string // e-mail addresses, by commas
	From    string // "": the user of SMTP if it is an address, else the first of To
	Log     *slog.Logger
	// Pauses between tries; nil: 2 s, 10 s, 1 min.
	Pauses []time.Duration
}

// way is one of those by which people are told. Its errors quote no secret; errGivenUp is worth no other try.
type way struct {
	name   string
	send   func(context.Context, Change) error
	pauses []time.Duration
	queue  chan Change
}

const (
	// sendTimeout is for one try.
	sendTimeout = 5 * time.Second
	// waiting is how many changes may wait while a way is down; more are only in the log.
	waiting = 64
)

var errGivenUp = errors.New("refused for good")

// NewTeller checks the options; its errors name what is wrong and quote nothing. Close ends it.
func NewTeller(o Options) (*Teller, error) {
	t := &Teller{log: o.Log}
	var err error
	if t.ways, err = o.ways(); err != nil {
		return nil, err
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	if o.Pauses == nil {
		o.Pauses = []time.Duration{2 * time.Second, 10 * time.Second, time.Minute}
	}
	for i := range t.ways {
		w := &t.ways[i]
		w.pauses, w.queue = o.Pauses, make(chan Change, waiting)
		t.tasks.Go(func() { t.serve(w) })
	}
	return t, nil
}

// Check says what is wrong with the options, as NewTeller does.
func (o Options) Check() error {
	_, err := o.ways()
	return err
}

// Silent says, for the operator, why nobody gets an e-mail although one half of what that takes is set; "" if all is well, or nobody should.
// It is no error: pizzas are sold without.
func (o Options) Silent() string {
	switch {
	case o.To != "" && o.SMTP == "":
		return "aucune alerte ne partira par courriel, car OCPIZZA_SMTP_URL manque. Donnez le serveur qui les envoie : smtps://utilisateur:motdepasse@hôte:465"
	case o.To == "" && o.SMTP != "":
		return "aucune alerte ne partira par courriel, car OCPIZZA_ALERT_EMAIL manque. Donnez qui les reçoit : quelqu.un@exemple.fr"
	}
	return ""
}

func (o Options) ways() ([]way, error) {
	var all []way
	if o.Webhook != "" {
		u, err := url.Parse(o.Webhook)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return nil, errors.New("OCPIZZA_ALERT_WEBHOOK n’est pas une adresse : écrivez-la comme https://exemple.fr/chemin")
		}
		client := &http.Client{Timeout: sendTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		all = append(all, way{name: "webhook", send: func(ctx context.Context, c Change) error { return post(ctx, client, o.Webhook, o.Origin, c) }})
	}
	if o.SMTP != "" && o.To != "" {
		send, err := mailer(o)
		if err != nil {
			return nil, err
		}
		all = append(all, way{name: "e-mail", send: send})
	}
	return all, nil
}

// Tell says a change. It never waits.
func (t *Teller) Tell(c Change) {
	level := slog.LevelWarn
	if c.Over() {
		level = slog.LevelInfo
	}
	t.log.Log(t.ctx, level, "alert", "name", c.Rule.Name, "level", c.To.String(), "was", c.From.String(), "value", c.Value, "threshold", c.Threshold, "unit", c.Rule.Unit)
	for i := range t.ways {
		select {
		case t.ways[i].queue <- c:
		default:
			t.log.Warn("an alert is not sent: too many wait", "by", t.ways[i].name, "name", c.Rule.Name)
		}
	}
}

// Close gives up what has not been sent.
func (t *Teller) Close() {
	t.cancel()
	t.tasks.Wait()
}

func (t *Teller) serve(w *way) {
	for {
		select {
		case <-t.ctx.Done():
			return
		case c := <-w.queue:
			if err := t.try(w, c); err != nil && t.ctx.Err() == nil {
				t.log.Error("an alert could not be sent", "by", w.name, "name", c.Rule.Name, "err", err)
			}
		}
	}
}

func (t *Teller) try(w *way, c Change) error {
	for n := 0; ; n++ {
		ctx, cancel := context.WithTimeout(t.ctx, sendTimeout)
		err := w.send(ctx, c)
		cancel()
		if err == nil || n >= len(w.pauses) || errors.Is(err, errGivenUp) {
			return err
		}
		select {
		case <-t.ctx.Done():
			return err
		case <-time.After(w.pauses[n]):
		}
	}
}

// Message is what the webhook gets. Text makes it readable as it is for Slack, Mattermost and the like.
type Message struct {
	Text      string    `json:"text"`
	Site      string    `json:"site"`
	Name      string    `json:"name"`
	Label     string    `json:"label"`
	Level     string    `json:"level"` // "warn", "alarm", "ok" when it is over
	Was       string    `json:"was"`
	Value     float64   `json:"value"`
	Threshold float64   `json:"threshold"`
	Unit      string    `json:"unit"`
	At        time.Time `json:"at"`
}

func message(origin string, c Change) Message {
	text := c.Sentence()
	if origin != "" {
		text = "OC Pizza (" + origin + ") — " + text
	}
	return Message{
		Text: text, Site: origin, Name: c.Rule.Name, Label: c.Rule.Label, Level: c.To.String(), Was: c.From.String(), Value: c.Value,
		Threshold: c.Threshold, Unit: c.Rule.Unit, At: c.At.UTC(),
	}
}

func post(ctx context.Context, client *http.Client, to, origin string, c Change) error {
	body, err := json.Marshal(message(origin, c))
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		var ue *url.Error // quotes the address, which is a secret
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return fmt.Errorf("no answer: %w", err)
	}
	_ = resp.Body.Close() // the status is the answer
	switch {
	case resp.StatusCode < 300:
		return nil
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusRequestTimeout:
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return fmt.Errorf("status %d: %w", resp.StatusCode, errGivenUp)
}

var errSMTP = errors.New("OCPIZZA_SMTP_URL ne se lit pas : écrivez-le comme smtps://utilisateur:motdepasse@hôte:465 ou smtp://…:587")

// mailer checks the settings of e-mail and returns what sends one.
func mailer(o Options) (func(context.Context, Change) error, error) {
	u, err := url.Parse(o.SMTP)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errSMTP
	}
	var to []string
	for a := range strings.SplitSeq(o.To, ",") {
		if a = strings.TrimSpace(a); a != "" {
			to = append(to, a)
		}
	}
	if len(to) == 0 {
		return nil, errors.New("aucun destinataire : donnez OCPIZZA_ALERT_EMAIL=quelqu.un@exemple.fr")
	}
	from := o.From
	if from == "" && strings.Contains(u.User.Username(), "@") {
		from = u.User.Username()
	}
	if from == "" {
		from = to[0]
	}
	check := mail.NewMsg()
	if check.From(from) != nil || check.To(to...) != nil {
		return nil, errors.New("une adresse de courriel de OCPIZZA_ALERT_EMAIL ou OCPIZZA_ALERT_FROM ne se lit pas")
	}
	options := []mail.Option{mail.WithTimeout(sendTimeout), mail.WithTLSPolicy(mail.TLSOpportunistic)}
	port := 587
	if u.Scheme == "smtps" {
		options, port = append(options, mail.WithSSL()), 465
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, errSMTP
		}
	}
	options = append(options, mail.WithPort(port))
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
		if u.Scheme == "smtp" { // a password does not travel in the clear
			options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
		}
	}
	host := u.Hostname()
	return func(ctx context.Context, c Change) error {
		client, err := mail.NewClient(host, options...)
		if err != nil {
			return fmt.Errorf("watch: %w", err)
		}
		m := mail.NewMsg()
		if err := errors.Join(m.From(from), m.To(to...)); err != nil {
			return fmt.Errorf("watch: %w", err)
		}
		text := message(o.Origin, c)
		m.Subject(subject(c))
		m.SetBodyString(mail.TypeTextPlain, body(text))
		return client.DialAndSendWithContext(ctx, m)
	}, nil
}

func subject(c Change) string {
	word := map[Level]string{OK: "terminé", Warn: "à surveiller", Alarm: "alarme"}[c.To]
	return "OC Pizza, " + word + " : " + c.Rule.Label
}

func body(m Message) string {
	text := m.Text + "\n\nRelevé à " + m.At.Format("2006-01-02 15:04:05") + " UTC."
	if m.Site != "" {
		text += "\nSupervision : " + m.Site + "/pilotage/supervision"
	}
	return text + "\n"
}
