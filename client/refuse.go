package client

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"bailiwick/iam"
)

// refuse answers a request in the server's form of errors. Nothing of the cause is in it.
func refuse(w http.ResponseWriter, e *iam.Error) {
	status, body := http.StatusServiceUnavailable, wireFailure{Type: "unavailable", Message: "service is unavailable, try again"}
	switch e.Kind {
	case iam.KindDeniedAuthentication:
		status = http.StatusUnauthorized
		body = wireFailure{Type: "denied_authentication", Message: "authentication is denied", Reason: e.AuthReason}
	case iam.KindPermissionsDenied:
		status = http.StatusForbidden
		body = wireFailure{Type: "permissions_denied", Message: "insufficient permissions", Details: []wireDetail{}}
		for _, d := range e.Denials {
			body.Details = append(body.Details, wireDetail{Resource: d.Resource, Action: d.Action})
		}
	}
	data, err := json.Marshal(body)
	if err != nil {
		status, data = http.StatusServiceUnavailable, nil // text cannot fail; still not a way through
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client may be gone; there is nobody to tell
}

// denied names the missing permission as (resource, action), as the server does.
func denied(permission string) *iam.Error {
	parts := strings.SplitN(permission, ":", 3)
	return iam.Denied(iam.Denial{Resource: parts[1], Action: parts[2]})
}
