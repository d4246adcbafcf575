import { describe, expect, it } from 'vitest';
import { asCustomer, byPassword, createTestSandbox } from '../../../test/support/sandbox-client.ts';

describe('tokens', () => {
  it('end after an hour, for every service', async () => {
    const { sandbox, acme, wait } = createTestSandbox();
    const send = await asCustomer(sandbox, acme);
    wait(3_599_000);
    expect((await send('GET', '/compute/v2.1/servers')).status).toBe(200);
    wait(1_000);
    for (const path of [
      '/compute/v2.1/servers',
      '/networking/v2.0/ports',
      '/image/v2/images',
      '/identity/v3/auth/projects',
    ]) {
      expect((await send('GET', path)).status).toBe(401);
    }
  });

  it('end when the user loses the role; the credential works again when it is back', async () => {
    const { sandbox, acme } = createTestSandbox();
    const admin = await byPassword(sandbox, sandbox.admin);
    const earlier = await asCustomer(sandbox, acme);
    const [member] = (await admin('GET', '/identity/v3/roles?name=member')).body.roles;
    const grant = `/identity/v3/projects/${acme.projectId}/users/${acme.userId}/roles/${member.id}`;
    expect((await admin('DELETE', grant)).status).toBe(204);
    expect((await earlier('GET', '/compute/v2.1/servers')).status).toBe(401);
    const during = await asCustomer(sandbox, acme);
    expect((await during('GET', '/compute/v2.1/servers')).status).toBe(401);
    expect((await admin('PUT', grant)).status).toBe(204);
    expect((await earlier('GET', '/compute/v2.1/servers')).status).toBe(401);
    const later = await asCustomer(sandbox, acme);
    expect((await later('GET', '/compute/v2.1/servers')).status).toBe(200);
  });
});

describe('application credentials', () => {
  it('are made by password, not with a restricted credential, and end with their expiry', async () => {
    const { sandbox, acme, wait } = createTestSandbox();
    const path = `/identity/v3/users/${acme.userId}/application_credentials`;
    const wish = { application_credential: { name: 'second', expires_at: '2026-03-01T12:10:00Z' } };
    expect((await (await asCustomer(sandbox, acme))('POST', path, wish)).status).toBe(403);
    const made = await (await byPassword(sandbox, acme))('POST', path, wish);
    expect(made.status).toBe(201);
    const { id, secret } = made.body.application_credential;
    const other = { ...acme, applicationCredentialId: id, applicationCredentialSecret: secret };
    expect((await (await asCustomer(sandbox, other))('GET', '/compute/v2.1/servers')).status).toBe(200);
    wait(600_000);
    expect((await (await asCustomer(sandbox, other))('GET', '/compute/v2.1/servers')).status).toBe(401);
  });

  it('take their tokens with them', async () => {
    const { sandbox, acme } = createTestSandbox();
    const send = await asCustomer(sandbox, acme);
    const owner = await byPassword(sandbox, acme);
    const path = `/identity/v3/users/${acme.userId}/application_credentials/${acme.applicationCredentialId}`;
    expect((await owner('DELETE', path)).status).toBe(204);
    expect((await send('GET', '/compute/v2.1/servers')).status).toBe(401);
    expect((await owner('DELETE', path)).status).toBe(404);
  });
});
