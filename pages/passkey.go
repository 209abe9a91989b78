package pages

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"

	"bailiwick/authority"
	"bailiwick/iam"
)

// passkeyLogin proves who logs in with a passkey: alone, or as the second step. The script of the
// page has asked the authenticator, with a question of POST /bailiwick/v1/login/passkey/start.
func (q *request) passkeyLogin() error {
	s := q.step()
	login, err := q.authority.LoginWithPasskey(q.Context(), q.anonymous(), authority.PasskeyLogin{
		LoginID: s.LoginID, CeremonyID: q.PostForm.Get("ceremony_id"), Credential: []byte(q.PostForm.Get("credential")),
	})
	if err != nil {
		return q.refuse(err, func(status int, fault string) error {
			if s.LoginID == "" {
				v, _ := q.typed()
				return q.loginPage(status, fault, v)
			}
			return q.render(status, "step", fault, s)
		})
	}
	return q.proceed(login)
}

// passkeyRegistration begins to register a passkey of who is signed in, for the script.
func (q *request) passkeyRegistration() error {
	begun, err := q.authority.StartPasskeyRegistration(q.Context(), q.call("StartUserWebAuthnRegistration"), q.session.User.ID, "")
	if err != nil {
		return q.fail(err)
	}
	body, err := json.Marshal(map[string]any{"ceremony_id": begun.CeremonyID, "options": begun.Options})
	if err != nil {
		return q.fail(err)
	}
	q.security()
	h := q.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	q.WriteHeader(http.StatusOK)
	_, err = q.ResponseWriter.Write(body)
	return err
}

// passkeyAdd ends the registration.
func (q *request) passkeyAdd() error {
	read := func(key string) []byte {
		value, err := base64.RawURLEncoding.DecodeString(q.PostForm.Get(key))
		if err != nil {
			return nil // refused as one that is missing
		}
		return value
	}
	_, err := q.authority.FinishPasskeyRegistration(q.Context(), q.call("FinishUserWebAuthnRegistration"), q.session.User.ID, authority.NewPasskey{
		CeremonyID: q.PostForm.Get("ceremony_id"), Name: q.PostForm.Get("name"),
		RawID: read("raw_id"), ClientDataJSON: read("client_data_json"), AttestationObject: read("attestation_object"),
	})
	if err != nil {
		return q.refuse(err, q.securityPage)
	}
	return q.redirect(pathSecurity)
}

// passkeyDelete deletes a passkey.
func (q *request) passkeyDelete() error {
	err := q.authority.DeletePasskey(q.Context(), q.call("DeleteWebAuthnAuthenticator"), iam.PasskeyID(q.PostForm.Get("id")))
	if err != nil && iam.KindOf(err) != iam.KindNotFound {
		return q.fail(err)
	}
	return q.redirect(pathSecurity)
}
