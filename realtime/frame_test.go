package realtime

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

func TestEnvelopes(t *testing.T) {
	html := `<p class="a">Thé & « crème »</p>`
	cases := []struct {
		frame *Frame
		json  string
		seq   int64
	}{
		{Hello{Epoch: "e1", Seq: 1041, Time: 5, Build: "b1"}.Frame(), `{"k":"hello","e":"e1","s":1041,"t":5,"b":"b1","m":"current"}`, 1041},
		{Hello{Epoch: "e1", Seq: 0, Time: 5, Build: "b1", Ops: []Op{{Do: OpMorph, To: "board", HTML: html}}}.Frame(),
			`{"k":"hello","e":"e1","s":0,"t":5,"b":"b1","m":"snapshot","o":[{"do":"morph","to":"board","html":"<p class=\"a\">Thé & « crème »</p>"}]}`, 0},
		{Patch{Seq: 2, Prev: 0, Time: 5, Ops: []Op{{Do: OpRemove, To: "ticket-1"}, {Do: OpEvent, Name: "new-order"}}}.Frame(),
			`{"k":"patch","s":2,"p":0,"t":5,"o":[{"do":"remove","to":"ticket-1"},{"do":"event","name":"new-order"}]}`, 2},
		{Patch{Seq: 2}.Frame(), `{"k":"patch","s":2,"p":0,"t":0,"o":[]}`, 2},
		{Patch{Seq: 3, Ops: []Op{{Do: OpMorph, HTML: "\xff"}}}.Frame(), `{"k":"patch","s":3,"p":0,"t":0,"o":[{"do":"morph","html":"\ufffd"}]}`, 3},
		{Ping{Seq: 9, Time: 5, Build: `b"<`}.Frame(), `{"k":"ping","s":9,"t":5,"b":"b\"\u003c"}`, 9},
		{NewFrame([]byte("é")), "é", 0},
		{NewFrame(nil), "", 0},
		{NewFrame(bytes.Repeat([]byte("x"), 125)), strings.Repeat("x", 125), 0},
		{NewFrame(bytes.Repeat([]byte("x"), 126)), strings.Repeat("x", 126), 0},
		{NewFrame(bytes.Repeat([]byte("x"), 1<<16)), strings.Repeat("x", 1<<16), 0},
	}
	for _, c := range cases {
		r := bytes.NewReader(c.frame.bytes)
		h, err := ws.ReadHeader(r)
		if err != nil || !h.Fin || h.Masked || h.OpCode != ws.OpText || h.Rsv != 0 {
			t.Errorf("header %+v %v", h, err)
		}
		p, _ := io.ReadAll(r)
		if string(p) != c.json || h.Length != int64(len(c.json)) {
			t.Errorf("got  %.200s\nwant %.200s", p, c.json)
		}
		if !bytes.Equal(c.frame.Payload(), p) || c.frame.Len() != ws.HeaderSize(h)+len(p) || c.frame.seq != c.seq {
			t.Errorf("%.100s: %d bytes, sequence %d", c.frame.Payload(), c.frame.Len(), c.frame.seq)
		}
	}
}

func FuzzParseAck(f *testing.F) {
	for _, s := range []string{`{"k":"ack","s":1042}`, `{"k":"ack","s":0}`, `{"s":1,"k":"ack"}`, `{"k":"ack","s":01}`, `{"k":"ack","s":99999999999999999999}`, `[]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, m []byte) {
		got, err := parseAck(m)
		want, wantErr := parseAnyAck(m)
		if got != want || (err == nil) != (wantErr == nil) {
			t.Errorf("%q: %d %v, want %d %v", m, got, err, want, wantErr)
		}
	})
}

func BenchmarkPatchFrame(b *testing.B) {
	p := Patch{Seq: 1042, Prev: 1041, Time: 1_700_000_000_000, Ops: []Op{{Do: OpMorph, To: "ticket-42", HTML: strings.Repeat(`<p class="x">é</p>`, 33)}}}
	b.ReportAllocs()
	for b.Loop() {
		p.Frame()
	}
}

func BenchmarkPingFrame(b *testing.B) {
	build := quote("20240101-abcdef")
	b.ReportAllocs()
	for b.Loop() {
		pingFrame(1042, 1_700_000_000_000, build)
	}
}

func BenchmarkParseAck(b *testing.B) {
	for _, m := range []string{`{"k":"ack","s":1042}`, `{ "k": "ack", "s": 1042 }`} {
		b.Run(m, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parseAck([]byte(m)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
