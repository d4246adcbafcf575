/** @module RBAC policies: networks and security groups that their project shares with another one, or with all. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, json } from '../http.ts';
import { createBody, type NeutronCall, type Shape, text } from './call.ts';
import { find, type Kind } from './collection.ts';
import { badRequest, disallowed } from './faults.ts';
import { newResource, type RbacPolicy, type Resource } from './model.ts';

const POLICY: Shape = {
  name: 'rbac_policy',
  required: ['object_type', 'object_id', 'action', 'target_tenant'],
  creatable: ['object_type', 'object_id', 'action', 'target_tenant'],
  updatable: ['target_tenant'],
};

const ACTIONS: Readonly<Record<RbacPolicy['objectType'], readonly string[]>> = {
  network: ['access_as_shared', 'access_as_external'],
  security_group: ['access_as_shared'],
};

/** Stands for every project. */
export const ALL_PROJECTS = '*';

export const rbacPolicies: Kind<RbacPolicy> = {
  plural: 'rbac_policies',
  one: 'rbac_policy',
  records: (cloud) => cloud.networking.rbacPolicies,
  attributes: ['id', 'project_id', 'tenant_id', 'object_type', 'object_id', 'action', 'target_tenant'],
  missing: (id) => new Fault(404, 'RbacPolicyNotFound', `RBAC policy of type ${id} not found`),
  view: (_cloud, policy) => ({
    id: policy.id,
    project_id: policy.projectId,
    tenant_id: policy.projectId,
    object_type: policy.objectType,
    object_id: policy.objectId,
    action: policy.action,
    target_tenant: policy.target,
  }),
};

/** Whether an object is open to a project by one of these actions. */
export function isGranted(
  cloud: Cloud,
  object: Resource,
  projectId: string,
  ...actions: RbacPolicy['action'][]
): boolean {
  for (const { objectId, action, target } of cloud.networking.rbacPolicies.values()) {
    const isMeant = target === ALL_PROJECTS || target === projectId;
    if (objectId === object.id && isMeant && actions.includes(action)) return true;
  }
  return false;
}

/** Enters a policy without any check. */
export function grant(
  cloud: Cloud,
  object: Resource,
  given: Pick<RbacPolicy, 'objectType' | 'action' | 'target'>,
): RbacPolicy {
  const policy = {
    ...newResource(object.projectId, '', cloud.timeline.now(), null),
    objectId: object.id,
    ...given,
  };
  cloud.networking.rbacPolicies.set(policy.id, policy);
  return policy;
}

/** POST /v2.0/rbac-policies: for the owner of the object; the receiving project need not consent. */
export function createPolicy(call: NeutronCall): Response {
  const { cloud, principal } = call;
  const given = createBody(call, POLICY);
  const objectType = given.object_type;
  const action = text(given, 'action');
  if (
    (objectType !== 'network' && objectType !== 'security_group') ||
    !ACTIONS[objectType].includes(action)
  ) {
    throw badRequest(
      `Invalid input for action. Reason: Invalid action '${action}' for object type '${objectType}'.`,
    );
  }
  const { networks, groups } = cloud.networking;
  const objectId = text(given, 'object_id');
  const object = objectType === 'network' ? networks.get(objectId) : groups.get(objectId);
  if (!object || (object.projectId !== principal.projectId && !principal.isAdmin)) {
    throw new Fault(404, 'RbacPolicyNotFound', `RBAC policy of type ${objectType} not found`);
  }
  const target = text(given, 'target_tenant');
  const isPrivileged = target === ALL_PROJECTS || action === 'access_as_external';
  if (isPrivileged && !principal.isAdmin) throw disallowed('(rule:create_rbac_policy)');
  const policy = grant(cloud, object, { objectType, action: action as RbacPolicy['action'], target });
  return json(201, { rbac_policy: rbacPolicies.view(cloud, policy) });
}

/** DELETE /v2.0/rbac-policies/{id} */
export function deletePolicy(call: NeutronCall, id: string): Response {
  call.cloud.networking.rbacPolicies.delete(find(call.cloud, call.principal, rbacPolicies, id).id);
  return empty(204);
}
