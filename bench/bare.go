package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// bareCommand makes this program a server of bare handlers: the least that a Go program can
// do to take the same requests and answer the same bytes. It is a process of its own, like
// the server that it is compared with.
const bareCommand = "serve-bare"

type bareApplication struct {
	ID             string    `json:"id"`
	Name           string    `json:"name"`
	Description    string    `json:"description"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	OrganizationID string    `json:"organization_id"`
	Editable       bool      `json:"editable"`
	Deletable      bool      `json:"deletable"`
	Managed        bool      `json:"managed"`
	NbAPIKeys      int       `json:"nb_api_keys"`
	Tags           []string  `json:"tags"`
}

type bareEntity struct {
	Type       string            `json:"type"`
	ID         string            `json:"id"`
	Properties map[string]string `json:"properties"`
}

type bareQuestion struct {
	Subject  bareEntity        `json:"subject"`
	Action   bareEntity        `json:"action"`
	Resource bareEntity        `json:"resource"`
	Context  map[string]string `json:"context"`
}

type bareAnswer struct {
	Decision bool `json:"decision"`
	Context  struct {
		DecisionID string   `json:"decision_id"`
		Reasons    []string `json:"reasons"`
		Revision   int64    `json:"revision"`
	} `json:"context"`
}

// bareContent is what the bare handlers answer.
type bareContent struct {
	Applications []bareApplication
	Answer       bareAnswer
}

// serveBare reads its content from in, writes its address to out and serves until it is killed.
func serveBare(in io.Reader, out io.Writer) error {
	var content bareContent
	if err := json.NewDecoder(in).Decode(&content); err != nil {
		return err
	}
	applications := map[string]bareApplication{}
	for _, a := range content.Applications {
		applications[a.ID] = a
	}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, value any) {
		body, err := json.Marshal(value)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
	mux.HandleFunc("GET /iam/v1alpha1/applications/{id}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, applications[r.PathValue("id")])
	})
	mux.HandleFunc("POST /access/v1/evaluation", func(w http.ResponseWriter, r *http.Request) {
		var q bareQuestion
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.Subject.ID == "" {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		answer(w, content.Answer)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	if err := http.Serve(listener, mux); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
