package main

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/oc-pizza/ocpizza/views"
)

func TestZZShot(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	v := e.visitor()
	for i := range 6 {
		v.place(order("regina:medium:1"), "z"+string(rune('a'+i)))
	}
	e.as("cuisine").watch("/live/cuisine")
	shot := func(name string, d device, path string, full bool) {
		b := c.sit(t, name, e.url, d)
		b.paris()
		b.signsIn("directeur", "/pilotage")
		b.open(path)
		time.Sleep(6 * time.Second)
		if f := b.inspect(); len(f) > 0 {
			t.Error(name, f)
		}
		var buf []byte
		var err error
		if full {
			buf, err = chromedp.Run(b.ctx, chromedp.FullScreenshot(90))
		} else {
			buf, err = chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		}
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile("/tmp/"+name+".png", buf, 0o644)
	}
	_ = views.Good
	shot("sup-1440", cockpit, "/pilotage/supervision", false)
	e.prog.watcher.demo = false
	e.prog.watcher.usage.Bytes = 800 << 20
	e.prog.watcher.usage.Days = map[string]int64{"2026-11-01": 600 << 20, "2026-11-10": 700 << 20}
	shot("sup-360", phone, "/pilotage/supervision", true)
	shot("dash-1440", cockpit, "/pilotage", false)
	shot("dash-360", phone, "/pilotage", false)
}
