package watch

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// TestAlarms walks values through a rule, a line a reading, ten seconds apart.
func TestAlarms(t *testing.T) {
	memory := Rule{Name: "memory", Label: "Mémoire", Unit: "%", Warn: 80, Alarm: 95, Rise: 30 * time.Second, Fall: time.Minute}
	at := func(v float64, n int) []float64 { // n readings of v
		out := make([]float64, n)
		for i := range out {
			out[i] = v
		}
		return out
	}
	join := func(parts ...[]float64) (all []float64) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	for _, c := range []struct {
		name   string
		values []float64
		want   string
	}{
		{"well", at(50, 30), ""},
		{"a peak is nothing", join(at(50, 3), at(99, 3), at(50, 3)), ""},
		{"crossed, once, and over, once", join(at(50, 3), at(85, 30), at(50, 10)), "warn ok"},
		{"worse is told, better is not", join(at(85, 5), at(97, 5), at(85, 20), at(50, 10)), "warn alarm ok"},
		{"straight to the alarm", join(at(97, 10), at(10, 10)), "alarm ok"},
		{"hovering around the threshold", join(at(81, 6), at(79, 20), at(81, 6), at(79, 20), at(81, 6)), "warn"},
		{"below, but not for long enough", join(at(85, 6), at(50, 4), at(85, 6), at(50, 4)), "warn"},
		{"again after it was over", join(at(85, 6), at(50, 10), at(85, 6)), "warn ok warn"},
		{"not known changes nothing", join(at(85, 6), at(math.NaN(), 60)), "warn"},
		{"a peak of the alarm within a warning is not one", join(at(85, 6), at(97, 2), at(85, 6)), "warn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, now := NewAlarms([]Rule{memory}), noon
			var told []string
			for _, v := range c.values {
				for _, ch := range a.Note(now, map[string]float64{"memory": v}) {
					told = append(told, ch.To.String())
				}
				now = now.Add(10 * time.Second)
			}
			if got := strings.Join(told, " "); got != c.want {
				t.Errorf("told %q, want %q", got, c.want)
			}
		})
	}
}

// TestAlarmsGoOn: a process that starts knows what was told, and neither repeats it nor keeps its end to itself.
func TestAlarmsGoOn(t *testing.T) {
	for value, want := range map[float64]string{90: "", 99: "alarm", 10: "ok"} {
		a := NewAlarms([]Rule{{Name: "storage", Warn: 70, Alarm: 95}})
		level, ok := ParseLevel("warn")
		if _, known := ParseLevel("fine"); !ok || known {
			t.Fatal("levels are not read as they are written")
		}
		a.Restore("storage", level, noon.Add(-time.Hour))
		told := ""
		for _, ch := range a.Note(noon, map[string]float64{"storage": value}) {
			told += ch.To.String()
			if ch.Over() && ch.Lasted != time.Hour {
				t.Errorf("it lasted %s", ch.Lasted)
			}
		}
		if told != want {
			t.Errorf("%v: told %q, want %q", value, told, want)
		}
	}
}

func TestAlarmsSayWhatAndHowLong(t *testing.T) {
	a := NewAlarms([]Rule{{Name: "backup", Label: "Dernière sauvegarde", Unit: "h", Warn: 25, Alarm: 26}})
	first := a.Note(noon, map[string]float64{"backup": 26.5})
	if len(first) != 1 || first[0].Threshold != 26 || first[0].Sentence() != "Alarme : Dernière sauvegarde à 26,5\u00a0h (seuil 26\u00a0h)." {
		t.Fatalf("%+v", first)
	}
	over := a.Note(noon.Add(2*time.Hour), map[string]float64{"backup": 0.1})
	if len(over) != 1 || !over[0].Over() || over[0].Lasted != 2*time.Hour {
		t.Fatalf("%+v", over)
	}
	if s := over[0].Sentence(); !strings.HasPrefix(s, "Terminé") || !strings.Contains(s, "2h0m0s") {
		t.Error(s)
	}
}

func TestThresholds(t *testing.T) {
	rules := []Rule{{Name: "memory", Warn: 80, Alarm: 95}, {Name: "storage", Warn: 70, Alarm: 85}}
	got, err := Thresholds(rules, " memory=60/70.5 , storage=50")
	if err != nil || got[0].Warn != 60 || got[0].Alarm != 70.5 || got[1].Warn != 50 || !math.IsInf(got[1].Alarm, 1) {
		t.Errorf("%+v, %v", got, err)
	}
	if rules[0].Warn != 80 {
		t.Error("the defaults were changed")
	}
	for _, bad := range []string{"memory", "disk=1/2", "memory=x/2", "memory=90/80", "memory=-1/2", "memory=0/2", "memory=1/NaN"} {
		if _, err := Thresholds(rules, bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestFills(t *testing.T) {
	day := func(n int, bytes int64) Sample { return Sample{At: noon.AddDate(0, 0, n), Bytes: bytes} }
	for _, c := range []struct {
		name    string
		samples []Sample
		want    int // days from noon; -1: not in sight
	}{
		{"one is no line", []Sample{day(0, 100)}, -1},
		{"a day is too short", []Sample{day(0, 100), day(1, 110)}, -1},
		{"ten a day", []Sample{day(0, 100), day(1, 110), day(2, 120), day(10, 200)}, 90},
		{"in any order", []Sample{day(10, 200), day(0, 100), day(5, 150)}, 90},
		{"it does not grow", []Sample{day(0, 200), day(3, 200)}, -1},
		{"it shrinks", []Sample{day(0, 200), day(3, 100)}, -1},
		{"full already", []Sample{day(0, 200), day(3, 1000)}, 3},
		{"not in our time", []Sample{day(0, 100), day(50, 101)}, -1},
	} {
		got, ok := Fills(c.samples, 1000)
		if !ok {
			got = noon.AddDate(0, 0, -1)
		}
		if want := noon.AddDate(0, 0, c.want); got.Sub(want).Abs() > time.Hour {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
}

func TestWindow(t *testing.T) {
	w := Window[int]{Keep: time.Minute, Every: 10 * time.Second}
	for i := range 100 {
		w.Add(noon.Add(time.Duration(i)*5*time.Second), i)
	}
	now := noon.Add(99 * 5 * time.Second)
	v, age := w.Oldest(now)
	if age < time.Minute || age > 70*time.Second || v != 99-int(age/(5*time.Second)) || len(w.kept) > 8 {
		t.Errorf("%d, %v old, %d kept", v, age, len(w.kept))
	}
}

func TestMachine(t *testing.T) {
	if m := Resident(); m < 1<<20 || m > 1<<40 {
		t.Errorf("%d bytes", m)
	}
	before := CPUTime()
	for x := 0.0; CPUTime() == before; x++ {
		_ = math.Sqrt(x)
	}
}

// quiet is a log that is kept.
type kept struct {
	mu  sync.Mutex
	all strings.Builder
}

func (k *kept) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.all.Write(p)
}

func (k *kept) String() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.all.String()
}

func teller(t *testing.T, o Options) (*Teller, *kept) {
	t.Helper()
	log := &kept{}
	o.Log = slog.New(slog.NewJSONHandler(log, nil))
	if o.Pauses == nil {
		o.Pauses = []time.Duration{time.Millisecond, time.Millisecond}
	}
	tell, err := NewTeller(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tell.Close)
	return tell, log
}

var full = Change{
	Rule: Rule{Name: "storage", Label: "Stockage de la base", Unit: "%"}, At: noon, From: OK, To: Alarm, Value: 91.5, Threshold: 85,
}

func receive[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}

func TestWebhook(t *testing.T) {
	got := make(chan Message, 10)
	var tries atomic.Int32
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) == 1 {
			w.WriteHeader(http.StatusBadGateway) // the first try falls on a bad moment
			return
		}
		var m Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", r.Method, err)
		}
		got <- m
	}))
	defer hook.Close()
	tell, log := teller(t, Options{Webhook: hook.URL + "/secret-of-the-hook", Origin: "https://www.oc-pizza.fr"})
	tell.Tell(full)
	m := receive(t, got)
	if m.Name != "storage" || m.Level != "alarm" || m.Was != "ok" || m.Value != 91.5 || m.Threshold != 85 || !m.At.Equal(noon) ||
		m.Text != "OC Pizza (https://www.oc-pizza.fr) — Alarme : Stockage de la base à 91,5\u00a0% (seuil 85\u00a0%)." {
		t.Errorf("%+v", m)
	}
	over := full
	over.From, over.To, over.Value = Alarm, OK, 40
	tell.Tell(over)
	if m := receive(t, got); m.Level != "ok" || m.Was != "alarm" || !strings.Contains(m.Text, "Terminé") {
		t.Errorf("%+v", m)
	}
	for _, want := range []string{`"level":"WARN","msg":"alert","name":"storage","level":"alarm"`, `"value":91.5,"threshold":85`, `"level":"INFO","msg":"alert"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
}

// TestWebhookIsGivenUp after a few tries, or at once when the other side refuses; its address is never logged.
func TestWebhookIsGivenUp(t *testing.T) {
	for _, c := range []struct{ status, tries int }{{500, 3}, {429, 3}, {404, 1}, {302, 1}, {0, 0}} {
		var tries atomic.Int32
		hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			tries.Add(1)
			w.WriteHeader(c.status)
		}))
		if c.status == 0 {
			hook.Close() // nobody listens
		}
		tell, log := teller(t, Options{Webhook: hook.URL + "/secret-of-the-hook"})
		tell.Tell(full)
		for end := time.Now().Add(20 * time.Second); !strings.Contains(log.String(), "could not be sent"); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d: not given up", c.status)
			}
		}
		if int(tries.Load()) != c.tries || strings.Contains(log.String(), "secret-of") {
			t.Errorf("%d: %d tries\n%s", c.status, tries.Load(), log)
		}
		hook.Close()
	}
}

// TestNobodyWaits for a webhook that hangs.
func TestNobodyWaits(t *testing.T) {
	hang := make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	defer hook.Close()
	defer close(hang)
	tell, _ := teller(t, Options{Webhook: hook.URL})
	began := time.Now()
	for range 10 * waiting {
		tell.Tell(full)
	}
	tell.Close()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("telling and closing took %v", took)
	}
}

// smtpServer takes mails without asking who sends them (RFC 5321, the least of it). It refuses the first so many connections.
func smtpServer(t *testing.T, refuse int) (addr string, mails <-chan string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	out := make(chan string, 10)
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if n < refuse {
				c.Close()
				continue
			}
			go takeMail(c, out)
		}
	}()
	return l.Addr().String(), out
}

func takeMail(c net.Conn, out chan<- string) {
	defer c.Close()
	r := bufio.NewScanner(c)
	say := func(s string) { _, _ = c.Write([]byte(s + "\r\n")) }
	say("220 test")
	var mail strings.Builder
	for data := false; r.Scan(); {
		line := r.Text()
		switch {
		case data && line == ".":
			data = false
			say("250 taken")
			out <- mail.String()
			mail.Reset()
		case data:
			mail.WriteString(line + "\n")
		case strings.HasPrefix(line, "DATA"):
			data = true
			say("354 go on")
		case strings.HasPrefix(line, "QUIT"):
			say("221 bye")
			return
		default:
			if strings.HasPrefix(line, "MAIL") || strings.HasPrefix(line, "RCPT") {
				mail.WriteString(line + "\n")
			}
			say("250 test")
		}
	}
}

func TestMail(t *testing.T) {
	addr, mails := smtpServer(t, 1)
	tell, _ := teller(t, Options{SMTP: "smtp://" + addr, To: "chef@exemple.fr, second@exemple.fr", From: "alertes@exemple.fr", Origin: "https://www.oc-pizza.fr"})
	tell.Tell(full)
	m := receive(t, mails)
	for _, want := range []string{"FROM:<alertes@exemple.fr>", "TO:<chef@exemple.fr>", "TO:<second@exemple.fr>", "Subject: OC Pizza, alarme : Stockage de la base", "/pilotage/supervision", "91,5"} {
		if !strings.Contains(m, want) {
			t.Errorf("the mail lacks %q:\n%s", want, m)
		}
	}
}

func TestBadOptions(t *testing.T) {
	for _, o := range []Options{
		{Webhook: "hook.example/s3cret"}, {Webhook: "ftp://x/s3cret"}, {SMTP: "s3cret", To: "a@exemple.fr"},
		{SMTP: "http://u:s3cret@h", To: "a@exemple.fr"}, {SMTP: "smtp://u:s3cret@h", To: " , "}, {SMTP: "smtp://u:s3cret@h", To: "nobody"}, {SMTP: "smtp://h:99999999999999999999", To: "a@exemple.fr"},
	} {
		err := o.Check()
		if err == nil || !strings.Contains(err.Error(), "OCPIZZA_") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for says, o := range map[string]Options{
		"": {}, "OCPIZZA_SMTP_URL manque": {To: "a@exemple.fr"}, "OCPIZZA_ALERT_EMAIL manque": {SMTP: "smtp://u:s3cret@h"},
	} {
		if err := o.Check(); err != nil || !strings.Contains(o.Silent(), says) || (says == "") != (o.Silent() == "") {
			t.Errorf("%+v: %v, %q", o, err, o.Silent())
		}
	}
	if words := (Options{SMTP: "smtp://u:s3cret@h", To: "a@exemple.fr"}).Silent(); words != "" {
		t.Error(words)
	}
}
