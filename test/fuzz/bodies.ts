import { openApi } from '../../src/openapi/document.ts';
import type { Random } from './random.ts';

type Json = Readonly<Record<string, unknown>>;

/** Valid bodies by method and path, of which requests change members. */
const VALID: ReadonlyMap<string, Json> = new Map([...examplesOfContract(), ...novaBodies()]);

function examplesOfContract(): [string, Json][] {
  const { paths } = openApi('0.0.0') as { paths: Record<string, Record<string, OperationBody>> };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody }]): [string, Json][] => {
      const example = requestBody?.content['application/json']?.example;
      return example === undefined ? [] : [[`${method.toUpperCase()} ${path}`, example]];
    }),
  );
}

interface OperationBody {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: Json }>> };
}

function novaBodies(): [string, Json][] {
  const image = '68469a28-e569-43ef-aa8f-f6f0337725b7';
  const rule = { security_group_id: image, direction: 'ingress', protocol: 'tcp' };
  const identity = { methods: ['password'], password: { user: { name: 'x', password: 'y' } } };
  return [
    [
      'POST /compute/v2.1/servers',
      { server: { name: 'a', flavorRef: 'm1.tiny', imageRef: image, networks: [] } },
    ],
    ['POST /compute/v2.1/servers/{id}/action', { reboot: { type: 'SOFT' } }],
    ['POST /compute/v2.1/servers/{id}/metadata', { metadata: { a: 'b' } }],
    ['POST /compute/v2.1/os-keypairs', { keypair: { name: 'a' } }],
    ['POST /compute/v2.1/os-server-groups', { server_group: { name: 'a', policies: ['affinity'] } }],
    ['POST /networking/v2.0/security-groups', { security_group: { name: 'a' } }],
    ['POST /networking/v2.0/security-group-rules', { security_group_rule: rule }],
    ['POST /networking/v2.0/networks', { network: { name: 'a' } }],
    ['POST /networking/v2.0/floatingips', { floatingip: { floating_network_id: image } }],
    ['POST /image/v2/images', { name: 'a', disk_format: 'raw', container_format: 'bare' }],
    ['POST /identity/v3/auth/tokens', { auth: { identity, scope: { project: { id: image } } } }],
  ];
}

/** The valid body of a route with up to two changed members; null: the route has none. */
export function changedBody(random: Random, route: string, change: () => unknown): string | null {
  const valid = VALID.get(route);
  if (valid === undefined) return null;
  const body: unknown = structuredClone(valid);
  for (let count = random.below(3); count > 0; count--) changeMember(random, body, change);
  return JSON.stringify(body);
}

function changeMember(random: Random, body: unknown, change: () => unknown): void {
  if (typeof body !== 'object' || body === null) return;
  const members = body as Record<string, unknown>;
  const names = Object.keys(members);
  const name = names[random.below(names.length || 1)];
  if (name === undefined) return;
  const inner = members[name];
  if (typeof inner === 'object' && inner !== null && !random.oneIn(3)) changeMember(random, inner, change);
  else if (random.oneIn(4)) delete members[name];
  else members[name] = change();
}
