import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SCOPES } from '../../src/scopes.ts';
import { ReduClient } from '../support/redu-client.ts';
import { AdminClient, lastAdmitted } from './admin-keys.ts';
import type { Customer, Target } from './target.ts';

export function apiKeyConformance(target: () => Target): void {
  describe('self-service API keys', () => {
    let admin: AdminClient;
    beforeAll(() => {
      admin = new AdminClient(target().url, target().adminToken);
    });
    const post = async (body: object) => {
      const response = await fetch(`${target().url}/v1/api_keys`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    };
    const password = ({ userName, password, projectName }: Customer) => ({
      username: userName,
      password,
      project_name: projectName,
    });
    const signUp = async (customer: Customer, more: object = {}) => {
      const { status, body } = await post({ name: 'conf-own', credentials: password(customer), ...more });
      expect(status, JSON.stringify(body)).toBe(201);
      return { ...body, client: new ReduClient(target().url, body.key) };
    };

    test('sign-up with a password creates an application credential, deleted with its last key', async () => {
      const { acme, keystone } = target();
      const before = await keystone.applicationCredentialIds(acme.userId);
      const issued = await signUp(acme);
      expect(issued).toMatchObject({
        kind: 'application_credential',
        project_id: acme.projectId,
        user_id: acme.userId,
        scopes: [...DEFAULT_SCOPES],
      });
      expect(before).not.toContain(issued.application_credential_id);
      expect(await keystone.applicationCredentialIds(acme.userId)).toContain(
        issued.application_credential_id,
      );
      expect((await issued.client.get('/v1/instances')).status).toBe(200);

      expect((await issued.client.delete(`/v1/api_keys/${issued.id}`)).status).toBe(204);
      expect((await issued.client.get('/v1/instances')).status).toBe(401);
      expect(await keystone.applicationCredentialIds(acme.userId)).toEqual(before);
    });

    test('roles and expiry are as requested and bounded by the caller’s', async () => {
      const expires_at = new Date(Date.now() + 3_600_000).toISOString();
      const issued = await signUp(target().acme, {
        roles: ['member'],
        expires_at,
        scopes: ['instances:read'],
      });
      expect(issued).toMatchObject({ expires_at, scopes: ['instances:read'] });
      const { roles } = (await issued.client.get('/v1/me')).body;
      // Keystone may add the roles that a role implies.
      expect(roles.filter((role: string) => role !== 'reader')).toEqual(['member']);
      await admin.request('DELETE', `/keys/${issued.id}`);

      const greedy = await post({
        name: 'conf-greedy',
        roles: ['admin'],
        credentials: password(target().acme),
      });
      expect([greedy.status, greedy.body.error.code]).toEqual([400, 'badRequest']);
      const credentials = await target().keystone.applicationCredentialIds(target().acme.userId);
      const scoped = await post({
        name: 'conf-greedy',
        scopes: ['admin'],
        credentials: password(target().acme),
      });
      expect([scoped.status, scoped.body.error.details[0].field]).toEqual([400, 'scopes']);
      expect(await target().keystone.applicationCredentialIds(target().acme.userId)).toEqual(credentials);
    });

    test('sign-up with an application credential; a restricted one is stored itself', async () => {
      const { id, secret } = target().acme.applicationCredential;
      const issued = await signUp(target().acme, {
        credentials: { application_credential_id: id, application_credential_secret: secret },
      });
      expect(issued.application_credential_id).toBe(id);
      expect((await issued.client.get('/v1/me')).status).toBe(200);
      await issued.client.delete(`/v1/api_keys/${issued.id}`);
      expect(await target().keystone.applicationCredentialIds(target().acme.userId)).toContain(id);
    });

    test('wrong credentials are the same 401 whatever is wrong', async () => {
      const { acme, globex } = target();
      const wrong = [
        { ...password(acme), password: 'wrong' },
        { ...password(acme), username: 'nobody' },
        { ...password(acme), project_name: globex.projectName },
        { ...password(acme), project_name: 'no-such-project' },
        { ...password(acme), user_domain_name: 'Elsewhere' },
        { application_credential_id: acme.applicationCredential.id, application_credential_secret: 'wrong' },
        { application_credential_id: '0'.repeat(32), application_credential_secret: 'wrong' },
      ];
      const bodies = [];
      for (const credentials of wrong) {
        const { status, body } = await post({ name: 'conf-wrong', credentials });
        expect([status, body.error.code], JSON.stringify(Object.keys(credentials))).toEqual([
          401,
          'unauthorized',
        ]);
        bodies.push(JSON.stringify(body));
      }
      expect(new Set(bodies).size).toBe(1);
    });

    test('a key lists its siblings, rotates itself and revokes keys with a subset of its scopes', async () => {
      const { acme, globex } = target();
      const reader = await signUp(acme, { name: 'conf-reader', scopes: ['instances:read'] });
      const writer = await signUp(acme, { name: 'conf-writer' });
      const foreign = await signUp(globex, { name: 'conf-foreign' });
      const listed = (await reader.client.get('/v1/api_keys')).body.items;
      const ids = listed.map(({ id }: { id: string }) => id);
      expect(ids).toEqual(expect.arrayContaining([reader.id, writer.id]));
      expect(ids).not.toContain(foreign.id);
      expect(JSON.stringify(listed)).not.toMatch(/secret|sealed|hash|ln_/i);
      expect((await reader.client.get(`/v1/api_keys/${foreign.id}`)).status).toBe(404);
      expect((await reader.client.delete(`/v1/api_keys/${foreign.id}`)).status).toBe(404);

      const stronger = await reader.client.delete(`/v1/api_keys/${writer.id}`);
      expect([stronger.status, stronger.body.error.message]).toEqual([
        403,
        expect.stringContaining('instances:write'),
      ]);
      expect((await reader.client.post(`/v1/api_keys/${writer.id}/rotate`, {})).status).toBe(403);

      const rotated = await reader.client.post(`/v1/api_keys/${reader.id}/rotate`, { overlap_seconds: 60 });
      expect(rotated.status).toBe(201);
      expect(rotated.body).toMatchObject({ family_id: reader.id, scopes: ['instances:read'] });
      const successor = new ReduClient(target().url, rotated.body.key);
      expect([(await successor.get('/v1/me')).status, (await reader.client.get('/v1/me')).status]).toEqual([
        200, 200,
      ]);

      // The shared credential stays while one key is active.
      const { keystone } = target();
      await writer.client.delete(`/v1/api_keys/${reader.id}`);
      expect(await keystone.applicationCredentialIds(acme.userId)).toContain(
        reader.application_credential_id,
      );
      expect((await successor.get('/v1/instances')).status).toBe(200);
      await writer.client.delete(`/v1/api_keys/${rotated.body.id}`);
      expect(await keystone.applicationCredentialIds(acme.userId)).not.toContain(
        reader.application_credential_id,
      );
      await writer.client.delete(`/v1/api_keys/${writer.id}`);
      await foreign.client.delete(`/v1/api_keys/${foreign.id}`);
    });

    test('losing the role disables the key within the bound; regaining it enables the key', async () => {
      const { globex, keystone, confirmAfter } = target();
      const issued = await signUp(globex);
      const statusOf = async () => (await issued.client.get('/v1/instances')).status;
      expect(await statusOf()).toBe(200);
      await keystone.takeRole(globex.projectId, globex.userId);
      try {
        const lostAt = Date.now();
        expect((await lastAdmitted(issued.client, 403)) - lostAt).toBeLessThan(confirmAfter + 5_000);
        const { body } = await issued.client.get('/v1/instances');
        expect(body.error).toEqual({
          code: 'forbidden',
          message: expect.stringContaining('no longer has access'),
        });
      } finally {
        await keystone.giveRole(globex.projectId, globex.userId);
      }
      await expect.poll(statusOf).toBe(200);
      await issued.client.delete(`/v1/api_keys/${issued.id}`);
    });

    test('ten wrong passwords a minute block sign-in from an address, concurrent ones included', async () => {
      const { acme } = target();
      const signIn = (address: string, secret: string) =>
        fetch(`${target().url}/v1/api_keys`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
          body: JSON.stringify({ name: 'conf-guess', credentials: { ...password(acme), password: secret } }),
        });
      const address = '198.51.100.78';
      const guesses = await Promise.all(Array.from({ length: 30 }, (_, n) => signIn(address, `guess ${n}`)));
      const statuses = guesses.map(({ status }) => status);
      expect(statuses.filter((status) => status === 401)).toHaveLength(10);
      expect(statuses.filter((status) => status === 429)).toHaveLength(20);
      expect((await signIn(address, acme.password)).status).toBe(429);

      const elsewhere = await signIn('198.51.100.79', acme.password);
      expect(elsewhere.status).toBe(201);
      await admin.request('DELETE', `/keys/${((await elsewhere.json()) as { id: string }).id}`);
    });

    test('ten failures a minute throttle an address, but not valid keys from it', async () => {
      const { acme } = target();
      const address = '198.51.100.77';
      const from = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
        fetch(target().url + path, { ...init, headers: { 'x-forwarded-for': address, ...init.headers } });
      for (let n = 0; n < 10; n++) {
        expect((await from('/v1/me', { headers: { 'x-api-key': 'ln_guess' } })).status).toBe(401);
      }
      const slowed = await from('/v1/me', { headers: { 'x-api-key': 'ln_guess' } });
      expect(slowed.status).toBe(429);
      expect(slowed.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
      expect((await slowed.json()).error.code).toBe('overLimit');
      const { key } = await acme.client();
      expect((await from('/v1/me', { headers: { 'x-api-key': key } })).status).toBe(200);
    });
  });
}
