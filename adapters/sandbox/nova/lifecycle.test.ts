import { describe, expect, it } from 'vitest';
import {
  asCustomer,
  bootServer,
  createTestSandbox,
  type Send,
} from '../../../test/support/sandbox-client.ts';

async function world() {
  const { sandbox, acme, wait } = createTestSandbox();
  const send = await asCustomer(sandbox, acme);
  return { sandbox, acme, wait, send, boot: (more = {}) => bootServer(send, sandbox, acme, more) };
}

async function show(send: Send, id: string) {
  const { server } = (await send('GET', `/compute/v2.1/servers/${id}`)).body;
  return server;
}

async function state(send: Send, id: string): Promise<string> {
  const server = await show(send, id);
  return `${server.status}/${server['OS-EXT-STS:task_state']}`;
}

describe('a boot', () => {
  it('passes its stages with the clock', async () => {
    const { send, boot, wait } = await world();
    const id = await boot();
    const seen = [await state(send, id)];
    for (let step = 0; step < 10; step++) {
      wait(100);
      const next = await state(send, id);
      if (next !== seen.at(-1)) seen.push(next);
    }
    expect(seen).toEqual(['BUILD/scheduling', 'BUILD/networking', 'BUILD/spawning', 'ACTIVE/null']);
  });

  it('has no addresses and no security groups until its port is there', async () => {
    const { send, boot, wait } = await world();
    const id = await boot();
    const early = await show(send, id);
    expect(early.addresses).toEqual({});
    expect(early).not.toHaveProperty('security_groups');
    wait(1000);
    const late = await show(send, id);
    expect(late.security_groups).toEqual([{ name: 'default' }]);
    expect(late.addresses['acme-private']).toHaveLength(1);
  });

  it('without a host ends in ERROR with a fault', async () => {
    const { send, boot, wait } = await world();
    const id = await boot({ name: 'no-valid-host' });
    wait(1000);
    const server = await show(send, id);
    expect(server).toMatchObject({ status: 'ERROR', hostId: '', addresses: {} });
    expect(server.fault).toMatchObject({
      code: 500,
      message: 'No valid host was found. There are not enough hosts available.',
    });
  });

  it('fails for the second member of an anti-affinity group', async () => {
    const { send, wait, sandbox, acme } = await world();
    const body = { server_group: { name: 'apart', policy: 'anti-affinity' } };
    const { server_group } = (await send('POST', '/compute/v2.1/os-server-groups', body)).body;
    const ids: string[] = [];
    for (const name of ['first', 'second']) {
      const server = {
        name,
        flavorRef: 'm1.tiny',
        imageRef: sandbox.images['debian-12-amd64'],
        networks: [{ uuid: acme.networkId }],
      };
      const hints = { 'os:scheduler_hints': { group: server_group.id } };
      ids.push((await send('POST', '/compute/v2.1/servers', { server, ...hints })).body.server.id);
    }
    wait(1000);
    expect(await Promise.all(ids.map((id) => state(send, id)))).toEqual(['ACTIVE/null', 'ERROR/null']);
  });
});

describe('a deletion', () => {
  it('frees what Nova made, gives back the port that came with the request, and leaves the floating IP', async () => {
    const { send, boot, wait, sandbox, acme } = await world();
    const { port } = (await send('POST', '/networking/v2.0/ports', { port: { network_id: acme.networkId } }))
      .body;
    const wish = { floatingip: { floating_network_id: sandbox.publicNetworkId, port_id: port.id } };
    const { floatingip } = (await send('POST', '/networking/v2.0/floatingips', wish)).body;
    const id = await boot({ networks: [{ port: port.id }, { uuid: acme.networkId }] });
    wait(1000);
    const kinds = (await show(send, id)).addresses['acme-private'].map(
      (entry: Record<string, string>) => entry['OS-EXT-IPS:type'],
    );
    expect(kinds).toEqual(['fixed', 'floating', 'fixed']);
    expect((await send('DELETE', `/compute/v2.1/servers/${id}`)).status).toBe(204);
    expect(await state(send, id)).toBe('ACTIVE/deleting');
    expect((await send('DELETE', `/compute/v2.1/servers/${id}`)).status).toBe(204);
    wait(300);
    expect((await send('GET', `/compute/v2.1/servers/${id}`)).status).toBe(404);
    const { ports } = (await send('GET', '/networking/v2.0/ports?device_owner=&device_owner=compute:nova'))
      .body;
    expect(ports).toMatchObject([{ id: port.id, device_id: '', status: 'DOWN' }]);
    const floating = (await send('GET', `/networking/v2.0/floatingips/${floatingip.id}`)).body.floatingip;
    expect(floating.port_id).toBe(port.id);
    await send('DELETE', `/networking/v2.0/ports/${port.id}`);
    const freed = (await send('GET', `/networking/v2.0/floatingips/${floatingip.id}`)).body.floatingip;
    expect(freed).toMatchObject({ port_id: null, status: 'DOWN' });
  });

  it('shows in changes-since and nowhere else', async () => {
    const { send, boot, wait } = await world();
    const id = await boot();
    wait(1000);
    await send('DELETE', `/compute/v2.1/servers/${id}`);
    wait(1000);
    expect((await send('GET', '/compute/v2.1/servers/detail')).body.servers).toEqual([]);
    const { body } = await send('GET', '/compute/v2.1/servers/detail?changes-since=2026-03-01T12:00:00Z');
    expect(body.servers).toMatchObject([{ id, status: 'DELETED' }]);
  });
});

describe('a floating IP', () => {
  it("shows in a server's addresses a while after it was associated, without bumping updated", async () => {
    const { send, boot, wait, sandbox } = await world();
    const id = await boot();
    wait(1000);
    const { updated } = await show(send, id);
    const { ports } = (await send('GET', `/networking/v2.0/ports?device_id=${id}`)).body;
    const wish = { floatingip: { floating_network_id: sandbox.publicNetworkId, port_id: ports[0].id } };
    const { floatingip } = (await send('POST', '/networking/v2.0/floatingips', wish)).body;
    expect(floatingip.status).toBe('DOWN');
    expect((await show(send, id)).addresses['acme-private']).toHaveLength(1);
    wait(1000);
    const server = await show(send, id);
    expect(server.addresses['acme-private']).toHaveLength(2);
    expect(server.updated).toBe(updated);
    expect((await send('GET', `/networking/v2.0/floatingips/${floatingip.id}`)).body.floatingip.status).toBe(
      'ACTIVE',
    );
  });
});
