package server_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"bailiwick/iam"
)

// Answers take turns in the memory that they are written in. Each holds what was asked for,
// and nothing of others, of whatever length.
func TestAnswersAreNotMixed(t *testing.T) {
	e := start(t)
	owner := e.As(t, e.Owner())
	var wait sync.WaitGroup
	for i := range 8 {
		description := strings.Repeat(string(rune('a'+i)), 1+25*i)
		app, err := owner.CreateApplication(iam.NewApplication{Name: "answers", Description: description})
		if err != nil {
			t.Fatal(err)
		}
		path := "/iam/v1alpha1/applications/" + string(app.ID)
		want := e.send(t, "GET", path, "", e.owner()...)
		if want.status != 200 || !strings.Contains(want.body, `"description":"`+description+`"`) {
			t.Fatalf("%d %s", want.status, want.body)
		}
		wait.Go(func() {
			for range 50 {
				if got := e.send(t, "GET", path, "", e.owner()...); got.status != 200 || got.body != want.body {
					t.Errorf("got  %s\nwant %s", got.body, want.body)
					return
				}
			}
		})
	}
	wait.Wait()
}

// Batches take turns in the memory of their questions and answers. Each gets the answers to its own
// questions, as many as it asked, however long others are and however they are written.
func TestBatchesAreNotMixed(t *testing.T) {
	e := start(t)
	blind := regexp.MustCompile(`"decision_id":"[0-9a-f-]{36}",`)
	var wait sync.WaitGroup
	for i := range 8 {
		resource := fmt.Sprintf(`"resource":{"type":"iam:application","id":"resource-%d","properties":{"name":"n%d"}}`, i, i)
		good := fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":"iam:application:get"},%s}`, e.Owner().Principal.ID, resource)
		nobody := fmt.Sprintf(`{"subject":{"type":"user","id":"nobody-%d"},"action":{"name":"iam:application:get"},%s,"context":{"ip":"192.0.2.%d"}}`, i, resource, i)
		bad := fmt.Sprintf(`{"subject":{"type":"kind-%d","id":"a"},"action":{"name":"iam:application:get"},%s}`, i, resource)
		list := strings.Repeat(good+","+nobody+","+bad+",", 1+9*i) + good
		body := `{"evaluations":[` + list + `]}`
		if i%2 == 1 {
			body = `{"ignored":1,"evaluations":[` + list + `]}` // which only the library reads
		}
		header := e.owner()
		want := e.send(t, "POST", "/access/v1/evaluations", body, header...)
		if want.status != 200 || strings.Count(want.body, `"decision":true`) != 2+9*i || strings.Count(want.body, `"decision":false`) != 2+18*i {
			t.Fatalf("%d %s", want.status, want.body)
		}
		wait.Go(func() {
			for range 40 {
				got := e.send(t, "POST", "/access/v1/evaluations", body, header...)
				if got.status != 200 || blind.ReplaceAllString(got.body, "") != blind.ReplaceAllString(want.body, "") {
					t.Errorf("got  %s\nwant %s", got.body, want.body)
					return
				}
			}
		})
	}
	wait.Wait()
}
