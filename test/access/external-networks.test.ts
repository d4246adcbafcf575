import { afterEach, expect, test } from 'vitest';
import { type ReleasingGateway, releasingGateway } from '../support/releasing-gateway.ts';
import { asAdmin } from '../support/sandbox-admin.ts';

let setup: ReleasingGateway;
afterEach(() => setup.close());

const create = () =>
  setup.client.post('/v1/instances', {
    name: 'web',
    flavor_id: 'm1.tiny',
    image_id: 'debian-12-amd64',
    metadata: { isPublic: true },
  });

/** A further external network, which comes before `public` by its name. */
async function externalNetwork(name: string): Promise<string> {
  const network = { name, 'router:external': true };
  const { status, body } = await asAdmin(setup.sandbox, 'POST', '/networking/v2.0/networks', { network });
  expect(status).toBe(201);
  return body.network.id;
}

/** Neutron's error for a floating IP from the network `id`. */
function refuse(id: string, status: number, type: string, message: string): void {
  setup.detour = (request) => {
    if (request.method !== 'POST' || !request.url.endsWith('/floatingips')) return undefined;
    const copy = request.clone();
    return copy.json().then((body) => {
      const isRefused =
        (body as { floatingip: { floating_network_id: string } }).floatingip.floating_network_id === id;
      if (!isRefused) return setup.sandbox.fetch(request);
      return Response.json({ NeutronError: { type, message, detail: '' } }, { status });
    });
  };
}

const REFUSALS = [
  [
    'has no IPv4 subnet',
    400,
    'BadRequest',
    'Bad floatingip request: Network a does not contain any IPv4 subnet.',
  ],
  ['has no address left', 409, 'IpAddressGenerationFailure', 'No more IP addresses available on network a.'],
  ['is not for this project', 403, 'PolicyNotAuthorized', 'rule:create_floatingip is disallowed by policy'],
  ['is gone meanwhile', 404, 'NetworkNotFound', 'Network a could not be found.'],
  [
    'reaches no port here',
    404,
    'ExternalGatewayForFloatingIPNotFound',
    'External network a is not reachable',
  ],
] as const;

test.each(REFUSALS)(
  'an external network that %s is skipped for the next one',
  async (_, status, type, message) => {
    setup = await releasingGateway();
    refuse(await externalNetwork('a'), status, type, message);
    const created = await create();
    expect([created.status, created.body.metadata?.floatingIp]).toEqual([
      202,
      expect.stringMatching(/^203\.0\.113\./),
    ]);
  },
);

test('without an address from any external network the error has each reason, and nothing is left', async () => {
  setup = await releasingGateway();
  const before = await setup.openStack.belongings();
  await externalNetwork('a');
  setup.detour = (request) =>
    request.method === 'POST' && request.url.endsWith('/floatingips')
      ? request
          .clone()
          .json()
          .then((body) => {
            const isPublic =
              (body as { floatingip: { floating_network_id: string } }).floatingip.floating_network_id ===
              setup.sandbox.publicNetworkId;
            const [status, type] = isPublic ? [409, 'IpAddressGenerationFailure'] : [400, 'BadRequest'];
            return Response.json(
              { NeutronError: { type, message: 'Bad floatingip request: no IPv4 subnet.', detail: '' } },
              { status: Number(status) },
            );
          })
      : undefined;
  const { status, body } = await create();
  expect([status, body.error.code]).toEqual([409, 'conflictingRequest']);
  expect(body.error.message).toMatch(/a: Bad floatingip request: no IPv4 subnet\. public: .*no address left/);
  await expect.poll(() => setup.openStack.belongings()).toEqual(before);
});

test('an exhausted quota returns 413 without trying another network', async () => {
  setup = await releasingGateway();
  await externalNetwork('z');
  let tried = 0;
  setup.detour = (request) => {
    if (request.method !== 'POST' || !request.url.endsWith('/floatingips')) return undefined;
    tried += 1;
    const message = "Quota exceeded for resources: ['floatingip'].";
    const fault = { NeutronError: { type: 'OverQuota', message, detail: '' } };
    return Promise.resolve(Response.json(fault, { status: 409 }));
  };
  const { status, body } = await create();
  expect([status, body.error.code, tried]).toEqual([413, 'entityTooLarge', 1]);
});
