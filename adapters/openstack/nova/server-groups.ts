import * as z from 'zod';
import { ComputeError } from '../../../src/compute/errors.ts';
import {
  SERVER_GROUP_POLICIES,
  type ServerGroup,
  type ServerGroupPolicy,
} from '../../../src/compute/model.ts';
import type { Service } from '../service.ts';

/** Up to 2.63 a group has a list of policies with one entry. */
const Group = z.object({
  id: z.string(),
  name: z.string(),
  policies: z.array(z.enum(SERVER_GROUP_POLICIES)).min(1),
  members: z.array(z.string()).nullish(),
  project_id: z.string().nullish(),
});
const GroupBody = z.object({ server_group: Group });
const GroupsBody = z.object({ server_groups: z.array(Group) });

/** Groups are paged by offset, without links. */
const PAGE = 1000;
const MAX_PAGES = 100;

/** @param projectId Their project. */
export async function listServerGroups(nova: Service, projectId: string): Promise<ServerGroup[]> {
  const groups: z.infer<typeof Group>[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    const body = await nova.get('/os-server-groups', GroupsBody, { limit: PAGE, offset: groups.length });
    groups.push(...body.server_groups);
    // A short page does not end the list: a cloud may limit pages further.
    if (body.server_groups.length === 0) {
      return groups.filter((group) => (group.project_id ?? projectId) === projectId).map(groupFrom);
    }
  }
  throw new ComputeError('bad_gateway', "The cloud's pagination did not terminate.");
}

/** @param projectId Its project: Nova shows administrators those of all. Not reported before 2.13. */
export async function getServerGroup(nova: Service, id: string, projectId: string): Promise<ServerGroup> {
  const { server_group: group } = await nova.get(`/os-server-groups/${id}`, GroupBody);
  if ((group.project_id ?? projectId) !== projectId) {
    throw new ComputeError('not_found', `Instance group ${id} could not be found.`);
  }
  return groupFrom(group);
}

export async function createServerGroup(
  nova: Service,
  name: string,
  policy: ServerGroupPolicy,
): Promise<ServerGroup> {
  const body = { server_group: { name, policies: [policy] } };
  return groupFrom((await nova.post('/os-server-groups', body, GroupBody)).server_group);
}

export async function deleteServerGroup(nova: Service, id: string): Promise<void> {
  await nova.call('DELETE', `/os-server-groups/${id}`);
}

function groupFrom({ id, name, policies, members }: z.infer<typeof Group>): ServerGroup {
  const [policy = 'affinity'] = policies;
  return { id, name, policy, memberIds: members ?? [] };
}
