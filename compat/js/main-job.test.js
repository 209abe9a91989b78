import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Errors } from '@scaleway/sdk-client'
import { newApplication, newOwner, operator, post } from './people.js'

// An owner makes a project, an application, a group, a policy with rules and a condition,
// and an API key; the key is then allowed exactly what the policy grants.
test('the main job', async t => {
  const owner = await newOwner()
  const project = await owner.projects.createProject({ name: 'shop', description: '' })
  const service = await newApplication(owner, 'checkout')
  const group = await owner.iam.createGroup({ name: 'shop services' })
  await owner.iam.addGroupMember({ groupId: group.id, applicationId: service.id })

  const decide = (permission, projectId) =>
    post(
      '/access/v1/evaluation',
      {
        subject: { type: 'api_key', id: service.accessKey },
        action: { name: permission },
        resource: {
          type: permission.split(':').slice(0, 2).join(':'),
          id: 'something',
          properties: { organization_id: owner.organizationId, project_id: projectId },
        },
      },
      operator,
    ).then(answer => answer.decision)
  const denied = (action, resource) => error => {
    assert.ok(error instanceof Errors.PermissionsDeniedError, String(error))
    assert.deepEqual(error.list, [{ action, resource }])
    return true
  }
  const mayNothing = async () => {
    await assert.rejects(service.iam.listGroups(), denied('list', 'group'))
    await assert.rejects(service.iam.listUsers(), denied('list', 'user'))
    assert.equal(await decide('storage:object:read', project.id), false)
  }

  await t.test('without a policy it may do nothing', mayNothing)

  let policy
  await t.test('with the policy it may do what the policy says', async () => {
    policy = await owner.iam.createPolicy({
      name: 'checkout',
      description: '',
      groupId: group.id,
      rules: [
        { permissionSetNames: ['ObjectStorageReadOnly'], projectIds: [project.id], condition: '' },
        {
          permissionSetNames: ['IAMGroupReadOnly'],
          organizationId: owner.organizationId,
          condition: 'inIpRange(request.ip, "127.0.0.0/8")',
        },
      ],
    })
    assert.equal((await service.iam.getGroup({ groupId: group.id })).name, 'shop services')
    await assert.rejects(service.iam.createGroup({ name: 'more' }), denied('create', 'group'))
    await assert.rejects(service.iam.listUsers(), denied('list', 'user'))
    assert.equal(await decide('storage:object:read', project.id), true)
    assert.equal(await decide('storage:object:write', project.id), false)
    assert.equal(await decide('storage:object:read', owner.organizationId), false)
  })

  await t.test('without it, nothing again', async () => {
    await owner.iam.deletePolicy({ policyId: policy.id })
    await mayNothing()
  })

  await t.test('a deleted key is nobody', async () => {
    await owner.iam.deleteAPIKey({ accessKey: service.accessKey })
    await assert.rejects(service.iam.listGroups(), error => {
      assert.ok(error instanceof Errors.DeniedAuthenticationError, String(error))
      assert.deepEqual([error.method, error.reason], ['api_key', 'not_found'])
      return true
    })
  })

  await t.test('every step is in the audit trail, at once', async () => {
    const { events, nextPageToken } = await owner.trail.listEvents({ orderBy: 'recorded_at_asc', pageSize: 100, status: 200 })
    assert.equal(nextPageToken, undefined)
    assert.deepEqual(
      events.map(event => event.methodName),
      ['CreateOrganization', 'CreateProject', 'CreateApplication', 'CreateAPIKey', 'CreateGroup', 'AddGroupMember', 'CreatePolicy', 'DeletePolicy', 'DeleteAPIKey'],
    )
    for (const event of events.slice(1)) {
      assert.equal(event.principal.id, owner.id)
      assert.ok(event.recordedAt instanceof Date)
      assert.equal(event.sourceIp, '127.0.0.1')
    }
    const refused = await owner.trail.listEvents({ status: 403, principalId: service.id })
    assert.deepEqual(refused.events.map(event => event.methodName), ['CreateGroup'])
  })
})
