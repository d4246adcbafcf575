/**
 * The translated services at every microversion that changes something, against a Nova that has them: the same requests through
 * the chain of gateways and through the gateway in front of OpenStack have the same status, and the same members in the response.
 */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { IMAGE, type Target } from '../conformance/target.ts';
import { sendNova } from '../support/nova-client.ts';
import { reduChainTarget } from '../support/redu-chain-target.ts';
import { sandboxTarget } from '../support/sandbox-target.ts';

const MINORS = [1, 9, 19, 36, 47, 63, 64, 75, 88];
const PUBLIC_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA m@example';

type Send = (
  target: string,
  minor: number,
  body?: object,
) => Promise<{ status: number; headers: Headers; body: unknown }>;
interface World {
  readonly send: Send;
  readonly serverId: string;
}

/** Sent to both sides in this order; `{id}` is a server of the side. */
const REQUESTS: readonly (readonly [target: string, body?: (minor: number) => object])[] = [
  ['GET servers/{id}'],
  ['GET servers/detail'],
  ['GET servers?status=NOTHING'],
  ['GET servers/detail?tags=none'],
  ['GET servers/detail?not-tags-any=none&changes-before=2100-01-01T00:00:00Z'],
  ['GET servers/detail?vm_state=active&locked=false&power_state=1'],
  ['GET servers/detail?unknown=1'],
  ['PUT servers/{id}', () => ({ server: { name: 'renamed' } })],
  ['PUT servers/{id}', () => ({ server: { description: 'Shop' } })],
  ['GET servers/{id}/tags'],
  ['PUT servers/{id}/tags/web'],
  ['PUT servers/{id}/tags/web'],
  ['GET servers/{id}/tags/web'],
  ['GET servers/{id}/tags/none'],
  ['PUT servers/{id}/tags', () => ({ tags: ['a', 'b'] })],
  ['PUT servers/{id}/tags', () => ({ tags: ['a/b'] })],
  ['DELETE servers/{id}/tags/a'],
  ['DELETE servers/{id}/tags/a'],
  ['DELETE servers/{id}/tags'],
  ['GET flavors'],
  ['GET flavors/detail'],
  ['GET flavors/m1.tiny'],
  ['GET images'],
  ['GET os-security-groups'],
  ['GET limits'],
  ['GET os-quota-sets/{project}'],
  ['GET servers/{id}/os-instance-actions'],
  ['GET servers/{id}/os-interface'],
  ['GET servers/{id}/os-volume_attachments'],
  ['POST servers/{id}/remote-consoles', () => ({ remote_console: { protocol: 'vnc', type: 'novnc' } })],
  ['POST servers/{id}/action', () => ({ 'os-getVNCConsole': { type: 'novnc' } })],
  ['POST os-keypairs', () => ({ keypair: { name: 'typed', type: 'ssh', public_key: PUBLIC_KEY } })],
  ['POST os-keypairs', () => ({ keypair: { name: 'plain', public_key: PUBLIC_KEY } })],
  ['GET os-keypairs?limit=1'],
  ['GET os-keypairs/plain'],
  ['DELETE os-keypairs/plain'],
  ['DELETE os-keypairs/typed'],
  ['POST os-server-groups', () => ({ server_group: { name: 'old', policies: ['anti-affinity'] } })],
  ['POST os-server-groups', () => ({ server_group: { name: 'new', policy: 'soft-affinity', rules: {} } })],
  ['GET os-server-groups'],
  ['POST servers', () => ({ server: { name: 'none', flavorRef: 'm1.tiny' } })],
  ['POST servers', () => ({ server: { name: 'x', flavorRef: 'm1.tiny', networks: 'sometimes' } })],
];

/** Below these names are data. */
const DATA: ReadonlySet<string> = new Set(['metadata', 'addresses', 'extra_specs', 'links', 'fixed_ips']);
/** redu does not report them. */
const UNREPORTED: ReadonlySet<string> = new Set(['mac_addr', 'port_state']);

/** Every member's path, sorted; of a list the members of all items together. */
function membersOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => membersOf(item, `${path}[]`)))];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([name]) => !UNREPORTED.has(name))
    .flatMap(([name, member]) => [
      `${path}.${name}`,
      ...(DATA.has(name) ? [] : membersOf(member, `${path}.${name}`)),
    ])
    .sort();
}

describe('a translated Nova has, at each microversion, the statuses and members of Nova', () => {
  let chain: Target;
  let direct: World;
  let translated: World;

  async function world(target: Target): Promise<World> {
    const { key } = await target.acme.client();
    const send: Send = (line, minor, body) => {
      const [method = '', path = ''] = line.split(' ');
      const headers = { 'x-auth-token': key, 'openstack-api-version': `compute 2.${minor}` };
      return sendNova(target.url, `${method} /compute/v2.1/${path}`, headers, body);
    };
    const images = await sendNova(target.url, `GET /image/v2/images?name=${IMAGE}`, { 'x-auth-token': key });
    const server = { name: 'one', flavorRef: 'm1.tiny', imageRef: images.body.images[0].id };
    const networks = [{ uuid: target.acme.networkId }];
    const made = (await sendNova(
      target.url,
      'POST /compute/v2.1/servers',
      { 'x-auth-token': key },
      { server: { ...server, networks } },
    )) as { body: { server: { id: string } } };
    const serverId = made.body.server.id;
    const shown = async () =>
      (await send(`GET servers/${serverId}`, 1)).body as { server: { status: string } };
    await vi.waitUntil(async () => (await shown()).server.status === 'ACTIVE', { timeout: 20_000 });
    return { send, serverId };
  }

  let inner: Target;
  beforeAll(async () => {
    inner = await sandboxTarget();
    chain = await reduChainTarget(inner);
    direct = await world(inner);
    translated = await world(chain);
  });
  afterAll(() => chain.close());

  test.each(MINORS)('2.%i', async (minor) => {
    const outcomes = async ({ send, serverId }: World) => {
      const found: string[] = [];
      for (const [target, body] of REQUESTS) {
        const path = target.replace('{id}', serverId).replace('{project}', inner.acme.projectId);
        const { status, headers, body: printed } = await send(path, minor, body?.(minor));
        const shape = status < 300 ? membersOf(printed) : [];
        const version = headers.get('openstack-api-version');
        found.push([target, status, version, ...shape].join(' '));
      }
      return found;
    };
    const [there, here] = await Promise.all([outcomes(direct), outcomes(translated)]);
    expect(here).toEqual(there);
  });
});
