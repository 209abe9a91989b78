package compat

import (
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"sync"

	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	iam "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// recorder is the transport of every SDK client of these tests. It learns from the call
// stack which method of the SDK a request comes from, so that what counts as called is
// what really went over the wire.
type recorder struct {
	next     http.RoundTripper
	mu       sync.Mutex
	answered map[string]map[int]bool // method of the SDK -> statuses
}

func newRecorder() *recorder {
	return &recorder{next: http.DefaultTransport, answered: map[string]map[int]bool{}}
}

// RoundTrip sends the request and notes the status of its answer.
func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.next.RoundTrip(request)
	if err != nil || request.URL.Path == "/metadata" { // the SDK asks for it on its own
		return response, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, method := range callers() {
		if r.answered[method] == nil {
			r.answered[method] = map[int]bool{}
		}
		r.answered[method][response.StatusCode] = true
	}
	return response, nil
}

// succeeded reports whether a method of the SDK has had a 2xx answer.
func (r *recorder) succeeded(method string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answered[method][http.StatusOK] || r.answered[method][http.StatusNoContent]
}

// callers returns the functions on the call stack. A closure counts as the function that
// it is written in: the SDK waits for a project in a goroutine of its own.
func callers() []string {
	counters := make([]uintptr, 64)
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters)])
	var names []string
	for {
		frame, more := frames.Next()
		name, _, _ := strings.Cut(frame.Function, ".func")
		names = append(names, name)
		if !more {
			return names
		}
	}
}

// sdkMethod is one operation of the SDK.
type sdkMethod struct {
	short string // such as "iam.ListGroups"
	full  string // as the runtime names the function
	api   reflect.Value
	index int
}

// sdkMethods returns the operations of the APIs that this server speaks. An operation is a
// method that takes a request; other methods are helpers of the client, which may be nil if
// none is called.
func sdkMethods(client *scw.Client) []sdkMethod {
	var all []sdkMethod
	for _, api := range []struct {
		prefix string
		value  any
	}{
		{"iam", iam.NewAPI(client)},
		{"account", account.NewProjectAPI(client)},
		{"contract", account.NewContractAPI(client)},
		{"trail", trail.NewAPI(client)},
	} {
		value := reflect.ValueOf(api.value)
		t := value.Type()
		for i := range t.NumMethod() {
			if m := t.Method(i); m.Type.IsVariadic() && m.Type.NumIn() == 3 {
				full := t.Elem().PkgPath() + ".(*" + t.Elem().Name() + ")." + m.Name
				all = append(all, sdkMethod{api.prefix + "." + m.Name, full, value, i})
			}
		}
	}
	return all
}
