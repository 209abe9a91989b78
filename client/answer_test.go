package client_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"bailiwick/client"
	"bailiwick/iam"
)

// Every answer that is not exactly a decision is an error, and a "no".
func TestAnswers(t *testing.T) {
	const json = "application/json"
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, string)
		kind   iam.Kind
	}{
		"empty":                {answering(""), iam.KindInternal},
		"null":                 {answering("null"), iam.KindInternal},
		"list":                 {answering("[" + yes + "]"), iam.KindInternal},
		"text":                 {answering(`"true"`), iam.KindInternal},
		"bare true":            {answering(`true`), iam.KindInternal},
		"no decision":          {answering(`{"context":{"decision_id":"d","revision":1}}`), iam.KindInternal},
		"decision null":        {answering(`{"decision":null,"context":{"decision_id":"d","revision":1}}`), iam.KindInternal},
		"decision text":        {answering(`{"decision":"true","context":{"decision_id":"d","revision":1}}`), iam.KindInternal},
		"decision 1":           {answering(`{"decision":1,"context":{"decision_id":"d","revision":1}}`), iam.KindInternal},
		"other case":           {answering(`{"Decision":true,"context":{"decision_id":"d","revision":1}}`), iam.KindInternal},
		"twice":                {answering(`{"decision":false,"decision":true,"context":{"decision_id":"d","revision":1}}`), iam.KindInternal},
		"twice, escaped":       {answering(`{"decision":false,"d\u0065cision":true,"context":{"decision_id":"d","revision":1}}`), iam.KindInternal},
		"cut":                  {answering(yes[:len(yes)-1]), iam.KindInternal},
		"two objects":          {answering(yes + yes), iam.KindInternal},
		"bytes after":          {answering(yes + "x"), iam.KindInternal},
		"not UTF-8":            {answering(strings.Replace(yes, "because", "\xff", 1)), iam.KindInternal},
		"yes, no evidence":     {answering(`{"decision":true}`), iam.KindInternal},
		"yes, no revision":     {answering(`{"decision":true,"context":{"decision_id":"d"}}`), iam.KindInternal},
		"yes, no id":           {answering(`{"decision":true,"context":{"revision":1}}`), iam.KindInternal},
		"yes with error":       {answering(`{"decision":true,"context":{"decision_id":"d","revision":1,"error":{"status":404,"message":"x"}}}`), iam.KindInternal},
		"no with error":        {answering(`{"decision":false,"context":{"error":{"status":400,"message":"x"}}}`), iam.KindInvalidArguments},
		"context text":         {answering(`{"decision":true,"context":"x"}`), iam.KindInternal},
		"revision text":        {answering(`{"decision":true,"context":{"decision_id":"d","revision":"1"}}`), iam.KindInternal},
		"reasons text":         {answering(`{"decision":true,"context":{"decision_id":"d","revision":1,"reasons":"x"}}`), iam.KindInternal},
		"too long":             {answering(`{"pad":"` + strings.Repeat("x", 1<<20) + `","decision":true}`), iam.KindInternal},
		"padded too long":      {answering(yes + strings.Repeat(" ", 1<<20)), iam.KindInternal},
		"HTML":                 {reply(200, "text/html", yes), iam.KindInternal},
		"no type":              {reply(200, "", yes), iam.KindInternal},
		"created":              {reply(201, json, yes), iam.KindInternal},
		"no content":           {reply(204, json, ""), iam.KindInternal},
		"yes with 500":         {reply(500, json, yes), iam.KindInternal},
		"yes with 403":         {reply(403, json, yes), iam.KindPermissionsDenied},
		"bad gateway":          {reply(502, "text/html", "<html>"), iam.KindUnavailable},
		"gateway time-out":     {reply(504, "text/html", "<html>"), iam.KindUnavailable},
		"unavailable":          {reply(503, json, `{"message":"service is unavailable, try again","type":"unavailable"}`), iam.KindUnavailable},
		"plain text 400":       {reply(400, "text/plain", "bad request"), iam.KindInvalidArguments},
		"type of another":      {reply(500, json, `{"message":"x","type":"permissions_denied"}`), iam.KindInternal},
		"no such path":         {reply(404, json, `{"message":"no such path","type":"unknown_route"}`), iam.KindUnknownRoute},
		"too many":             {reply(429, json, `{"help_message":"x","message":"x","type":"too_many_requests"}`), iam.KindTooManyRequests},
		"teapot":               {reply(418, json, `{}`), iam.KindInternal},
		"a body that ends":     {func(w http.ResponseWriter, _ string) { w.Header().Set("Content-Length", "999"); io.WriteString(w, yes) }, iam.KindUnavailable},
		"connection that ends": {func(http.ResponseWriter, string) { panic(http.ErrAbortHandler) }, iam.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, c.answer)
			got, err := connect(t, p.URL).Check(t.Context(), question())
			wantError(t, err, c.kind)
			same(t, got, client.Decision{})
			if err != nil && (strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("the error is not fit for a log: %q", err)
			}
		})
	}
}

func TestAnswersThatAreTaken(t *testing.T) {
	for body, want := range map[string]client.Decision{
		`{"decision":false}`:                        {},
		` {"x":{"decision":1},"decision" : false }`: {},
		`{"context":{"x":[1],"decision_id":"d","revision":3,"Revision":9},"decision":true}`: {Allowed: true, ID: "d", Revision: 3},
	} {
		p := newPeer(t, reply(200, "application/json; charset=utf-8", body))
		got, err := connect(t, p.URL).Check(t.Context(), question())
		if err != nil {
			t.Errorf("%s: %v", body, err)
		}
		same(t, got, want)
	}
}
