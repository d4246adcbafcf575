import { beforeAll, describe, expect, test } from 'vitest';
import { ReduClient } from '../support/redu-client.ts';
import type { Target } from './target.ts';

/** A client of the admin API. */
export class AdminClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async request(method: string, path: string, body?: unknown) {
    const response = await fetch(`${this.#url}/admin/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }
}

/**
 * Polls until the status is `refusal`. Returns when the last admitted request was sent (epoch ms), so that slow responses on a
 * busy machine do not count.
 */
export async function lastAdmitted(client: ReduClient, refusal: number): Promise<number> {
  let last = 0;
  const statusNow = async () => {
    const sent = Date.now();
    const { status } = await client.get('/v1/instances');
    if (status === 200) last = sent;
    return status;
  };
  await expect.poll(statusNow, { interval: 20, timeout: 60_000 }).toBe(refusal);
  return last;
}

export function adminKeyConformance(target: () => Target): void {
  describe('admin API for keys', () => {
    let admin: AdminClient;
    beforeAll(() => {
      admin = new AdminClient(target().url, target().adminToken);
    });
    const issue = async (body: object = {}) => {
      const { status, body: issued } = await admin.request('POST', '/keys', {
        name: 'conf',
        application_credential: target().acme.applicationCredential,
        ...body,
      });
      expect(status, JSON.stringify(issued)).toBe(201);
      return { ...issued, client: new ReduClient(target().url, issued.key) };
    };
    const statusOf = async (client: ReduClient) => (await client.get('/v1/me')).status;

    /** On a busy machine the state may have passed already. */
    const worksUntil = async (end: number, client: ReduClient) => {
      const status = await statusOf(client);
      if (Date.now() < end) expect(status).toBe(200);
    };

    test('POST creates a key with an application credential and returns its text once', async () => {
      const { client, key, ...shown } = await issue({ name: 'conf-carried', scopes: ['instances:read'] });
      expect(key).toMatch(new RegExp(`^ln_${shown.id}_[0-9A-Za-z]{39}$`));
      expect(shown).toEqual({
        id: expect.stringMatching(/^[0-9a-z]{16}$/),
        name: 'conf-carried',
        state: 'active',
        last_four: key.slice(-4),
        kind: 'application_credential',
        project_id: target().acme.projectId,
        user_id: target().acme.userId,
        application_credential_id: target().acme.applicationCredential.id,
        scopes: ['instances:read'],
        plan: 'default',
        allowed_cidrs: [],
        allowed_origins: [],
        regions: null,
        description: null,
        roles: null,
        access_rules: null,
        maker_id: null,
        disabled: false,
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
        expires_at: null,
        revoked_at: null,
        last_used_at: null,
        family_id: shown.id,
        rotated_to: null,
      });
      expect((await client.get('/v1/me')).body).toMatchObject({ project_id: target().acme.projectId });
      const again = await admin.request('GET', `/keys/${shown.id}`);
      // Uses are written in the background: the earlier one may be recorded by now.
      expect({ ...again.body, last_used_at: null }).toEqual(shown);
    });

    test('a service key acts in its project as the gateway’s service account', async () => {
      const { client, ...shown } = await issue({
        application_credential: undefined,
        project_id: target().globex.projectId,
      });
      expect(shown).toMatchObject({ kind: 'service', user_id: null, application_credential_id: null });
      const { status, body } = await client.get('/v1/me');
      expect([status, body.project_id]).toEqual([200, target().globex.projectId]);
      expect((await client.get('/v1/me')).body).toMatchObject({ id: shown.id, username: shown.id });
      expect((await client.get('/v1/keypairs')).body.items).toEqual([]);
      const networks = (await client.get('/v1/networks')).body.items.map(({ id }: { id: string }) => id);
      expect(networks).toContain(target().globex.networkId);
      expect(networks).not.toContain(target().acme.networkId);
    });

    test('a credential that the cloud rejects is 400 and creates no key', async () => {
      const { id } = target().acme.applicationCredential;
      for (const [body, field] of [
        [{ application_credential: { id, secret: 'wrong' } }, 'application_credential'],
        [{ application_credential: { id: '0'.repeat(32), secret: 'x' } }, 'application_credential'],
        [{ application_credential: undefined, project_id: 'no-such-project' }, 'project_id'],
      ] as const) {
        const response = await admin.request('POST', '/keys', { name: 'conf-refused', ...body });
        expect([response.status, response.body.error.details[0].field]).toEqual([400, field]);
      }
    });

    test('a paged list contains every key exactly once', async () => {
      const made = [];
      for (let n = 0; n < 5; n++) made.push((await issue({ name: `conf-paged-${n}` })).id);
      const seen: string[] = [];
      let cursor = '';
      do {
        const { body } = await admin.request(
          'GET',
          `/keys?limit=2&project_id=${target().acme.projectId}${cursor}`,
        );
        seen.push(...body.items.map(({ id }: { id: string }) => id));
        cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
      } while (cursor !== '');
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining(made));
    });

    test('PATCH of scopes, disabled, networks and expiry takes effect immediately', async () => {
      const { id, client } = await issue({ scopes: ['instances:read'] });
      const change = (body: object) => admin.request('PATCH', `/keys/${id}`, body);
      const imported = { name: 'conf-scope', public_key: 'ssh-ed25519 AAAA' };
      expect((await client.post('/v1/keypairs', imported)).body.error.message).toContain('"keypairs:write"');
      await change({ scopes: ['instances:read', 'keypairs:write'], name: 'conf-renamed', plan: 'gold' });
      expect((await client.post('/v1/keypairs', imported)).status).toBe(400);
      const { body } = await admin.request('GET', `/keys/${id}`);
      expect(body).toMatchObject({
        name: 'conf-renamed',
        plan: 'gold',
        scopes: ['instances:read', 'keypairs:write'],
      });

      await change({ disabled: true });
      expect(await statusOf(client)).toBe(401);
      await change({ disabled: false });
      expect(await statusOf(client)).toBe(200);

      await change({ allowed_cidrs: ['192.0.2.0/24'] });
      expect(await statusOf(client)).toBe(401);
      const inside = await fetch(`${target().url}/v1/me`, {
        headers: { 'x-api-key': client.key, 'x-forwarded-for': '192.0.2.7' },
      });
      expect(inside.status).toBe(200);
      await change({ allowed_cidrs: [] });

      const soon = Date.now() + 3_000;
      await change({ expires_at: new Date(soon).toISOString() });
      await worksUntil(soon, client);
      await expect.poll(() => statusOf(client)).toBe(401);
      expect(Date.now()).toBeGreaterThanOrEqual(soon);
      expect((await admin.request('GET', `/keys/${id}`)).body.state).toBe('expired');
    });

    test('a revoked key is 401 immediately on this node, within a second on others, and permanently', async () => {
      const { id, client } = await issue();
      const elsewhere = new ReduClient(target().secondUrl, client.key);
      expect(await statusOf(elsewhere)).toBe(200);
      expect((await admin.request('DELETE', `/keys/${id}`)).status).toBe(204);
      const revokedAt = Date.now();
      expect(await statusOf(client)).toBe(401);
      expect((await lastAdmitted(elsewhere, 401)) - revokedAt).toBeLessThan(1_000);
      expect((await client.get('/v1/instances')).body).toEqual({
        error: { code: 'unauthorized', message: 'Invalid API key' },
      });
      expect((await admin.request('DELETE', `/keys/${id}`)).status).toBe(204);
      expect((await admin.request('PATCH', `/keys/${id}`, { disabled: false })).status).toBe(409);
    });

    test('after a rotation both keys work until the overlap ends, service keys included', async () => {
      const old = await issue({ application_credential: undefined, project_id: target().acme.projectId });
      const { status, body } = await admin.request('POST', `/keys/${old.id}/rotate`, { overlap_seconds: 3 });
      expect(status).toBe(201);
      expect(body).toMatchObject({ family_id: old.id, scopes: old.scopes, name: old.name });
      const fresh = new ReduClient(target().url, body.key);
      await worksUntil(
        Date.parse((await admin.request('GET', `/keys/${old.id}`)).body.expires_at),
        old.client,
      );
      expect(await statusOf(fresh)).toBe(200);
      await expect.poll(() => statusOf(old.client)).toBe(401);
      expect(await statusOf(fresh)).toBe(200);
      expect((await admin.request('GET', `/keys/${old.id}`)).body.rotated_to).toBe(body.id);
      expect((await admin.request('POST', `/keys/${old.id}/rotate`, {})).status).toBe(409);
    });

    test('a successor has the rights of its predecessor and is revoked with the family', async () => {
      const { id, client } = await issue({ scopes: ['instances:read'], allowed_cidrs: [] });
      const first = await admin.request('POST', `/keys/${id}/rotate`, {
        overlap_seconds: 60,
        application_credential: target().acme.applicationCredential,
      });
      await admin.request('PATCH', `/keys/${first.body.id}`, { scopes: ['keypairs:write'], disabled: true });
      const second = await admin.request('POST', `/keys/${first.body.id}/rotate`, {
        application_credential: target().acme.applicationCredential,
      });
      expect(second.body).toMatchObject({ scopes: ['keypairs:write'], disabled: true, state: 'disabled' });

      expect((await admin.request('DELETE', `/keys/${second.body.id}?family=true`)).status).toBe(204);
      for (const one of [id, first.body.id, second.body.id]) {
        expect((await admin.request('GET', `/keys/${one}`)).body.state).toBe('revoked');
      }
      expect(await statusOf(client)).toBe(401);
    });

    test('rotating a key with an application credential needs the credential again', async () => {
      const { id } = await issue();
      const without = await admin.request('POST', `/keys/${id}/rotate`, { overlap_seconds: 0 });
      expect([without.status, without.body.error.details[0].field]).toEqual([400, 'application_credential']);
      const { status, body } = await admin.request('POST', `/keys/${id}/rotate`, {
        application_credential: target().acme.applicationCredential,
      });
      expect(status).toBe(201);
      expect(await statusOf(new ReduClient(target().url, body.key))).toBe(200);
    });

    test('the audit log has actor, action, time and address, newest first', async () => {
      const { id } = await issue({ name: 'conf-audited' });
      await admin.request('PATCH', `/keys/${id}`, { disabled: true });
      await admin.request('DELETE', `/keys/${id}`);
      const { body } = await admin.request('GET', '/audit?limit=50');
      const own = body.items.filter(({ key_id }: { key_id: string }) => key_id === id);
      expect(own.map(({ action }: { action: string }) => action)).toEqual([
        'key.revoke',
        'key.update',
        'key.create',
      ]);
      expect(own[2]).toMatchObject({
        actor: 'admin',
        address: expect.any(String),
        request_id: expect.stringMatching(/^req-/),
        detail: expect.stringContaining('conf-audited'),
      });
      const next = await admin.request('GET', `/audit?limit=1&cursor=${own[0].sequence}`);
      expect(next.body.items[0].sequence).toBeLessThan(own[0].sequence);
    });

    test('a key bound to an origin is 401 from any other caller', async () => {
      const origin = `https://${crypto.randomUUID()}.example.org`;
      const { key } = await issue({ allowed_origins: [origin] });
      const request = async (method: string, headers: Record<string, string>) => {
        const response = await fetch(`${target().url}/v1/instances`, { method, headers });
        await response.body?.cancel();
        return [response.status, response.headers.get('access-control-allow-origin')];
      };
      const preflight = (from: string) =>
        request('OPTIONS', { origin: from, 'access-control-request-method': 'GET' });
      await expect.poll(() => preflight(origin)).toEqual([204, origin]);
      expect(await preflight('https://foreign.example.org')).toEqual([204, null]);
      expect(await request('GET', { origin, 'x-api-key': key })).toEqual([200, origin]);
      expect(await request('GET', { origin, 'x-api-key': key }), 'again').toEqual([200, origin]);
      expect(await request('GET', { origin: 'https://foreign.example.org', 'x-api-key': key })).toEqual([
        401,
        null,
      ]);
      expect(await request('GET', { 'x-api-key': key })).toEqual([401, null]);
    });

    test('without the admin token every route is 401', async () => {
      for (const token of ['', 'wrong', `${target().adminToken}x`, target().adminToken.slice(1)]) {
        const { status, body } = await new AdminClient(target().url, token).request('GET', '/keys');
        expect([status, body.error.code]).toEqual([401, 'unauthorized']);
      }
    });
  });
}
