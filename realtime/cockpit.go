package realtime

import (
	"strconv"
	"strings"

	"github.com/oc-pizza/ocpizza/views"
)

// Cockpit sums up the screens that watch a shop: how many of each kind, how far the slowest is behind, when one was last heard of.
func (bs *Boards) Cockpit(pizzeria int64) views.Screens {
	shop := strconv.FormatInt(pizzeria, 10)
	var out views.Screens
	at := map[string]int{}
	for _, s := range bs.hub.Snapshot() {
		kind, rest, _ := strings.Cut(string(s.Topic), ":")
		if id, _, _ := strings.Cut(rest, ":"); id != shop {
			continue
		}
		i, ok := at[kind]
		if !ok {
			i = len(out)
			at[kind] = i
			out = append(out, views.ScreenStat{Kind: kind})
		}
		k := &out[i]
		k.Count++
		k.Lag = max(k.Lag, s.Seq-s.Acked)
		if s.LastSeen.After(k.LastSeen) {
			k.LastSeen = s.LastSeen
		}
	}
	return out
}
