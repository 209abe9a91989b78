package server_test

import (
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
