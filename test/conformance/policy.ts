import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { sendNova } from '../support/nova-client.ts';
import type { OpenStackClient } from '../support/openstack-client.ts';
import { type ReduAnswer, ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

const RULE = { direction: 'ingress', protocol: 'tcp', port: 8_080 };
const NEW = { name: 'conf-reader', flavor_id: 'm1.tiny', image_id: IMAGE };

/** Reads of the redu API; `{instance}` and so on are the project's. */
const READS = [
  '/v1/instances',
  '/v1/instances/{instance}',
  '/v1/instances/{instance}/actions',
  '/v1/instances/{instance}/networks',
  '/v1/flavors',
  '/v1/images',
  '/v1/networks',
  '/v1/networks/{network}',
  '/v1/floating_ips',
  '/v1/security_groups',
  '/v1/security_groups/{group}',
  '/v1/server_groups',
  '/v1/quotas',
  '/v1/availability_zones',
  '/v1/volumes',
  '/v1/volume_snapshots',
];

const WRITES: readonly (readonly [method: string, path: string, body?: object])[] = [
  ...[{}, { isPublic: true }, { enableSSH: true }, { isPublic: true, enableSSH: true }].map(
    (metadata) => ['POST', '/v1/instances', { ...NEW, network_id: '{network}', metadata }] as const,
  ),
  ['PATCH', '/v1/instances/{instance}', { name: 'conf-renamed' }],
  ['PATCH', '/v1/instances/{instance}', { metadata: { isPublic: true } }],
  ['PATCH', '/v1/instances/{instance}', { metadata: { enableSSH: true } }],
  ['PUT', '/v1/instances/{instance}/tags', { tags: ['a'] }],
  ['POST', '/v1/instances/{instance}/actions', { action: 'stop' }],
  ['POST', '/v1/instances/{instance}/networks', { network_id: '{network}' }],
  ['DELETE', '/v1/instances/{instance}'],
  ['POST', '/v1/networks', { name: 'conf-reader', cidr: '10.94.0.0/24' }],
  ['POST', '/v1/floating_ips', {}],
  ['POST', '/v1/security_groups', { name: 'conf-reader', description: '' }],
  ['POST', '/v1/security_groups/{group}/rules', RULE],
  ['DELETE', '/v1/security_groups/{group}'],
  ['POST', '/v1/server_groups', { name: 'conf-reader', policy: 'affinity' }],
  ['POST', '/v1/images', { name: 'conf-reader' }],
  ['POST', '/v1/volumes', { name: 'conf-reader', size_gb: 1 }],
];

/** The same at the services. */
const NOVA_WRITES: readonly (readonly [target: string, body?: object])[] = [
  [
    'POST /compute/v2.1/servers',
    {
      server: { name: 'r', flavorRef: 'm1.tiny', imageRef: '{image}', networks: [{ uuid: '{network}' }] },
    },
  ],
  ['PUT /compute/v2.1/servers/{instance}', { server: { name: 'r' } }],
  ['POST /compute/v2.1/servers/{instance}/action', { 'os-stop': null }],
  ['DELETE /compute/v2.1/servers/{instance}'],
  ['POST /networking/v2.0/ports', { port: { network_id: '{network}' } }],
  ['POST /networking/v2.0/security-groups', { security_group: { name: 'r' } }],
  ['DELETE /networking/v2.0/security-groups/{group}'],
  ['POST /volume/v3/volumes', { volume: { size: 1 } }],
];

/** Roles below `member`, as acme's user in globex's project. The policy is the cloud's: one of before 2024 lets readers write. */
export function policyConformance(target: () => Target): void {
  describe('a key of a user who may only read', () => {
    let reader: ReduClient;
    let member: ReduClient;
    let direct: OpenStackClient;
    let lets: boolean;
    const things: Record<string, string> = {};
    const fill = <T>(value: T): T =>
      JSON.parse(
        JSON.stringify(value).replaceAll(/\{(\w+)\}/g, (whole, name: string) => things[name] ?? whole),
      );

    beforeAll(async () => {
      const { acme, globex, keystone, url } = target();
      member = await globex.client();
      await keystone.giveRole(globex.projectId, acme.userId, 'reader');
      const made = await new ReduClient(url, '').post('/v1/api_keys', {
        name: 'conf-reader',
        credentials: { username: acme.userName, password: acme.password, project_id: globex.projectId },
      });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      reader = new ReduClient(url, made.body.key);
      direct = await keystone.clientOf(acme, globex.projectId);
      const instance = await member.boot({ ...NEW, network_id: globex.networkId });
      const group = await member.post('/v1/security_groups', { name: 'conf-policy', description: '' });
      const [image] = (await member.get(`/v1/images?name=${IMAGE}`)).body.items;
      Object.assign(things, { instance: instance.id, group: group.body.id, image: image.id });
      things.network = globex.networkId;
      const tried = await direct.network('POST', '/security-groups', {
        security_group: { name: 'conf-try' },
      });
      lets = tried.status === 201;
      if (lets) await direct.network('DELETE', `/security-groups/${tried.body.security_group.id}`);
    });
    afterAll(async () => {
      const { acme, globex, keystone } = target();
      await member.remove(things.instance ?? '');
      await member.delete(`/v1/security_groups/${things.group}`);
      await keystone.takeRole(globex.projectId, acme.userId, 'reader');
    });

    const has = async () => {
      const { openStack } = target().globex;
      const revisionsOf = async (collection: string) => {
        const { body } = await openStack.network('GET', `/${collection}`);
        const all = body[collection.replace('-', '_')] as { id: string; revision_number: number }[];
        return all.map(({ id, revision_number }) => `${id} ${revision_number}`).sort();
      };
      const lists = ['security-groups', 'networks', 'routers'].map(revisionsOf);
      return { ...(await openStack.belongings()), revisions: await Promise.all(lists) };
    };
    /** Without the parts that have no order. */
    const idsOf = (body: ReduAnswer['body']) =>
      [body.items ?? body].flat().map(({ id, name }: { id?: string; name?: string }) => id ?? name);
    const onlyWhereRefused = ({ skip }: TestContext) => {
      if (lets) skip('this cloud lets readers write');
    };

    test('shows its role', async () => {
      expect((await reader.get('/v1/me')).body.roles).toEqual(['reader']);
    });

    test('is what a key of a member is that was issued with the role reader', async () => {
      const { acme, url } = target();
      const credentials = { username: acme.userName, password: acme.password, project_id: acme.projectId };
      const wish = { name: 'conf-fewer', roles: ['reader'], credentials };
      const { key } = (await new ReduClient(url, '').post('/v1/api_keys', wish)).body;
      expect((await new ReduClient(url, key).get('/v1/me')).body.roles).toEqual(['reader']);
    });

    test.each(READS)('reads %s as a member does', async (path) => {
      const [shown, ofMember] = [await reader.get(fill(path)), await member.get(fill(path))];
      expect(shown.status, JSON.stringify(shown.body)).toBe(200);
      expect(idsOf(shown.body)).toEqual(idsOf(ofMember.body));
    });

    test('is refused every write of the redu API with 403, and nothing is made', async (context) => {
      onlyWhereRefused(context);
      const before = await has();
      for (const [method, path, body] of WRITES) {
        const answer = await reader.request(method, fill(path), body && fill(body));
        const what = `${method} ${path} ${JSON.stringify(answer.body)}`;
        expect.soft([answer.status, answer.body?.error?.code], what).toEqual([403, 'forbidden']);
      }
      expect(await has()).toEqual(before);
    });

    test('gets the response of the services to every write in the nova dialect', async (context) => {
      onlyWhereRefused(context);
      const before = await has();
      for (const [line, body] of NOVA_WRITES) {
        const [method = '', path = ''] = fill(line).split(' ');
        const [, service = '', rest = ''] = /^\/(\w+)\/v[\d.]+(\/.*)$/.exec(path) ?? [];
        const { compute, network, volume } = direct;
        const call = { compute, networking: network, volume }[service];
        const directly = await call?.call(direct, method, rest, body && fill(body));
        const answer = await sendNova(
          target().url,
          fill(line),
          { 'x-auth-token': reader.key },
          body && fill(body),
        );
        expect.soft([answer.status, answer.body], line).toEqual([directly?.status, directly?.body]);
        expect.soft(answer.status, line).toBe(403);
      }
      expect(await has()).toEqual(before);
    });
  });
}
