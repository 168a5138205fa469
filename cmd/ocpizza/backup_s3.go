package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// partSize is what is sent, and kept in memory, at once: the smallest part that S3 takes. 10,000 of them are 48 GiB.
const partSize = 5 << 20

// s3Place keeps backups in an S3-compatible storage.
type s3Place struct {
	client *minio.Client
	bucket string
	prefix string // "" or ends in /
	key    string // of the one object, if the address names one
}

// openS3 reads s3://bucket/prefix and the environment. Its errors quote no secret.
func openS3(c *console, address string) (*s3Place, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, usageError{errors.New("cette adresse s3:// ne se lit pas : écrivez s3://seau/préfixe, sans clé (elle va dans OCPIZZA_S3_KEY)")}
	}
	endpoint, key, secret := c.env("OCPIZZA_S3_ENDPOINT"), c.env("OCPIZZA_S3_KEY"), c.env("OCPIZZA_S3_SECRET")
	if endpoint == "" {
		endpoint = "https://s3.amazonaws.com"
	}
	if key == "" || secret == "" {
		return nil, errors.New("OCPIZZA_S3_KEY et OCPIZZA_S3_SECRET manquent : donnez la clé d’accès du stockage (et OCPIZZA_S3_ENDPOINT, OCPIZZA_S3_REGION s’il n’est pas chez Amazon)")
	}
	if !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	e, err := url.Parse(endpoint)
	if err != nil || e.Host == "" || e.Scheme != "http" && e.Scheme != "https" || strings.Trim(e.Path, "/") != "" {
		return nil, errors.New("OCPIZZA_S3_ENDPOINT ne se lit pas : écrivez-le comme https://s3.fr-par.scw.cloud")
	}
	client, err := minio.New(e.Host, &minio.Options{
		Creds: credentials.NewStaticV4(key, secret, ""), Secure: e.Scheme == "https", Region: c.env("OCPIZZA_S3_REGION"), MaxRetries: 5,
	})
	if err != nil {
		return nil, fmt.Errorf("le stockage ne peut pas être utilisé : %w", err)
	}
	p := &s3Place{client: client, bucket: u.Host, prefix: strings.Trim(u.Path, "/")}
	if strings.HasSuffix(p.prefix, ".gz") || strings.HasSuffix(p.prefix, ".age") || strings.HasSuffix(p.prefix, ".sql") {
		p.key, p.prefix = p.prefix, ""
	} else if p.prefix != "" {
		p.prefix += "/"
	}
	return p, nil
}

func (p *s3Place) exact() bool { return p.key != "" }

func (p *s3Place) address(key string) string { return "s3://" + p.bucket + "/" + key }

// put sends parts while they are written. What is not finished is given up: an object exists whole or not at all.
func (p *s3Place) put(ctx context.Context, name string, write func(io.Writer) error) (stored, error) {
	key := p.prefix + name
	if p.key != "" {
		key = p.key
	}
	r, w := io.Pipe()
	wrote := make(chan error, 1)
	n := &countingWriter{w: w}
	go func() {
		err := write(n)
		wrote <- err
		w.CloseWithError(err)
	}()
	// Each part goes plain with its MD5: that is what every storage understands, where signed chunks and trailers are not (they end up in
	// the object). TLS protects the way.
	_, err := p.client.PutObject(ctx, p.bucket, key, r, -1, minio.PutObjectOptions{
		PartSize: partSize, ContentType: "application/gzip", SendContentMd5: true, DisableContentSha256: true,
	})
	r.CloseWithError(errStopped)
	if e := <-wrote; e != nil && !errors.Is(e, errStopped) {
		return stored{}, e // why it was not written is what matters
	}
	if err != nil {
		return stored{}, p.wrap(err)
	}
	info, err := p.client.StatObject(ctx, p.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return stored{}, p.wrap(err)
	}
	if info.Size != n.n {
		return stored{}, fmt.Errorf("le stockage a gardé %d octets au lieu de %d : recommencez", info.Size, n.n)
	}
	return stored{Name: p.address(key), Size: info.Size}, nil
}

// errStopped ends the writing of what nobody sends any more.
var errStopped = errors.New("upload stopped")

func (p *s3Place) list(ctx context.Context) ([]stored, error) {
	ctx, cancel := context.WithCancel(ctx) // ends the listing when an error cuts it short
	defer cancel()
	var all []stored
	for o := range p.client.ListObjects(ctx, p.bucket, minio.ListObjectsOptions{Prefix: p.prefix}) {
		if o.Err != nil {
			return nil, p.wrap(o.Err)
		}
		if at, ok := nameTaken(path.Base(o.Key)); ok {
			all = append(all, stored{Name: p.address(o.Key), Size: o.Size, Taken: at})
		}
	}
	sortStored(all)
	return all, nil
}

func (p *s3Place) remove(ctx context.Context, s stored) error {
	key := strings.TrimPrefix(s.Name, p.address(""))
	if err := p.client.RemoveObject(ctx, p.bucket, key, minio.RemoveObjectOptions{}); err != nil {
		return p.wrap(err)
	}
	return nil
}

// fetch copies the object that the address names.
func (p *s3Place) fetch(ctx context.Context, to io.Writer) error {
	if p.key == "" {
		return usageError{fmt.Errorf("%s n’est pas une sauvegarde : donnez-en le nom entier, que montre « ocpizza backups --from %s »", p.address(p.prefix), p.address(p.prefix))}
	}
	o, err := p.client.GetObject(ctx, p.bucket, p.key, minio.GetObjectOptions{})
	if err != nil {
		return p.wrap(err)
	}
	defer func() { _ = o.Close() }()
	if _, err := io.Copy(to, o); err != nil {
		return p.wrap(err)
	}
	return nil
}

// wrap words the storage's refusal. Its own text may quote keys and is left out.
func (p *s3Place) wrap(err error) error {
	r := minio.ToErrorResponse(err)
	switch r.Code {
	case "NoSuchBucket":
		return fmt.Errorf("le seau « %s » n’existe pas dans ce stockage : créez-le ou corrigez l’adresse s3://", p.bucket)
	case "NoSuchKey":
		return fmt.Errorf("%s n’existe pas : voyez « ocpizza backups --from s3://%s/… »", p.address(p.key), p.bucket)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "Forbidden":
		return errors.New("le stockage refuse l’accès : vérifiez OCPIZZA_S3_KEY, OCPIZZA_S3_SECRET, OCPIZZA_S3_REGION et les droits de cette clé sur le seau")
	case "QuotaExceeded", "XMinioStorageFull":
		return errors.New("le stockage est plein : gardez moins de sauvegardes (--keep) ou prenez plus de place")
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return errors.New("le stockage ne répond pas : vérifiez OCPIZZA_S3_ENDPOINT et le réseau")
	}
	if errors.Is(err, context.Canceled) {
		return errors.New("interrompu : rien n’a été gardé")
	}
	if r.Code != "" {
		return fmt.Errorf("le stockage refuse (%s) : recommencez, puis voyez avec son hébergeur", r.Code)
	}
	return fileError("le fichier temporaire", err)
}
