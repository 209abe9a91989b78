import { call } from "../../api/bridge";

/** A passkey, as the published API has it; the official JavaScript client does not know them. */
export type Passkey = { id: string; name: string; created_at: string | null; last_login_at: string | null };

/** The API's most; a user has 20 at most. */
const most = 100;

export async function listPasskeys(userId: string): Promise<Passkey[]> {
  const answer = await call<{ authenticators: Passkey[] }>("GET", `/iam/v1alpha1/users/${userId}/webauthn-authenticators?page_size=${most}`);
  return answer.authenticators;
}

export function renamePasskey(id: string, name: string): Promise<Passkey> {
  return call("PATCH", `/iam/v1alpha1/webauthn-authenticator/${id}`, { authenticator_name: name });
}

export function removePasskey(id: string): Promise<void> {
  return call("DELETE", `/iam/v1alpha1/webauthn-authenticator/${id}`);
}
