import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendNova } from '../support/nova-client.ts';
import { ReduClient } from '../support/redu-client.ts';
import { type Customer, IMAGE, type Target } from './target.ts';

const PUBLIC_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFlb1uzRBMhQqWmtpTQQRs3fJnLXCbq9dq3ZPHrkhQxV user@example.org';
const NAME = 'conf-same';
const MAX = 20;

export function serviceKeyPairConformance(target: () => Target): void {
  describe('key pairs of service keys', () => {
    let acme: ReduClient;
    let globex: ReduClient;
    beforeAll(async () => {
      acme = await serviceKey(target().acme);
      globex = await serviceKey(target().globex);
    });
    afterAll(async () => {
      for (const { name } of (await acme.get('/v1/keypairs')).body.items)
        await acme.delete(`/v1/keypairs/${encodeURIComponent(name)}`);
    });
    const serviceKey = async ({ projectId }: Customer) => {
      const made = await fetch(`${target().url}/admin/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${target().adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'conf-service', project_id: projectId }),
      });
      const { key } = (await made.json()) as { key: string };
      return new ReduClient(target().url, key);
    };
    const prefixOf = ({ projectId }: Customer) => `ln_${projectId}_`;
    const namesOf = async (client: ReduClient) =>
      (await client.get('/v1/keypairs')).body.items.map(({ name }: { name: string }) => name);
    const nova = (client: ReduClient, method: string, path: string, body?: unknown, version = '2.1') =>
      sendNova(
        target().url,
        `${method} /compute/v2.1${path}`,
        { 'x-auth-token': client.key, 'openstack-api-version': `compute ${version}` },
        body,
      );

    test('two projects have key pairs of the same name, and neither sees the other’s', async () => {
      for (const client of [globex, acme]) {
        const made = await client.post('/v1/keypairs', { name: NAME, public_key: PUBLIC_KEY });
        expect([made.status, made.body.name, made.headers.get('location')]).toEqual([
          201,
          NAME,
          `/v1/keypairs/${NAME}`,
        ]);
        expect(await namesOf(client)).toEqual([NAME]);
        expect((await client.get(`/v1/keypairs/${NAME}`)).body).toMatchObject({ name: NAME });
      }
      const twice = await acme.post('/v1/keypairs', { name: NAME, public_key: PUBLIC_KEY });
      expect([twice.status, twice.body.error.message]).toEqual([409, expect.not.stringContaining('ln_')]);
      expect((await acme.get('/v1/quotas')).body.key_pairs).toEqual({ limit: MAX, used: 1 });
      for (const customer of [target().globex, target().acme]) {
        for (const name of [prefixOf(customer) + NAME]) {
          const found = await acme.get(`/v1/keypairs/${name}`);
          expect([found.status, found.body.error.message]).toEqual([404, 'There is no such key pair.']);
          expect((await acme.delete(`/v1/keypairs/${name}`)).status).toBe(404);
          for (const method of ['GET', 'DELETE', 'HEAD'])
            expect((await nova(acme, method, `/os-keypairs/${name}`)).status).toBe(404);
          const server = { name: 'conf-thief', flavor_id: 'm1.tiny', image_id: IMAGE, keypair_name: name };
          expect((await acme.post('/v1/instances', server)).status).toBe(400);
        }
      }
      expect((await globex.delete(`/v1/keypairs/${NAME}`)).status).toBe(204);
      expect(await namesOf(acme)).toEqual([NAME]);
      expect(await namesOf(globex)).toEqual([]);
      const gone = await globex.delete(`/v1/keypairs/${NAME}`);
      expect([gone.status, gone.body.error.message]).toEqual([404, 'There is no such key pair.']);
    });

    test.each(['2.1', '2.2', '2.10', '2.35', '2.75', '2.92'])(
      'Nova at %s makes, lists, shows and deletes them without the prefix',
      async (version) => {
        const name = `conf-${version.replace('.', '-')}`;
        const keypair = { name, public_key: PUBLIC_KEY };
        const made = await nova(acme, 'POST', '/os-keypairs', { keypair }, version);
        expect([made.status, made.body.keypair?.name]).toEqual([version === '2.1' ? 200 : 201, name]);
        expect(await namesOf(acme)).toContain(name);
        const twice = await nova(acme, 'POST', '/os-keypairs', { keypair }, version);
        expect([twice.status, JSON.stringify(twice.body)]).toEqual([409, expect.not.stringContaining('ln_')]);
        const list = await nova(acme, 'GET', '/os-keypairs', undefined, version);
        const names = list.body.keypairs.map((one: { keypair: { name: string } }) => one.keypair.name);
        expect(names.toSorted()).toEqual((await namesOf(acme)).toSorted());
        const marked = await nova(acme, 'GET', `/os-keypairs?marker=${names[0]}&limit=1`, undefined, version);
        expect(marked.body.keypairs).toEqual(list.body.keypairs.slice(1));
        const shown = await nova(acme, 'GET', `/os-keypairs/${name}`, undefined, version);
        expect([shown.status, shown.body.keypair.name]).toEqual([200, name]);
        const missing = await nova(acme, 'GET', '/os-keypairs/conf-none', undefined, version);
        expect([missing.status, JSON.stringify(missing.body)]).toEqual([
          404,
          expect.not.stringContaining('ln_'),
        ]);
        const deleted = await nova(acme, 'DELETE', `/os-keypairs/${name}`, undefined, version);
        expect(deleted.status).toBe(version === '2.1' ? 202 : 204);
        expect(await namesOf(acme)).not.toContain(name);
      },
    );

    test('a user id in a Nova request reaches no other user’s key pairs', async () => {
      const { userId } = target().globex;
      const keypair = { name: 'conf-other', public_key: PUBLIC_KEY, user_id: userId };
      expect((await nova(acme, 'POST', '/os-keypairs', { keypair }, '2.10')).status).toBe(403);
      const list = await nova(acme, 'GET', `/os-keypairs?user_id=${userId}`, undefined, '2.10');
      expect(list.body.keypairs).toHaveLength((await namesOf(acme)).length);
      const bad = [{ name: 7 }, { name: '' }, { name: ' a' }, { name: null }, {}, { name: 'a'.repeat(250) }];
      for (const given of bad)
        expect((await nova(acme, 'POST', '/os-keypairs', { keypair: given })).status).toBe(400);
    });

    test('no key that a service key makes reaches the operator’s account', async () => {
      const headers = { 'x-auth-token': acme.key, 'x-subject-token': acme.key };
      const { user } = (await sendNova(target().url, 'GET /identity/v3/auth/tokens', headers)).body.token;
      const credentials = `/identity/v3/users/${user.id}/application_credentials`;
      const create = (more: object) =>
        sendNova(target().url, `POST ${credentials}`, headers, {
          application_credential: { name: `conf-${crypto.randomUUID()}`, ...more },
        });
      for (const role of ['reader', 'admin'])
        expect((await create({ roles: [{ name: role }] })).status).toBe(403);
      const made = await create({});
      expect(made.status).toBe(201);
      const { id, secret } = made.body.application_credential;
      const further = new ReduClient(target().url, secret);
      expect(await namesOf(further)).toEqual(await namesOf(acme));
      expect((await further.get('/v1/me')).body.id).toBe(id);
      expect((await sendNova(target().url, `DELETE ${credentials}/${id}`, headers)).status).toBe(204);
    });

    test('an instance has the key pair under its name, in both dialects and for every viewer', async () => {
      const networks = [{ uuid: target().acme.networkId }];
      const imageRef = (await acme.get(`/v1/images?name=${IMAGE}`)).body.items[0].id;
      const server = { name: 'conf-keyed-nova', flavorRef: 'm1.tiny', imageRef, networks, key_name: NAME };
      const made = await nova(acme, 'POST', '/servers', { server });
      expect(made.status).toBe(202);
      const instance = await acme.boot({
        name: 'conf-keyed',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        network_id: target().acme.networkId,
        keypair_name: NAME,
      });
      expect(instance.keypair_name).toBe(NAME);
      const user = await target().acme.client();
      expect((await user.get(`/v1/instances/${instance.id}`)).body.keypair_name).toBe(NAME);
      await acme.until(made.body.server.id, ({ state }) => state === 'active');
      for (const viewer of [acme, user]) {
        for (const version of ['2.1', '2.46', '2.93', 'latest']) {
          for (const id of [instance.id, made.body.server.id]) {
            const shown = await nova(viewer, 'GET', `/servers/${id}`, undefined, version);
            expect([shown.status, shown.body.server.key_name]).toEqual([200, NAME]);
          }
          const list = await nova(viewer, 'GET', '/servers/detail', undefined, version);
          expect(JSON.stringify(list.body)).not.toContain('ln_');
        }
      }
      const named = await nova(
        acme,
        'PUT',
        `/servers/${instance.id}`,
        { server: { name: 'conf-keyed' } },
        '2.75',
      );
      expect(named.body.server.key_name).toBe(NAME);
      const rebuild = { imageRef, key_name: NAME };
      const rebuilt = await nova(acme, 'POST', `/servers/${instance.id}/action`, { rebuild }, '2.75');
      expect([rebuilt.status, rebuilt.body.server?.key_name]).toEqual([202, NAME]);
      for (const key_name of [
        prefixOf(target().globex) + NAME,
        'conf-none',
        prefixOf(target().acme) + NAME,
      ]) {
        const refused = await nova(acme, 'POST', '/servers', { server: { ...server, key_name } });
        expect([refused.status, JSON.stringify(refused.body)]).toEqual([
          400,
          expect.not.stringContaining('ln_'),
        ]);
      }
      await acme.until(instance.id, ({ state }) => state === 'active');
      for (const id of [instance.id, made.body.server.id]) await acme.remove(id);
    });

    test('a project has at most 20', async () => {
      const free = MAX - (await namesOf(acme)).length;
      for (let n = 0; n < free; n++) {
        const { status } = await acme.post('/v1/keypairs', { name: `conf-${n}`, public_key: PUBLIC_KEY });
        expect(status).toBe(201);
      }
      const refused = await acme.post('/v1/keypairs', { name: 'conf-more', public_key: PUBLIC_KEY });
      expect([refused.status, refused.body.error.code]).toEqual([413, 'entityTooLarge']);
      const keypair = { name: 'conf-more', public_key: PUBLIC_KEY };
      expect((await nova(acme, 'POST', '/os-keypairs', { keypair })).status).toBe(403);
      expect(await namesOf(acme)).toHaveLength(MAX);
    });
  });
}
