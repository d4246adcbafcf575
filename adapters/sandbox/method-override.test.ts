import { describe, expect, test } from 'vitest';
import { asCustomer, bootServer, createTestSandbox } from '../../test/support/sandbox-client.ts';

describe('_method, as the real services obey it', () => {
  test('Nova runs what the query names, whatever the request line says', async () => {
    const { sandbox, acme, wait } = createTestSandbox();
    const send = await asCustomer(sandbox, acme);
    const id = await bootServer(send, sandbox, acme);
    wait(2_000);
    expect((await send('GET', `/compute/v2.1/servers/${id}?_method=DELETE`)).status).toBe(204);
  });

  test('Glance too', async () => {
    const { sandbox, acme } = createTestSandbox();
    const send = await asCustomer(sandbox, acme);
    const image = `/image/v2/images/${sandbox.images['ubuntu-22.04-amd64']}`;
    expect((await send('GET', `${image}?_method=PATCH`)).status).toBe(415);
    expect((await send('DELETE', `${image}?_method=GET`)).status).toBe(200);
  });

  test('Neutron does for extensions, at ";" as well, and only where the name is not encoded', async () => {
    const { sandbox, acme } = createTestSandbox();
    const send = await asCustomer(sandbox, acme);
    const made = await send('POST', '/networking/v2.0/security-groups', { security_group: { name: 'x' } });
    const group = `/networking/v2.0/security-groups/${made.body.security_group.id}`;
    expect((await send('GET', `${group}?%5fmethod=DELETE`)).status).toBe(200);
    expect((await send('GET', `${group}?x=1;_method=DELETE`)).status).toBe(204);
    expect((await send('GET', group)).status).toBe(404);
  });

  test('and not for its core resources', async () => {
    const { sandbox, acme } = createTestSandbox();
    const send = await asCustomer(sandbox, acme);
    const network = `/networking/v2.0/networks/${acme.networkId}`;
    await send('GET', `${network}?_method=DELETE`);
    expect((await send('GET', network)).status).toBe(200);
  });
});
