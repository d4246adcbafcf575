import { expect, test } from 'vitest';
import { deadlineIn } from '../../../src/clock.ts';
import { CallTrace } from '../../../src/compute/call-trace.ts';
import { ALL_SERVICES, SERVICES } from '../../../src/dialects/nova/services.ts';
import { FURTHER_SERVICES } from '../../../src/further-services.ts';
import { silentLogger } from '../../../test/support/silent-logger.ts';
import { createSandbox } from '../../sandbox/index.ts';
import { fetchTransport } from '../http/fetch.ts';
import { type OpenStackOptions, openStackDriver } from '../index.ts';

const [ONE, TWO, MISSPELT] = ['RegionOne', 'RegionTwo', 'Regiontwo'];
const GIVEN = 'http://given.example';

/** Two regions without block storage. */
function cloud(endpoints: Pick<OpenStackOptions['endpoints'], 'served' | 'given'>) {
  const regions = [ONE, TWO].map((name) => ({ name, without: ['volumev3'] }));
  const { authUrl, accounts, fetch } = createSandbox({ regions, projects: [{ name: 'a' }, { name: 'b' }] });
  const logged: unknown[] = [];
  const driver = openStackDriver({
    transport: fetchTransport(fetch),
    authUrl,
    endpoints: { region: ONE, interface: 'public', ...endpoints },
    services: ALL_SERVICES,
    serviceAccount: null,
    log: { ...silentLogger, warn: (event, fields) => logged.push([event, fields]) },
  });
  const credentials = accounts.map(({ applicationCredentialId, applicationCredentialSecret }) => ({
    kind: 'application_credential' as const,
    id: applicationCredentialId,
    secret: applicationCredentialSecret,
  }));
  const session = (region = ONE, [credential] = credentials) => {
    if (credential === undefined) throw new Error('the sandbox has no account');
    const call = { requestId: 'req-1', trace: new CallTrace(), log: silentLogger };
    return driver.passThrough.session(credential, { ...call, region, deadline: deadlineIn(5_000) });
  };
  return { driver, credentials, session, logged };
}

test('every service has its endpoint by hand where the catalog has none of it', async () => {
  const all = [...SERVICES, ...FURTHER_SERVICES];
  const given = all.map((service) => ({ service, region: null, url: `${GIVEN}/${service}/at` }));
  const { services } = await cloud({ given }).session();
  const roots = Object.fromEntries([...services].map(([service, { root }]) => [service, root]));
  expect(roots).toEqual(Object.fromEntries(given.map(({ service, url }) => [service, url])));
  expect(services.get('volume')?.type).toBe('volumev3');
});

test('an endpoint by hand makes no region: with *, one that the catalog lacks is in the log once', async () => {
  const given = [
    { service: 'volume', region: MISSPELT, url: `${GIVEN}/misspelt` },
    { service: 'volume', region: TWO, url: `${GIVEN}/two` },
  ] as const;
  const { driver, credentials, session, logged } = cloud({ served: '*', given });
  for (const credential of credentials) {
    const { regions } = await session(TWO, [credential]);
    expect(regions.map(({ name }) => name)).toEqual([ONE, TWO]);
  }
  expect(driver.regions.served()).toEqual([ONE, TWO]);
  expect(driver.regions.resolve(MISSPELT)).toBeUndefined();
  expect((await session(TWO)).services.get('volume')?.root).toBe(`${GIVEN}/two`);
  expect((await session(ONE)).services.has('volume')).toBe(false);
  expect(logged).toEqual([['endpoint_unused', { service: 'volume', region: MISSPELT }]]);
});

test('a region that is served by its name has endpoints by hand without those of a catalog', async () => {
  const given = [{ service: 'volume', region: 'RegionThree', url: `${GIVEN}/three` }] as const;
  const { session, logged } = cloud({ served: [ONE, 'RegionThree'], given });
  expect((await session('RegionThree')).services.get('volume')?.root).toBe(`${GIVEN}/three`);
  expect(logged).toEqual([]);
});
