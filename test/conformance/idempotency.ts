import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseKey } from '../../src/access/key-format.ts';
import { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

export function idempotencyConformance(target: () => Target): void {
  describe('a POST with an Idempotency-Key', () => {
    let acme: ReduClient;
    let elsewhere: ReduClient;
    const made: string[] = [];
    beforeAll(async () => {
      acme = await target().acme.client();
      elsewhere = new ReduClient(target().secondUrl, acme.key);
    });
    afterEach(async () => {
      for (const id of made.splice(0)) await acme.remove(id);
    });

    const wish = (name: string) => ({ name, flavor_id: 'm1.tiny', image_id: IMAGE });
    const named = async (name: string) =>
      (await target().acme.openStack.compute('GET', `/servers/detail?name=${name}`)).body.servers;

    test('a repeat with the same key and body replays the first response on any node', async () => {
      const key = crypto.randomUUID();
      const body = { ...wish(`conf-once-${key}`), metadata: { isPublic: true } };
      const first = await acme.postOnce(key, '/v1/instances', body);
      expect(first.status).toBe(202);
      made.push(first.body.id);
      expect(first.headers.get('idempotency-replayed')).toBeNull();
      for (const client of [acme, elsewhere]) {
        const again = await client.postOnce(`"${key}"`, '/v1/instances/', body);
        expect(again.status).toBe(202);
        expect(again.body).toEqual(first.body);
        expect(again.headers.get('location')).toBe(first.headers.get('location'));
        expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
        expect(again.headers.get('idempotency-replayed')).toBe('true');
        expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
      }
      expect(await named(`conf-once-${key}`)).toHaveLength(1);
    });

    test('twenty concurrent requests on two nodes create one instance and get equal responses', async () => {
      const key = crypto.randomUUID();
      const responses = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? acme : elsewhere).postOnce(key, '/v1/instances', wish(`conf-twenty-${key}`)),
        ),
      );
      const servers = await named(`conf-twenty-${key}`);
      made.push(...servers.map(({ id }: { id: string }) => id));
      expect(servers).toHaveLength(1);
      expect(responses.map(({ status, body }) => [status, body])).toEqual(
        responses.map(() => [202, responses[0]?.body]),
      );
      expect(responses.filter(({ headers }) => headers.has('idempotency-replayed'))).toHaveLength(19);
    });

    test('another body or path with the same key is 409 without effect', async () => {
      const key = crypto.randomUUID();
      const first = await acme.postOnce(key, '/v1/instances', wish(`conf-other-${key}`));
      made.push(first.body.id);
      const others = [
        () => acme.postOnce(key, '/v1/instances', wish(`conf-other-2-${key}`)),
        () => elsewhere.postOnce(key, '/v1/instances', wish(`conf-other-2-${key}`)),
        () => acme.postOnce(key, '/v1/instances?a=b', wish(`conf-other-${key}`)),
        () => acme.postOnce(key, '/v1/keypairs', wish(`conf-other-${key}`)),
        () => acme.postOnce(key, `/v1/instances/${first.body.id}/actions`, { action: 'stop' }),
      ];
      for (const other of others) {
        const { status, body } = await other();
        expect(status).toBe(409);
        expect(body.error).toEqual({
          code: 'conflictingRequest',
          message: expect.stringContaining('another'),
        });
      }
      expect(await named(`conf-other-${key}`)).toHaveLength(1);
    });

    test('keys of different customers are independent', async () => {
      const key = crypto.randomUUID();
      const body = { name: `conf-${key}` };
      const globex = await target().globex.client();
      const sibling = await target().acme.client();
      const [first, foreign] = [
        await acme.postOnce(key, '/v1/keypairs', body),
        await globex.postOnce(key, '/v1/keypairs', body),
      ];
      expect([first.status, foreign.status]).toEqual([201, 201]);
      expect(foreign.body.private_key).not.toBe(first.body.private_key);
      // Another idempotency key of the same customer: the cloud reports a conflict of names.
      const own = await sibling.postOnce(key, '/v1/keypairs', body);
      expect(own.status).toBe(409);
      expect(JSON.stringify([foreign.body, own.body])).not.toContain(first.body.private_key.slice(40, 100));
      expect((await acme.postOnce(key, '/v1/keypairs', body)).body).toEqual(first.body);
      await acme.delete(`/v1/keypairs/${body.name}`);
      await globex.delete(`/v1/keypairs/${body.name}`);
    });

    test('leaves no trace of the key on the instance', async () => {
      const plain = await acme.post('/v1/instances', wish('conf-plain'));
      const once = await acme.postOnce(crypto.randomUUID(), '/v1/instances', wish('conf-plain'));
      made.push(plain.body.id, once.body.id);
      const shown = [];
      for (const { body } of [plain, once]) {
        const { id, created, updated, addresses, ...rest } = await acme.until(
          body.id,
          ({ state }) => state === 'active',
        );
        shown.push(rest);
      }
      expect(shown[1]).toEqual(shown[0]);
    });

    test('replays after a rotation of the API key', async () => {
      const owner = await target().acme.client();
      const key = crypto.randomUUID();
      const body = { name: `conf-${key}` };
      const first = await owner.postOnce(key, '/v1/keypairs', body);
      const id = parseKey(owner.key)?.id;
      const rotated = await owner.post(`/v1/api_keys/${id}/rotate`, { overlap_seconds: 0 });
      const successor = new ReduClient(owner.url, rotated.body.key);
      const again = await successor.postOnce(key, '/v1/keypairs', body);
      expect([again.status, again.body]).toEqual([201, first.body]);
      await successor.delete(`/v1/keypairs/${body.name}`);
    });
  });
}
