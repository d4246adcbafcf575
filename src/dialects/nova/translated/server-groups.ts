import * as z from 'zod';
import { ComputeError } from '../../../compute/errors.ts';
import { SERVER_GROUP_POLICIES, type ServerGroup } from '../../../compute/model.ts';
import { decodeBody } from '../../../http/decode.ts';
import { name } from '../../../http/field-schemas.ts';
import { emptyResponse, type NovaCall, parseId } from './call.ts';

/** Nova has soft policies from microversion 2.15; here every version accepts them. */
const newGroupSchema = z.strictObject({
  server_group: z.strictObject({ name, policies: z.array(z.enum(SERVER_GROUP_POLICIES)).length(1) }),
});

export async function listServerGroups({ c, cloud }: NovaCall): Promise<Response> {
  return c.json({ server_groups: (await cloud.listServerGroups()).map(groupView) });
}

export async function createServerGroup({ c, cloud }: NovaCall): Promise<Response> {
  const { server_group: wanted } = await decodeBody(c, newGroupSchema);
  const [policy] = wanted.policies;
  if (policy === undefined) throw ComputeError.field('server_group.policies', 'must name one policy');
  return c.json({ server_group: groupView(await cloud.createServerGroup(wanted.name, policy)) });
}

export async function showServerGroup({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  return c.json({ server_group: groupView(await cloud.getServerGroup(groupId(segment))) });
}

export async function deleteServerGroup(call: NovaCall, segment = ''): Promise<Response> {
  await call.cloud.deleteServerGroup(groupId(segment));
  return emptyResponse(call, 204);
}

function groupId(segment: string): string {
  return parseId(segment, 'Instance group');
}

function groupView({ id, name: called, policy, memberIds }: ServerGroup) {
  return { id, name: called, policies: [policy], members: memberIds, metadata: {} };
}
