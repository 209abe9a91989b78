// Who takes part in the tests, and how they sign in. The Go test that starts this gives
// the server's address and the operator's token in the environment.
import { Accountv3 } from '@scaleway/sdk-account'
import { AuditTrailv1alpha1 } from '@scaleway/sdk-audit-trail'
import { createClient } from '@scaleway/sdk-client'
import { Iamv1alpha1 } from '@scaleway/sdk-iam'

const url = process.env.BAILIWICK_URL
const operatorToken = process.env.BAILIWICK_OPERATOR_TOKEN

if (!url || !operatorToken) {
  throw new Error('BAILIWICK_URL and BAILIWICK_OPERATOR_TOKEN are not set: start these tests with go test ./compat')
}

/** Signs in with an API key and returns the APIs of the SDK. */
export function signIn({ organizationId, accessKey, secretKey }) {
  const client = createClient({
    apiURL: url,
    accessKey,
    secretKey,
    defaultOrganizationId: organizationId,
    defaultProjectId: organizationId,
    defaultRegion: 'fr-par',
  })
  return {
    organizationId,
    accessKey,
    secretKey,
    iam: new Iamv1alpha1.API(client),
    projects: new Accountv3.ProjectAPI(client),
    trail: new AuditTrailv1alpha1.API(client),
  }
}

/** Asks the operator for an organization and returns its owner, signed in. */
export async function newOwner() {
  const created = await post('/bailiwick/v1/organizations', { name: 'compat', owner_email: 'owner@example.com' }, operator)
  const owner = signIn({
    organizationId: created.organization.id,
    accessKey: created.api_key.access_key,
    secretKey: created.api_key.secret_key,
  })
  return { ...owner, id: created.owner.id }
}

/** Creates an application with a key and returns it, signed in. */
export async function newApplication(owner, name) {
  const { id } = await owner.iam.createApplication({ name })
  const key = await owner.iam.createAPIKey({ applicationId: id, description: '' })
  return { ...signIn({ organizationId: owner.organizationId, accessKey: key.accessKey, secretKey: key.secretKey }), id }
}

export const operator = { Authorization: `Bearer ${operatorToken}` }

/** The header by which somebody is known without the SDK. */
export const token = who => ({ 'X-Auth-Token': who.secretKey })

/** Sends a request without the SDK and returns the JSON of its answer, which must be a 200. */
export async function post(path, body, headers) {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (response.status !== 200) {
    throw new Error(`${path}: status ${response.status}: ${await response.text()}`)
  }
  return response.json()
}
