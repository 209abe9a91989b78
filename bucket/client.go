// Package bucket writes objects into S3-compatible object storage that the operator configured.
// It can do nothing else: it neither reads nor lists nor deletes. It knows no other room.
package bucket

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// regionPlace stands for the region of the bucket in an endpoint.
const regionPlace = "{region}"

const (
	timeout   = time.Minute
	maxAnswer = 16 << 10 // bytes that are read of an answer
)

// Config says where buckets are.
type Config struct {
	Endpoint  string // URL; {region} in it stands for the region of the bucket
	AccessKey string
	SecretKey string
	// Clock dates the requests; nil means time.Now.
	Clock func() time.Time
}

// Client writes objects. It is safe for concurrent use.
type Client struct {
	config Config
	signer *v4.Signer
	http   *http.Client
}

// New returns a client. Its errors name what is wrong and never quote a key.
func New(config Config) (*Client, error) {
	u, err := url.Parse(strings.ReplaceAll(config.Endpoint, regionPlace, "fr-par"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("want a URL such as https://s3.{region}.scw.cloud")
	}
	if config.AccessKey == "" || config.SecretKey == "" {
		return nil, errors.New("the access key and the secret key are both needed")
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	return &Client{
		config: config,
		// S3 signs paths as they are, where other services escape them twice.
		signer: v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }),
		http: &http.Client{
			Timeout: timeout,
			// A redirect would carry the events, and the signature, where nobody configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
				MaxResponseHeaderBytes: maxAnswer, DisableCompression: true, IdleConnTimeout: timeout,
			},
		},
	}, nil
}

// Object is an object to write. Bucket, region and key have only characters that stand for
// themselves in a URL.
type Object struct {
	Bucket, Region, Key string
	ContentType         string
	Body                []byte
}

// Put writes an object, over one of the same key. An error's text is fit to be shown to the
// owner of the bucket: it holds the answer's code, no key and no address.
func (c *Client) Put(ctx context.Context, o Object) error {
	endpoint := strings.TrimSuffix(strings.ReplaceAll(c.config.Endpoint, regionPlace, o.Region), "/")
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, endpoint+"/"+o.Bucket+"/"+o.Key, bytes.NewReader(o.Body))
	if err != nil {
		return errors.New("the bucket's address is malformed")
	}
	digest, sum := sha256.Sum256(o.Body), md5.Sum(o.Body)
	hash := hex.EncodeToString(digest[:])
	request.Header.Set("Content-Type", o.ContentType)
	request.Header.Set("X-Amz-Content-Sha256", hash)
	request.Header.Set("Content-Md5", base64.StdEncoding.EncodeToString(sum[:])) // buckets with object lock ask for it; it protects nothing
	keys := aws.Credentials{AccessKeyID: c.config.AccessKey, SecretAccessKey: c.config.SecretKey}
	if err := c.signer.SignHTTP(ctx, keys, request, hash, "s3", o.Region, c.config.Clock()); err != nil {
		return errors.New("the request cannot be signed")
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return unreachable{err}
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if answer.StatusCode/100 == 2 {
		return nil
	}
	return fmt.Errorf("the bucket answers %d%s", answer.StatusCode, code(text))
}

// unreachable keeps the cause, which names addresses, for errors.Is and out of the text.
type unreachable struct{ cause error }

func (unreachable) Error() string   { return "the bucket cannot be reached" }
func (u unreachable) Unwrap() error { return u.cause }

// code returns the error code of an answer, such as " NoSuchBucket", if it has the form of one.
func code(answer []byte) string {
	var fault struct{ Code string }
	if xml.Unmarshal(answer, &fault) != nil || len(fault.Code) > 64 ||
		strings.Trim(fault.Code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || fault.Code == "" {
		return ""
	}
	return " " + fault.Code
}
