package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bailiwick/authority"
	"bailiwick/bucket"
	"bailiwick/catalog"
	"bailiwick/iam"
	"bailiwick/mail"
	"bailiwick/store"
)

// serveCommand is the command line of "serve".
type serveCommand struct {
	Listen         string   `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on; port 0 takes a free one."`
	Data           string   `default:"data" placeholder:"DIR" help:"Directory of the embedded database, the master key and the credentials of the first start."`
	Database       string   `placeholder:"URL" help:"postgres:// URL of a database that replaces the embedded one."`
	MasterKey      string   `placeholder:"FILE" help:"File of the master key; it is made if there is none. Without this flag DIR/master.key."`
	OwnerEmail     string   `default:"owner@localhost" placeholder:"ADDRESS" help:"E-mail address of the owner that a first start makes."`
	Catalog        []string `placeholder:"DIR" help:"Directory of your own services and permission sets, *.yaml; may be given several times."`
	Quotas         string   `default:"none" placeholder:"none|scaleway" help:"Limits on the objects of an organization: none, or those that Scaleway publishes."`
	Signup         string   `default:"closed" placeholder:"open|invite|closed" help:"Who may sign up for an organization: everybody, whose address is invited, or nobody. The operator always can."`
	TrustedProxies []string `placeholder:"CIDR" help:"Proxies whose X-Forwarded-For header is believed."`
	PublicURL      string   `name:"public-url" placeholder:"URL" help:"Address at which clients reach the server, as AuthZEN metadata names it. Without this flag that of the listener."`
	TLSCert        string   `name:"tls-cert" placeholder:"FILE" help:"Certificate chain (PEM) to serve HTTPS; with --tls-key."`
	TLSKey         string   `name:"tls-key" placeholder:"FILE" help:"Private key (PEM) of the certificate."`
	Regions        []string `default:"fr-par,nl-ams,pl-waw" placeholder:"REGION" help:"Regions of Audit Trail; all that happens here is in the first."`
	MaxStaleness   string   `default:"15m" placeholder:"DURATION" help:"How long decisions go on without the database of several nodes, such as 15m; then they are refused."`
	StopDelay      string   `default:"0s" placeholder:"DURATION" help:"How long a stop keeps serving after readiness ended, for a load balancer to notice."`
	OIDC           string   `name:"oidc" placeholder:"FILE" help:"JSON file of the OpenID providers at which users may log in; needs --public-url."`
	LogFormat      string   `default:"text" placeholder:"text|json" help:"Form of the log on standard error."`
	LogLevel       string   `default:"info" placeholder:"debug|info|warn|error" help:"Least level that is logged."`
	decisionLogFlags
	mailFlags
	trailFlags
	alertFlags
	telemetryFlags
	exportFlags
}

// Files of a data directory.
const (
	databaseName  = "bailiwick.db"
	masterKeyName = "master.key"
)

// settings is the checked configuration of a server.
type settings struct {
	listen         string
	data           string
	database       string // path of the SQLite file, or a postgres:// URL
	masterKey      string
	ownerEmail     string
	catalog        *catalog.Catalog
	quotas         map[string]int
	signUp         iam.SignUpMode
	trustedProxies []netip.Prefix
	publicURL      string // without a slash at the end; empty: that of the listener
	certificate    *tls.Certificate
	regions        []string
	webhookAllow   []netip.Prefix
	exports        *bucket.Client // nil: none
	exportBuckets  []string
	maxStaleness   time.Duration
	stopDelay      time.Duration
	logJSON        bool
	logLevel       slog.Level
	decisionLog    decisionLogSettings
	mail           mail.Config
	telemetry      telemetrySettings
	trail          trailSettings
	providers      []authority.Provider
}

// faults collects what is wrong with the configuration, one line each.
type faults []string

// add notes a fault of a flag. It must not quote a value that may hold a secret.
func (f *faults) add(flag, format string, args ...any) {
	*f = append(*f, fmt.Sprintf("--%s (%s): ", flag, variable(flag))+fmt.Sprintf(format, args...))
}

// settings checks every value and returns all faults together. It reads files and changes
// nothing.
func (c *serveCommand) settings() (settings, []string) {
	var f faults
	s := settings{
		listen: c.Listen, data: c.Data, database: c.Database, masterKey: c.MasterKey, ownerEmail: c.OwnerEmail,
		quotas:         checkQuotas(c.Quotas, &f),
		signUp:         iam.SignUpMode(c.Signup),
		trustedProxies: checkNetworks("trusted-proxies", c.TrustedProxies, &f),
		publicURL:      checkPublicURL(c.PublicURL, &f),
		certificate:    checkCertificate(c.TLSCert, c.TLSKey, &f),
		regions:        checkRegions(c.Regions, &f),
		webhookAllow:   checkNetworks("webhook-allow", c.WebhookAllow, &f),
		maxStaleness:   checkDuration("max-staleness", c.MaxStaleness, time.Second, 24*time.Hour, &f),
		stopDelay:      checkDuration("stop-delay", c.StopDelay, 0, 10*time.Minute, &f),
		logJSON:        c.LogFormat == "json",
		decisionLog:    c.decisionLogFlags.settings(&f),
		mail:           c.mailFlags.sender(c.Data, &f),
		telemetry:      c.telemetryFlags.settings(&f),
		trail:          c.trailFlags.settings(&f),
	}
	s.providers = checkProviders(c.OIDC, s.publicURL, &f)
	s.exports, s.exportBuckets = c.exportFlags.client(&f)
	checkAddress(c.Listen, &f)
	checkDatabase(c.Database, &f)
	if info, err := os.Stat(c.Data); c.Data == "" || (err == nil && !info.IsDir()) {
		f.add("data", "want a directory, not %q", c.Data)
	}
	if s.database == "" {
		s.database = filepath.Join(c.Data, databaseName)
	}
	if s.masterKey == "" {
		s.masterKey = filepath.Join(c.Data, masterKeyName)
	}
	var v iam.Validator
	if v.Email("owner-email", c.OwnerEmail); v.Err() != nil {
		f.add("owner-email", "want an e-mail address, not %q", c.OwnerEmail)
	}
	if !s.signUp.Valid() {
		f.add("signup", "want open, invite or closed, not %q", c.Signup)
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		f.add("log-format", "want text or json, not %q", c.LogFormat)
	}
	if err := s.logLevel.UnmarshalText([]byte(c.LogLevel)); err != nil {
		f.add("log-level", "want debug, info, warn or error, not %q", c.LogLevel)
	}
	var err error
	if s.catalog, err = catalog.Load(c.Catalog...); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			f.add("catalog", "%s", line)
		}
	}
	return s, f
}

// embedded reports whether the store is a SQLite file in the data directory.
func (s settings) embedded() bool { return !store.IsPostgresURL(s.database) }

// logger returns the log, on w.
func (s settings) logger(w *logWriter) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.logLevel}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if s.logJSON {
		handler = slog.NewJSONHandler(w, options)
	}
	return slog.New(newLineHandler(handler, w, s.logJSON))
}

func checkPublicURL(text string, f *faults) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		f.add("public-url", "want a URL such as https://iam.example.com")
	}
	return strings.TrimSuffix(text, "/")
}

func checkShare(flag, text string, f *faults) float64 {
	share, err := strconv.ParseFloat(text, 64)
	if err != nil || !(share >= 0 && share <= 1) {
		f.add(flag, "want a number from 0 to 1, not %q", text)
	}
	return share
}

func checkDuration(flag, text string, least, most time.Duration, f *faults) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		f.add(flag, "want a duration from %s to %s, not %q", least, most, text)
	}
	return d
}

func checkAddress(address string, f *faults) {
	_, port, err := net.SplitHostPort(address)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
		f.add("listen", "want host:port, not %q", address)
	}
}

// checkDatabase never quotes the URL: it holds a password.
func checkDatabase(database string, f *faults) {
	if database == "" {
		return
	}
	if u, err := url.Parse(database); err != nil || !store.IsPostgresURL(database) || u.Host == "" && u.Query().Get("host") == "" {
		f.add("database", "want a URL such as postgres://user:password@host/name")
	}
}

func checkQuotas(preset string, f *faults) map[string]int {
	switch preset {
	case "none":
	case "scaleway":
		return authority.ScalewayQuotas()
	default:
		f.add("quotas", "want none or scaleway, not %q", preset)
	}
	return nil
}

// checkRegions reads names of regions, of the form that clients take.
func checkRegions(names []string, f *faults) []string {
	form := regexp.MustCompile(`^[a-z]{2}-[a-z]{3}$`)
	for i, name := range names {
		if !form.MatchString(name) || slices.Contains(names[:i], name) {
			f.add("regions", "want different names such as fr-par, not %q", name)
		}
	}
	return names
}

// checkNetworks reads networks and single addresses.
func checkNetworks(flag string, texts []string, f *faults) []netip.Prefix {
	var proxies []netip.Prefix
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if address, addressErr := netip.ParseAddr(text); addressErr == nil && address.Zone() == "" {
			prefix, err = address.Prefix(address.BitLen())
		}
		if err != nil {
			f.add(flag, "want networks such as 10.0.0.0/8, not %q", text)
			continue
		}
		proxies = append(proxies, prefix.Masked())
	}
	return proxies
}

func checkCertificate(cert, key string, f *faults) *tls.Certificate {
	if cert == "" && key == "" {
		return nil
	}
	if cert == "" || key == "" {
		f.add("tls-cert", "--tls-cert and --tls-key belong together")
		return nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		f.add("tls-cert", "%v", pathCause(err))
		return nil
	}
	return &pair
}

// pathCause keeps the message of a file error on one line, whatever the path holds.
func pathCause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Errorf("%q: %w", e.Path, e.Err)
	}
	return err
}
