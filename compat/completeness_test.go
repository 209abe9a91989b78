package compat

import (
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/scaleway/scaleway-sdk-go/scw"
)

// notOffered are the operations that the server answers with 501. An operation that the
// SDK knows is either here or called with success by some test; one that gets built has to
// leave this list.
func notOffered() []string {
	return strings.Fields(`
		account.DeleteProjectWithResources account.SetProjectQualification
		contract.CheckContractSignature contract.CreateContractSignature contract.DownloadContractSignature
		contract.ListContractSignatures contract.ValidateContractSignature
		iam.AddSamlCertificate iam.CreateScimToken
		iam.DeleteSaml iam.DeleteSamlCertificate iam.DeleteScim iam.DeleteScimToken
		iam.EnableOrganizationSaml iam.EnableOrganizationScim
		iam.GetOrganizationSaml iam.GetOrganizationScim
		iam.GetSamlCertificate iam.GetScimToken iam.ListSamlCertificates iam.ListScimTokens
		iam.ParseSamlMetadata
		iam.UpdateSaml`)
}

// TestNotOffered calls every operation of the list through the SDK.
func TestNotOffered(t *testing.T) {
	methods := sdkMethods(newOwner(t).client)
	for _, name := range notOffered() {
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(methods, func(m sdkMethod) bool { return m.short == name })
			if i < 0 {
				t.Fatal("the SDK has no such operation")
			}
			e := refusal[*scw.ResponseError](t, methods[i].call())
			equal(t, "answer", [2]any{e.StatusCode, e.Type}, [2]any{http.StatusNotImplemented, "not_implemented"})
		})
	}
}

// call calls the operation with a request whose texts are all ids, and returns its error.
func (m sdkMethod) call() error {
	method := m.api.Method(m.index)
	request := reflect.New(method.Type().In(0).Elem())
	for i := range request.Elem().NumField() {
		if field := request.Elem().Field(i); field.Type() == reflect.TypeFor[string]() {
			field.SetString("6170692d-6b65-4d79-8000-000000000000")
		}
	}
	results := method.Call([]reflect.Value{request})
	err, _ := results[len(results)-1].Interface().(error)
	return err
}

// judgeCompleteness reports the operations of the SDK that are not in the list above and
// that no test has called with success. It returns the exit code.
func judgeCompleteness() int {
	listed, missing := notOffered(), 0
	for _, m := range sdkMethods(nil) {
		if !slices.Contains(listed, m.short) && !calls.succeeded(m.full) {
			fmt.Fprintf(os.Stderr, "compat: no test has called %s with success\n", m.short)
			missing++
		}
	}
	return min(missing, 1)
}
