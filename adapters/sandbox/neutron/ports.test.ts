import { describe, expect, it } from 'vitest';
import { asCustomer, byPassword, createTestSandbox } from '../../../test/support/sandbox-client.ts';

const BASE = '/networking/v2.0';

async function world() {
  const { sandbox, acme } = createTestSandbox();
  return { sandbox, acme, send: await asCustomer(sandbox, acme) };
}

describe('ports', () => {
  it('change only at the revision that If-Match names', async () => {
    const { send, acme } = await world();
    const { port } = (await send('POST', `${BASE}/ports`, { port: { network_id: acme.networkId } })).body;
    const change = (revision: number) => {
      const headers = { 'If-Match': `revision_number=${revision}` };
      return send('PUT', `${BASE}/ports/${port.id}`, { port: { name: 'new' } }, headers);
    };
    expect((await change(port.revision_number + 1)).status).toBe(412);
    const changed = await change(port.revision_number);
    expect(changed.body.port).toMatchObject({ name: 'new', revision_number: port.revision_number + 1 });
    expect((await change(port.revision_number)).status).toBe(412);
  });

  it('are filtered by repeated values, fields and pages', async () => {
    const { send, acme } = await world();
    for (const name of ['a', 'b', 'c']) {
      await send('POST', `${BASE}/ports`, { port: { network_id: acme.networkId, name } });
    }
    const found = (await send('GET', `${BASE}/ports?name=a&name=b&fields=name&sort_key=name&sort_dir=desc`))
      .body;
    expect(found).toEqual({ ports: [{ name: 'b' }, { name: 'a' }] });
    const page = (await send('GET', `${BASE}/ports?limit=2&sort_key=name`)).body;
    expect(page.ports_links.map(({ rel }: { rel: string }) => rel)).toEqual(['next', 'previous']);
    const next = page.ports_links[0].href.replace('http://sandbox.invalid', '');
    expect((await send('GET', next)).body.ports).toHaveLength(2);
  });

  it('get different addresses, and none that is taken', async () => {
    const { send, acme } = await world();
    const port = async (more = {}) =>
      send('POST', `${BASE}/ports`, { port: { network_id: acme.networkId, ...more } });
    const addressOf = async () => (await port()).body.port.fixed_ips[0].ip_address;
    const [first, second] = [await addressOf(), await addressOf()];
    expect(first).not.toBe(second);
    const taken = await port({ fixed_ips: [{ ip_address: first }] });
    expect([taken.status, taken.body.NeutronError.type]).toEqual([409, 'IpAddressAlreadyAllocated']);
  });

  it('count against the quota', async () => {
    const { send, acme, sandbox } = await world();
    const admin = await byPassword(sandbox, sandbox.admin);
    await admin('PUT', `${BASE}/quotas/${acme.projectId}`, { quota: { port: 1 } });
    const reply = await send('POST', `${BASE}/ports`, { port: { network_id: acme.networkId } });
    expect([reply.status, reply.body.NeutronError.type]).toEqual([409, 'OverQuota']);
  });
});
