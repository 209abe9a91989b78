"use strict";

// Passkeys, and the token of a mailed link. Everything else on the pages works without scripts.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const list = (ids) => (ids || []).map((c) => ({ ...c, id: bytes(c.id) }));

async function ask(path, body) {
  const answer = await fetch(path, { method: "POST", body, headers: typeof body === "string" ? { "Content-Type": "application/json" } : {} });
  if (!answer.ok) throw new Error(path + ": " + answer.status);
  return answer.json();
}

// run runs a ceremony for a form, and sends the form with what came of it.
async function run(form, ceremony) {
  const button = form.querySelector("button"), fault = form.querySelector("[role=alert]");
  button.disabled = true;
  fault.hidden = true;
  try {
    const values = await ceremony(new FormData(form));
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    form.submit();
  } catch (error) {
    console.warn(error);
    fault.hidden = false;
    button.disabled = false;
  }
}

async function login(data) {
  const loginID = data.get("login_id");
  const question = await ask("/bailiwick/v1/login/passkey/start", JSON.stringify(loginID ? { login_id: loginID } : {}));
  const options = question.options.publicKey || question.options;
  const found = await navigator.credentials.get({
    publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: list(options.allowCredentials) },
  });
  const r = found.response;
  return {
    ceremony_id: question.ceremony_id,
    credential: JSON.stringify({
      id: found.id, rawId: text(found.rawId), type: found.type, clientExtensionResults: {},
      response: {
        clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData),
        signature: text(r.signature), userHandle: r.userHandle ? text(r.userHandle) : undefined,
      },
    }),
  };
}

async function register(data) {
  const question = await ask("/security/passkeys/start", new URLSearchParams({ csrf: data.get("csrf") }));
  const options = question.options.publicKey || question.options;
  const made = await navigator.credentials.create({
    publicKey: {
      ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: list(options.excludeCredentials),
    },
  });
  return {
    ceremony_id: question.ceremony_id, raw_id: text(made.rawId),
    client_data_json: text(made.response.clientDataJSON), attestation_object: text(made.response.attestationObject),
  };
}

if (window.PublicKeyCredential) {
  for (const [name, ceremony] of [["login", login], ["register", register]]) {
    for (const form of document.querySelectorAll("[data-passkey=" + name + "]")) {
      form.hidden = false;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        run(form, ceremony);
      });
    }
  }
}

const token = new URLSearchParams(location.hash.slice(1)).get("token");
const field = document.querySelector("[data-token]");
if (token && field) {
  field.value = token;
  history.replaceState(null, "", location.pathname + location.search); // out of the history of a shared browser
  for (const part of document.querySelectorAll("[data-without-token]")) part.hidden = true;
}
