package db

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/klauspost/compress/gzip"
)

// A backup file is two gzip members (RFC 1952), which every gunzip joins:
//
//   - the SQL text. Its last line is « -- ocpizza sha256 … », the hash of all the text before that line: it also protects the file once it
//     has been uncompressed by hand;
//   - an empty one, the seal, whose comment is the SHA-256 of all the bytes before it: gzip's own checksum covers neither its header nor the
//     bits left over at the end of a block.
const (
	dumpMark   = "-- ocpizza "
	hashMark   = dumpMark + "sha256 "
	hashLine   = len(hashMark) + 2*sha256.Size + 1
	sealMark   = "ocpizza-sha256:"
	sealLength = 10 + len(sealMark) + 2*sha256.Size + 1 + 2 + 8
)

// seal is the second member: header with a comment, an empty last block (03 00), checksum and length of nothing.
func seal(sum []byte) []byte {
	b := []byte{0x1f, 0x8b, 8, 0x10, 0, 0, 0, 0, 0, 0xff}
	b = append(b, sealMark...)
	b = hex.AppendEncode(b, sum)
	b = append(b, 0, 3, 0)
	return append(b, make([]byte, 8)...)
}

// dumpWriter compresses the text and counts and hashes what goes by. It remembers the destination's first error.
type dumpWriter struct {
	out  io.Writer
	file hash.Hash // of the compressed bytes
	sum  hash.Hash // of the text
	zip  *gzip.Writer
	buf  *bufio.Writer
	n    int64
	err  error // of the destination
}

func newDumpWriter(w io.Writer) *dumpWriter {
	d := &dumpWriter{out: w, file: sha256.New(), sum: sha256.New()}
	d.zip = gzip.NewWriter(writerFunc(d.compressed))
	d.buf = bufio.NewWriterSize(writerFunc(d.plain), 64<<10)
	return d
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func (d *dumpWriter) compressed(p []byte) (int, error) {
	d.file.Write(p)
	n, err := d.out.Write(p)
	if err != nil && d.err == nil {
		d.err = err
	}
	return n, err
}

func (d *dumpWriter) plain(p []byte) (int, error) {
	d.sum.Write(p)
	d.n += int64(len(p))
	return d.zip.Write(p)
}

// text and bytes write; an error shows at close.
func (d *dumpWriter) text(s string)  { _, _ = d.buf.WriteString(s) }
func (d *dumpWriter) bytes(b []byte) { _, _ = d.buf.Write(b) }

// close ends the text with its hash and the file with its seal, and returns how long the text was.
func (d *dumpWriter) close() (int64, error) {
	if err := d.buf.Flush(); err != nil {
		return d.n, err
	}
	d.text(hashMark + hex.EncodeToString(d.sum.Sum(nil)) + "\n")
	if err := d.buf.Flush(); err != nil {
		return d.n, err
	}
	if err := d.zip.Close(); err != nil {
		return d.n, err
	}
	_, err := d.compressed(seal(d.file.Sum(nil)))
	return d.n, err
}

// holdBack reads a stream but for its last n bytes, hashing what it gives. At the end it shows them to judge, with the hash of all before:
// they are dropped if it says so, else read like the rest.
type holdBack struct {
	r     io.Reader
	n     int
	sum   hash.Hash
	judge func(tail, sum []byte) (drop bool)
	buf   []byte
	from  int // of what is not read yet, in buf
	eof   bool
	ended bool
}

func newHoldBack(r io.Reader, n int, judge func(tail, sum []byte) bool) *holdBack {
	return &holdBack{r: r, n: n, sum: sha256.New(), judge: judge, buf: make([]byte, 0, 128<<10)}
}

func (h *holdBack) Read(p []byte) (int, error) {
	for {
		if free := len(h.buf) - h.from - h.n; free > 0 {
			n := copy(p, h.buf[h.from:h.from+free])
			if !h.ended {
				h.sum.Write(p[:n])
			}
			h.from += n
			return n, nil
		}
		if h.ended {
			return 0, io.EOF
		}
		if h.eof {
			h.ended = true
			if h.judge(h.buf[h.from:], h.sum.Sum(nil)) {
				return 0, io.EOF
			}
			h.n = 0
			continue
		}
		h.buf = append(h.buf[:0], h.buf[h.from:]...)
		h.from = 0
		n, err := h.r.Read(h.buf[len(h.buf):cap(h.buf)])
		h.buf = h.buf[:len(h.buf)+n]
		if err == io.EOF {
			h.eof = true
		} else if err != nil {
			return 0, err
		}
	}
}

// sealed is a judge that accepts the seal.
func sealed(found *bool) func(tail, sum []byte) bool {
	return func(tail, sum []byte) bool {
		*found = bytes.Equal(tail, seal(sum))
		return *found
	}
}

// hashed is a judge that recognises the last line of a backup's text, and says whether its hash is right.
func hashed(found, right *bool) func(tail, sum []byte) bool {
	return func(tail, sum []byte) bool {
		*found = bytes.HasPrefix(tail, []byte(hashMark))
		*right = string(tail) == hashMark+hex.EncodeToString(sum)+"\n"
		return *right
	}
}
