import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Errors } from '@scaleway/sdk-client'
import { newApplication, newOwner, signIn } from './people.js'

const nobody = '6170692d-6b65-4d79-8000-000000000000'

let owner
before(async () => {
  owner = await newOwner()
})

describe('pages', () => {
  // Two full pages of the default size and a part of one.
  test('.all() finds every application once, in order', async () => {
    const names = Array.from({ length: 45 }, (_, i) => `app-${i}`)
    for (const name of names) {
      await owner.iam.createApplication({ name, tags: ['paged'] })
    }
    const found = await owner.iam.listApplications({ tag: 'paged' }).all()
    assert.deepEqual(found.map(application => application.name), names)

    const sizes = []
    for await (const page of owner.iam.listApplications({ tag: 'paged', pageSize: 20 })) {
      sizes.push(page.length)
    }
    assert.deepEqual(sizes, [20, 20, 5])
    const { applications, totalCount } = await owner.iam.listApplications({ tag: 'paged' })
    assert.deepEqual([applications.length, totalCount], [20, 45])
  })

  test('.all() of an empty list is empty', async () => {
    assert.deepEqual(await owner.iam.listSSHKeys({ name: 'none' }).all(), [])
  })

  test('.all() of projects and permission sets', async () => {
    assert.deepEqual((await owner.projects.listProjects().all()).map(project => project.name), ['default'])
    const sets = await owner.iam.listPermissionSets().all()
    assert.ok(sets.length >= 200)
    assert.equal(new Set(sets.map(set => set.name)).size, sets.length)
  })

  test('events page by token', async () => {
    const created = { methodName: 'CreateApplication' }
    const seen = []
    let pageToken
    do {
      const page = await owner.trail.listEvents({ ...created, pageSize: 20, pageToken })
      seen.push(...page.events)
      pageToken = page.nextPageToken
    } while (pageToken)
    assert.equal(new Set(seen.map(event => event.id)).size, 45)
  })
})

describe('values', () => {
  test('null, absent and empty', async () => {
    const application = await owner.iam.createApplication({ name: 'values' })
    assert.deepEqual(application.tags, [])
    assert.equal(application.description, '')
    const created = await owner.iam.createAPIKey({ applicationId: application.id, description: '' })
    assert.match(created.secretKey, /^[0-9a-f-]{36}$/)
    const key = await owner.iam.getAPIKey({ accessKey: created.accessKey })
    assert.equal(key.secretKey, null) // shown once
    assert.equal(key.expiresAt, undefined)
    assert.equal(key.userId, undefined)
    assert.equal(key.applicationId, application.id)
    assert.equal(key.defaultProjectId, owner.organizationId)
    assert.deepEqual(key.createdAt, created.createdAt)

    const me = await owner.iam.getUser({ userId: owner.id })
    assert.equal(me.lastLoginAt, undefined)
    assert.deepEqual([me.status, me.type, me.locked, me.mfa], ['activated', 'owner', false, false])
  })

  test('a policy has one principal, a rule has one scope', async () => {
    const group = await owner.iam.createGroup({ name: 'values' })
    const policy = await owner.iam.createPolicy({
      name: 'values',
      description: '',
      groupId: group.id,
      rules: [{ permissionSetNames: ['IAMReadOnly'], condition: '', organizationId: owner.organizationId }],
    })
    assert.deepEqual([policy.groupId, policy.userId, policy.applicationId, policy.noPrincipal], [group.id, undefined, undefined, undefined])
    const { rules } = await owner.iam.listRules({ policyId: policy.id })
    assert.deepEqual(rules, [
      {
        accountRootUserId: undefined,
        condition: '',
        id: rules[0].id,
        organizationId: owner.organizationId,
        permissionSetNames: ['IAMReadOnly'],
        permissionSetsScopeType: 'organization',
        projectIds: undefined,
      },
    ])
    const detached = await owner.iam.updatePolicy({ policyId: policy.id, noPrincipal: true })
    assert.deepEqual([detached.groupId, detached.noPrincipal], [undefined, true])
  })

  test('a project has its qualification on reads only', async () => {
    const created = await owner.projects.createProject({ name: 'values', description: '' })
    assert.equal(created.qualification, undefined)
    const read = await owner.projects.getProject({ projectId: created.id })
    assert.equal(read.qualification.architectureType, 'unknown_architecture_type')
    assert.equal(await owner.projects.deleteProject({ projectId: created.id }), undefined) // 204
  })

  test('an expiry comes back as it was sent', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000)
    const key = await owner.iam.createAPIKey({ userId: owner.id, description: '', expiresAt })
    assert.deepEqual(key.expiresAt, expiresAt)
  })

  test('durations', async () => {
    const settings = await owner.iam.updateOrganizationSecuritySettings({ gracePeriodDuration: '86400s' })
    assert.equal(settings.gracePeriodDuration, '86400s')
  })
})

describe('typed errors', () => {
  const rejects = (promise, type, members) =>
    assert.rejects(promise, error => {
      assert.ok(error instanceof type, `${error.constructor.name}: ${error}`)
      assert.deepEqual(Object.fromEntries(Object.keys(members).map(name => [name, error[name]])), members)
      return true
    })

  test('InvalidArgumentsError', async () => {
    await assert.rejects(owner.iam.createGroup({ name: ' x', description: 'y'.repeat(201) }), error => {
      assert.ok(error instanceof Errors.InvalidArgumentsError, String(error))
      assert.equal(error.status, 400)
      assert.deepEqual(
        error.details.map(({ argumentName, reason }) => [argumentName, reason]),
        [['name', 'format'], ['description', 'constraint']],
      )
      return true
    })
  })

  test('PermissionsDeniedError', async () => {
    const application = await newApplication(owner, 'stranger')
    await rejects(application.iam.listPolicies(), Errors.PermissionsDeniedError, { status: 403, list: [{ action: 'list', resource: 'policy' }] })
  })

  test('ResourceNotFoundError', async () => {
    const missing = (promise, resource, resourceId) => rejects(promise, Errors.ResourceNotFoundError, { status: 404, resource, resourceId })
    await missing(owner.iam.getGroup({ groupId: nobody }), 'group', nobody)
    await missing(owner.iam.getAPIKey({ accessKey: 'SCWXXXXXXXXXXXXXXXXX' }), 'access_key', 'SCWXXXXXXXXXXXXXXXXX')
    await missing(owner.projects.getProject({ projectId: nobody }), 'project_id', nobody)
    const group = await owner.iam.createGroup({ name: 'empty' })
    await missing(owner.iam.removeGroupMember({ groupId: group.id, userId: owner.id }), '', owner.id)
  })

  test('DeniedAuthenticationError', async () => {
    const stranger = signIn({ organizationId: owner.organizationId, accessKey: 'SCWXXXXXXXXXXXXXXXXX', secretKey: nobody })
    await rejects(stranger.iam.listGroups(), Errors.DeniedAuthenticationError, { status: 401, method: 'api_key', reason: 'not_found' })
  })

  test('AlreadyExistsError', async () => {
    await owner.iam.createGroup({ name: 'twice' })
    await rejects(owner.iam.createGroup({ name: 'twice' }), Errors.AlreadyExistsError, { status: 409, resource: 'group' })
  })

  test('PreconditionFailedError', async () => {
    await rejects(owner.iam.deleteUser({ userId: owner.id }), Errors.PreconditionFailedError, { status: 412, precondition: 'protected_resource' })
  })

  test('an operation that is not offered', async () => {
    await rejects(owner.iam.getOrganizationSaml(), Errors.ScalewayError, { status: 501 })
  })
})
