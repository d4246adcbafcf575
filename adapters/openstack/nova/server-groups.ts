import * as z from 'zod';
import { ComputeError } from '../../../src/compute/errors.ts';
import {
  SERVER_GROUP_POLICIES,
  type ServerGroup,
  type ServerGroupPolicy,
} from '../../../src/compute/model.ts';
import type { Nova } from './nova.ts';

/** Up to 2.63 a group has a list of policies with one entry, then one policy. */
const Group = z.object({
  id: z.string(),
  name: z.string(),
  policies: z.array(z.enum(SERVER_GROUP_POLICIES)).min(1).optional(),
  policy: z.enum(SERVER_GROUP_POLICIES).optional(),
  members: z.array(z.string()).nullish(),
  project_id: z.string().nullish(),
});
const GroupBody = z.object({ server_group: Group });
const GroupsBody = z.object({ server_groups: z.array(Group) });

/** Groups are paged by offset, without links. */
const PAGE = 1000;
const MAX_PAGES = 100;

/** @param projectId Their project. */
export async function listServerGroups(nova: Nova, projectId: string): Promise<ServerGroup[]> {
  const service = nova.using('groupOwners');
  const groups: z.infer<typeof Group>[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    const body = await service.get('/os-server-groups', GroupsBody, { limit: PAGE, offset: groups.length });
    groups.push(...body.server_groups);
    // A short page does not end the list: a cloud may limit pages further.
    if (body.server_groups.length === 0) {
      return groups.filter((group) => (group.project_id ?? projectId) === projectId).map(groupFrom);
    }
  }
  throw new ComputeError('bad_gateway', "The cloud's pagination did not terminate.");
}

/** @param projectId Its project: Nova shows administrators those of all. Not reported before 2.13. */
export async function getServerGroup(nova: Nova, id: string, projectId: string): Promise<ServerGroup> {
  const path = `/os-server-groups/${id}`;
  const { server_group: group } = await nova.using('groupOwners').get(path, GroupBody);
  if ((group.project_id ?? projectId) !== projectId) {
    throw new ComputeError('not_found', `Instance group ${id} could not be found.`);
  }
  return groupFrom(group);
}

export async function createServerGroup(
  nova: Nova,
  name: string,
  policy: ServerGroupPolicy,
): Promise<ServerGroup> {
  const isSoft = policy.startsWith('soft-');
  const policies = (await nova.has('policyLists')) ? { policies: [policy] } : { policy };
  const service = isSoft ? nova.needing('softPolicies') : nova.using();
  const body = { server_group: { name, ...policies } };
  return groupFrom((await service.post('/os-server-groups', body, GroupBody)).server_group);
}

export async function deleteServerGroup(nova: Nova, id: string): Promise<void> {
  await nova.using().call('DELETE', `/os-server-groups/${id}`);
}

function groupFrom({ id, name, policies, policy, members }: z.infer<typeof Group>): ServerGroup {
  return { id, name, policy: policy ?? policies?.[0] ?? 'affinity', memberIds: members ?? [] };
}
