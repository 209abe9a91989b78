package server

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	account "github.com/scaleway/scaleway-sdk-go/api/account/v3"
	trail "github.com/scaleway/scaleway-sdk-go/api/audit_trail/v1alpha1"
	sdk "github.com/scaleway/scaleway-sdk-go/api/iam/v1alpha1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// Every call that the official SDK can make, with every field set, is read back as it was
// sent: the decoder knows where the SDK puts each field.
func TestSDKRequestsAreReadBack(t *testing.T) {
	var operation string
	var got any
	var fault error
	mux := http.NewServeMux()
	for _, op := range table() {
		p, err := newPlan(op.Method, op.Path, op.Endpoint.in)
		if err != nil {
			t.Fatal(err)
		}
		mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
			operation = op.Name
			got, fault = p.decode(w, r)
			w.WriteHeader(http.StatusNotImplemented)
		})
	}
	ts := httptest.NewServer(mux)
	defer ts.Close()
	client, err := scw.NewClient(scw.WithAPIURL(ts.URL), scw.WithAuth("SCW00000000000000000", idA), scw.WithDefaultRegion(scw.RegionFrPar))
	if err != nil {
		t.Fatal(err)
	}
	// The first sends a tagged field in the query of a POST, the second a file. Both answer
	// 501 and read nothing yet.
	exceptions := []string{"DeleteProjectWithResources", "ParseSamlMetadata"}
	for _, api := range []any{sdk.NewAPI(client), account.NewProjectAPI(client), account.NewContractAPI(client), trail.NewAPI(client)} {
		v := reflect.ValueOf(api)
		for i := range v.NumMethod() {
			m := v.Type().Method(i)
			if m.Type.NumIn() != 3 || !m.Type.IsVariadic() || strings.HasPrefix(m.Name, "WaitFor") || slices.Contains(exceptions, m.Name) {
				continue
			}
			sent := reflect.New(m.Type.In(1).Elem())
			plausible(sent.Elem(), "")
			operation, got, fault = "", nil, nil
			v.Method(i).Call([]reflect.Value{sent})
			if operation != m.Name || fault != nil {
				t.Errorf("%s arrived as %q: %v", m.Name, operation, fault)
				continue
			}
			if diff := cmp.Diff(sent.Interface(), got); diff != "" {
				t.Errorf("%s (-sent +read):\n%s", m.Name, diff)
			}
		}
	}
}

// plausible fills a request with values that its checks let through.
func plausible(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(plausibleText(v.Type(), name))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32:
		v.SetInt(3)
	case reflect.Uint32:
		v.SetUint(7)
	case reflect.Uint8:
		v.SetUint(0xfe)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		plausible(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		plausible(v.Index(0), name)
		plausible(v.Index(1), name)
	case reflect.Struct:
		switch v.Type() {
		case timeType:
			v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
		case typeOf[scw.Duration]():
			v.Set(reflect.ValueOf(scw.Duration{Seconds: 5, Nanos: 1}))
		default:
			for i := range v.NumField() {
				field, _ := wireName(v.Type().Field(i))
				plausible(v.Field(i), field)
			}
		}
	}
}

func plausibleText(t reflect.Type, name string) string {
	switch {
	case t == typeOf[scw.Region]():
		return "fr-par"
	case len(enumValues(t)) > 0:
		values := enumValues(t)
		return strings.TrimPrefix(values[len(values)-1], "unknown_sub_use_case") // the zero value is read as empty
	case strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "_ids"):
		return idB
	}
	return "a b&c=d;é\"\\"
}

// No answer holds a field that the recorded API never sends.
func TestNoAnswerHoldsAnSRN(t *testing.T) {
	seen := 0
	var visit func(typ reflect.Type, known map[reflect.Type]bool)
	visit = func(typ reflect.Type, known map[reflect.Type]bool) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || known[typ] || typ == timeType || typ.PkgPath() == scwPackage {
			return
		}
		known[typ] = true
		if _, has := typ.FieldByName("Srn"); has {
			seen++
			for _, value := range []reflect.Value{reflect.New(typ), filled(typ)} {
				body := encoded(t, value.Interface())
				if strings.Contains(body, `"srn"`) || strings.Contains(body, `"all_users"`) {
					t.Errorf("%s is written as %s", typ, body)
				}
			}
		}
		for i := range typ.NumField() {
			visit(typ.Field(i).Type, known)
		}
	}
	known := map[reflect.Type]bool{}
	for _, op := range table() {
		if op.Endpoint.out != nil {
			visit(op.Endpoint.out, known)
		}
	}
	if seen < 13 {
		t.Errorf("only %d types with an srn were looked at", seen)
	}
}
