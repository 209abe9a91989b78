package client_test

import (
	"fmt"
	"testing"

	"bailiwick/client"
	"bailiwick/iam"
	"bailiwick/server"
)

// wireErrors are the errors of the API, one of each kind.
var wireErrors = []struct {
	status int
	body   string
}{
	{500, `{"message":"internal error","type":"internal_error"}`},
	{400, `{"details":[{"argument_name":"action.name","help_message":"unknown permission","reason":"unknown"}],"message":"invalid argument(s)","type":"invalid_arguments"}`},
	{401, `{"message":"authentication is denied","method":"api_key","reason":"expired","type":"denied_authentication"}`},
	{403, `{"details":[{"action":"evaluate","resource":"decision"}],"message":"insufficient permissions","type":"permissions_denied"}`},
	{404, `{"message":"resource is not found","resource":"user","resource_id":"x","type":"not_found"}`},
	{409, `{"help_message":"h","message":"resource already exists","resource":"group","resource_id":"x","type":"already_exists"}`},
	{409, `{"current_state":"s","message":"resource is in a transient state","resource":"group","resource_id":"x","type":"transient_state"}`},
	{412, `{"help_message":"h","message":"precondition is not respected","precondition":"resource_still_in_use","type":"precondition_failed"}`},
	{403, `{"details":[{"current":3,"quota":3,"resource":"iam_users"}],"message":"quota(s) exceeded","type":"quotas_exceeded"}`},
	{423, `{"message":"resource is locked","resource":"user","resource_id":"x","type":"locked"}`},
	{410, `{"message":"resource is expired","resource":"user","resource_id":"x","type":"resource_expired"}`},
	{429, `{"help_message":"h","message":"too many requests","type":"too_many_requests"}`},
	{501, `{"message":"this operation is not implemented","type":"not_implemented"}`},
	{405, `{"message":"method is not allowed on this path","type":"method_not_allowed"}`},
	{413, `{"message":"request body is larger than 1 MiB","type":"request_too_large"}`},
	{415, `{"message":"request body must be application/json, in UTF-8 and not compressed","type":"unsupported_media_type"}`},
	{503, `{"message":"service is unavailable, try again","type":"unavailable"}`},
	{404, `{"message":"no such path","type":"unknown_route"}`},
}

// The client reads errors as the server itself would. Both keep a table, because the client
// may not import the server; this is what holds the two together.
func TestErrorsReadAsTheServerWritesThem(t *testing.T) {
	kinds := map[iam.Kind]bool{}
	for _, e := range wireErrors {
		p := newPeer(t, reply(e.status, "application/json", e.body))
		decision, err := connect(t, p.URL).Check(t.Context(), question())
		same(t, decision, client.Decision{})
		got, ok := err.(*iam.Error)
		if !ok {
			t.Fatalf("%s: %v", e.body, err)
		}
		want := server.ReadError([]byte(e.body))
		kinds[want.Kind] = true
		// The server's reader leaves a fixed text out; this one keeps what it was sent.
		if got.Message == "" {
			t.Errorf("%s: the message is lost", e.body)
		}
		got.Message, got.Detail = want.Message, want.Detail
		if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
			t.Errorf("%s reads as\n%#v, the server reads\n%#v", e.body, got, want)
		}
	}
	for kind := iam.KindInternal; kind == iam.KindInternal || kind.String() != iam.KindInternal.String(); kind++ {
		if !kinds[kind] {
			t.Errorf("kind %s is not in this test", kind)
		}
	}
}
