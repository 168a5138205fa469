package simulate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

var (
	errGap = errors.New("something is missing")
	errCut = errors.New("the network went away")
)

func kindOfSocketError(err error) string {
	if status, ok := errors.AsType[ws.StatusError](err); ok {
		return fmt.Sprintf("réponse %d", int(status))
	}
	return kindOfError(err)
}

// session is one connection, from the handshake to its end.
func (s *screen) session(ctx context.Context) error {
	conn, reader, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	stop := context.AfterFunc(ctx, func() {
		sendFrame(conn, ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, "")))
		conn.Close()
	})
	defer stop()
	both := struct {
		io.Reader
		io.Writer
	}{reader, conn}
	for {
		_ = conn.SetReadDeadline(time.Now().Add(silence))
		text, err := readText(both)
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.conn == nil {
				return errCut
			}
			return err
		}
		var f frame
		at := time.Now()
		if err := json.Unmarshal(text, &f); err != nil {
			return fmt.Errorf("a frame is not JSON: %w", err)
		}
		s.notes.received(s.kind, len(text))
		if err := s.take(f, at); err != nil {
			return err
		}
		if f.K == "ping" {
			sendFrame(conn, ws.NewTextFrame(fmt.Appendf(nil, `{"k":"ack","s":%d}`, f.S)))
		}
	}
}

// readText reads the next message, and answers what the protocol wants answered. A close frame is a wsutil.ClosedError with its code, whichever
// it is: the library refuses 1012 (« service restart », registered with IANA after RFC 6455).
func readText(both io.ReadWriter) ([]byte, error) {
	control := wsutil.ControlFrameHandler(both, ws.StateClientSide)
	reader := wsutil.Reader{
		Source: both, State: ws.StateClientSide, CheckUTF8: true,
		OnIntermediate: func(h ws.Header, r io.Reader) error { return handleControl(h, r, both, control) },
	}
	for {
		h, err := reader.NextFrame()
		if err != nil {
			return nil, err
		}
		if !h.OpCode.IsControl() {
			return io.ReadAll(&reader)
		}
		if err := handleControl(h, &reader, both, control); err != nil {
			return nil, err
		}
	}
}

func handleControl(h ws.Header, r io.Reader, w io.Writer, otherwise wsutil.FrameHandlerFunc) error {
	if h.OpCode != ws.OpClose {
		return otherwise(h, r)
	}
	body := make([]byte, h.Length)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	code, reason := ws.ParseCloseFrameData(body)
	_, _ = w.Write(ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewCloseFrame(body))))
	return wsutil.ClosedError{Code: code, Reason: reason}
}

// sendFrame writes a frame in one call, so that two senders cannot mix theirs. A connection that is gone is noticed by the reader.
func sendFrame(conn net.Conn, f ws.Frame) {
	_, _ = conn.Write(ws.MustCompileFrame(ws.MaskFrameInPlace(f)))
}

func (s *screen) dial(ctx context.Context) (net.Conn, io.Reader, error) {
	s.mu.Lock()
	u := *s.who.site.base
	u.Scheme = "ws"
	if s.who.site.base.Scheme == "https" {
		u.Scheme = "wss"
	}
	path, err := url.Parse(s.live)
	if err != nil {
		s.mu.Unlock()
		return nil, nil, err
	}
	q := path.Query()
	q.Set("epoch", s.epoch)
	q.Set("seq", fmt.Sprint(s.seq))
	q.Set("build", s.build)
	if service := s.page.service(); service != "" {
		q.Set("service", service)
	}
	u.Path, u.RawQuery = path.Path, q.Encode()
	s.mu.Unlock()
	header := http.Header{}
	if c := s.who.cookieHeader(); c != "" {
		header.Set("Cookie", c)
	}
	dialer := ws.Dialer{Timeout: 10 * time.Second, Header: ws.HandshakeHeaderHTTP(header)}
	conn, buffered, _, err := dialer.Dial(ctx, u.String())
	if err != nil {
		return nil, nil, err
	}
	if buffered == nil {
		buffered = bufio.NewReader(conn)
	}
	return conn, buffered, nil
}
