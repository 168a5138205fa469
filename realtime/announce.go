package realtime

import (
	"context"

	"github.com/oc-pizza/ocpizza/app"
)

// AnnounceNow tells running processes what a command that is about to end has saved: it returns once Redis has the messages. The announcer
// need not have been started. Without Redis it tells nobody and says so.
func (a *Announcer) AnnounceNow(ctx context.Context, events []app.Event) (told bool, err error) {
	if a == nil || len(events) == 0 {
		return false, nil
	}
	batch := make([]message, len(events))
	for i := range events {
		batch[i] = message{channel: channelOf(events[i].Pizzeria), Event: &events[i]}
	}
	if err := a.publish(ctx, batch); err != nil {
		return false, err
	}
	return true, nil
}
