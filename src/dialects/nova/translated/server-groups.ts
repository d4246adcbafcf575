import * as z from 'zod';
import { ComputeError } from '../../../compute/errors.ts';
import { SERVER_GROUP_POLICIES, type ServerGroup } from '../../../compute/model.ts';
import { decodeBody } from '../../../http/decode.ts';
import { name } from '../../../http/field-schemas.ts';
import { emptyResponse, type NovaCall, parseId, unsupported } from './call.ts';
import { assertMembers, type Span } from './microversions.ts';

const policy = z.enum(SERVER_GROUP_POLICIES);
/** Nova has soft policies from microversion 2.15; here every version accepts them. */
const newGroupSchema = z.strictObject({
  server_group: z.strictObject({
    name,
    policies: z.array(policy).length(1).optional(),
    policy: policy.optional(),
    rules: z.record(z.string(), z.unknown()).nullish(),
  }),
});
const SPANS: Readonly<Record<string, Span>> = { policies: [1, 63], policy: [64], rules: [64] };

export async function listServerGroups(call: NovaCall): Promise<Response> {
  const [groups, owner] = await Promise.all([call.cloud.listServerGroups(), ownerOf(call)]);
  return call.c.json({ server_groups: groups.map((group) => ({ ...groupView(call, group), ...owner })) });
}

export async function createServerGroup(call: NovaCall): Promise<Response> {
  const { server_group: wanted } = await decodeBody(call.c, newGroupSchema);
  assertMembers(wanted, SPANS, call.minor, 'server_group');
  const [rule] = Object.keys(wanted.rules ?? {});
  if (rule !== undefined) throw unsupported(`server groups with the rule ${rule}`);
  const chosen = call.minor < 64 ? wanted.policies?.[0] : wanted.policy;
  if (chosen === undefined)
    throw ComputeError.field(`server_group.${call.minor < 64 ? 'policies' : 'policy'}`, 'is required');
  const owner = await ownerOf(call);
  const group = await call.cloud.createServerGroup(wanted.name, chosen);
  return call.c.json({ server_group: { ...groupView(call, group), ...owner } });
}

export async function showServerGroup(call: NovaCall, segment = ''): Promise<Response> {
  const group = await call.cloud.getServerGroup(groupId(segment));
  return call.c.json({ server_group: { ...groupView(call, group), ...(await ownerOf(call)) } });
}

/** Since 2.13. redu reports no user: the caller's. */
async function ownerOf({ minor, cloud, c }: NovaCall): Promise<object> {
  if (minor < 13) return {};
  const { userId } = await cloud.caller();
  return { project_id: c.var.principal.projectId, user_id: userId };
}

export async function deleteServerGroup(call: NovaCall, segment = ''): Promise<Response> {
  await call.cloud.deleteServerGroup(groupId(segment));
  return emptyResponse(call, 204);
}

function groupId(segment: string): string {
  return parseId(segment, 'Instance group');
}

function groupView({ minor }: NovaCall, group: ServerGroup) {
  return {
    id: group.id,
    name: group.name,
    members: group.memberIds,
    ...(minor < 64 ? { policies: [group.policy], metadata: {} } : { policy: group.policy, rules: {} }),
  };
}
