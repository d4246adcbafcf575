import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { undiciTransport } from '../../adapters/openstack/http/undici.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { DEFAULT_SCOPES, SCOPES } from '../../src/scopes.ts';
import { type RunningGateway, startGateway } from '../support/gateway.ts';
import { KeystoneAdmin } from '../support/keystone-admin.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { requireOpenStack } from './target.ts';

/** Where requests go, and with which token: to the cloud, or to the gateway with a key. */
interface Side {
  readonly token: string;
  readonly identity: string;
  readonly compute: string;
  readonly network: string;
  readonly volume: string;
}

type Service = Exclude<keyof Side, 'token'>;
// biome-ignore lint/suspicious/noExplicitAny: any response of a service
type Body = any;

const variables = requireOpenStack();
const read = (name: string) => variables[name] ?? '';
const NOWHERE = '00000000-0000-4000-8000-000000000000';

let gateway: RunningGateway;
let clouds: ReturnType<typeof openStackDriver>;
const sides: Record<'administrator' | 'member', { direct: Side; through: Side }> = {} as never;
beforeAll(async () => {
  const authUrl = read('OS_AUTH_URL');
  const account = {
    user: read('ADMIN_USER'),
    password: read('ADMIN_PASSWORD'),
    project: read('ADMIN_PROJECT'),
  };
  const domain = { name: 'Default' };
  clouds = openStackDriver({
    transport: undiciTransport(),
    authUrl,
    endpoints: { region: read('OS_REGION_NAME'), interface: 'public' },
    serviceAccount: {
      kind: 'password',
      user: { name: account.user, domain },
      password: account.password,
      project: { name: account.project, domain },
    },
  });
  gateway = await startGateway(clouds);
  const cloud = { identity: authUrl, compute: read('NOVA_URL'), network: `${read('NEUTRON_URL')}/v2.0` };
  const { url } = gateway;
  const ours = {
    identity: `${url}/identity/v3`,
    compute: `${url}/compute/v2.1`,
    network: `${url}/networking/v2.0`,
    volume: `${url}/volume/v3`,
  };
  const token = await new KeystoneAdmin(fetch, authUrl, account).token();
  /** Cinder's address is the project's own. */
  const volumesOf = async (of: string): Promise<string> => {
    const { body } = await send({ token: of, ...cloud, volume: '' }, 'identity', 'GET /auth/catalog');
    const { endpoints } = body.catalog.find(({ type }: Body) => ['volumev3', 'block-storage'].includes(type));
    return endpoints.find((one: Body) => one.interface === 'public').url;
  };
  const direct = { token, ...cloud, volume: '' };
  const { body } = await send(direct, 'identity', `GET /projects?name=${account.project}`);
  const credential = { id: read('ACME_APP_CRED_ID'), secret: read('ACME_APP_CRED_SECRET') };
  sides.administrator = {
    direct: { token, ...cloud, volume: await volumesOf(token) },
    through: {
      token: await gateway.keyFor({ kind: 'service', projectId: body.projects[0].id }, SCOPES),
      ...ours,
    },
  };
  const own = await new OpenStackClient(fetch, authUrl, credential).token();
  sides.member = {
    direct: { token: own, ...cloud, volume: await volumesOf(own) },
    through: {
      token: await gateway.keyFor({ kind: 'application_credential', ...credential }, DEFAULT_SCOPES),
      ...ours,
    },
  };
});
afterAll(async () => {
  await gateway?.stop();
  await clouds?.close();
});

async function send(side: Side, service: Service, line: string, body?: unknown) {
  const [method = '', path = ''] = line.split(' ');
  const response = await fetch(side[service] + path, {
    method,
    headers: { 'x-auth-token': side.token, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as Body };
}

/** A response with what differs between two runs replaced: addresses, ids by their order, times, the run's name. */
function comparable(side: Side, run: string, ids: Map<string, string>, body: Body): unknown {
  const volumes = [side.volume, side.volume.replace('/v3', '')];
  const ours = [...volumes, side.identity.replace(/\/v3$/, ''), side.compute.replace(/\/v2\.1$/, '')];
  // An address that Keystone stores is data, and has to be the same on both sides.
  const stored = JSON.stringify(body).replace(/"url":\s*"([^"]*)"/g, (_, url) => `"url":"${btoa(url)}"`);
  const text = [ours, side.network.replace(/\/v2\.0$/, '')]
    .flat()
    .reduce((all, address, index) => all.replaceAll(address, `address${index}`), stored)
    .replace(/"id":\s*\d+/g, '"id":0')
    // Quotas of each type of volume, also of others that come and go.
    .replace(/,\s*"(?:gigabytes|snapshots|volumes)_[^"]+":\s*-?\d+/g, '')
    .replaceAll(run, 'run')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, 'time')
    .replace(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{32}\b/g, (id) => {
      if (!ids.has(id)) ids.set(id, `id${ids.size}`);
      return ids.get(id) ?? '';
    });
  return JSON.parse(text);
}

/** Plays the same requests to the cloud and through the gateway, and compares every response. */
async function alike(who: keyof typeof sides, play: (act: Act) => Promise<void>): Promise<void> {
  const record = async (side: Side) => {
    const run = `a${crypto.randomUUID().slice(0, 8)}`;
    const ids = new Map<string, string>();
    const seen: unknown[] = [];
    const undo: string[] = [];
    const act = async (service: Service, line: string, body?: unknown): Promise<Body> => {
      const filled = JSON.parse(JSON.stringify(body ?? null).replaceAll('{run}', run));
      const response = await send(side, service, line.replaceAll('{run}', run), filled ?? undefined);
      const shown = line.replace(/[0-9a-f]{32}|[0-9a-f-]{36}/g, '{id}');
      seen.push([shown, response.status, comparable(side, run, ids, response.body)]);
      return response.body;
    };
    const made: Act['made'] = (service, path) => undo.push(`${service} ${path}`);
    try {
      await play(Object.assign(act, { made }));
    } finally {
      for (const line of undo.reverse()) {
        const [service = '', path = ''] = line.split(' ');
        await send(sides.administrator.direct, service as Service, `DELETE ${path}`);
      }
    }
    return seen;
  };
  const { direct, through } = sides[who];
  const [expected, received] = await Promise.all([record(direct), record(through)]);
  expect(received).toEqual(expected);
}

interface Act {
  (service: Service, line: string, body?: unknown): Promise<Body>;
  /** What is to be deleted at the end, in reverse order. */
  readonly made: (service: Service, path: string) => void;
}

describe('an administrator’s key and the administrator get the same', () => {
  test('projects, users, groups, roles and grants', () =>
    alike('administrator', async (act) => {
      const { project } = await act('identity', 'POST /projects', {
        project: { name: '{run}', description: 'a', tags: ['one'] },
      });
      act.made('identity', `/projects/${project.id}`);
      const { user } = await act('identity', 'POST /users', {
        user: { name: '{run}', password: 'long enough 1' },
      });
      act.made('identity', `/users/${user.id}`);
      const { group } = await act('identity', 'POST /groups', { group: { name: '{run}' } });
      act.made('identity', `/groups/${group.id}`);
      const { role } = await act('identity', 'POST /roles', { role: { name: '{run}' } });
      act.made('identity', `/roles/${role.id}`);
      await act('identity', `PATCH /projects/${project.id}`, { project: { description: 'b' } });
      await act('identity', `PUT /projects/${project.id}/tags/two`);
      await act('identity', `GET /projects/${project.id}/tags`);
      await act('identity', 'GET /projects?name={run}');
      await act('identity', 'POST /projects', { project: { name: '{run}' } });
      for (const method of ['HEAD', 'PUT', 'HEAD', 'DELETE'])
        await act('identity', `${method} /groups/${group.id}/users/${user.id}`);
      for (const grant of [
        `/projects/${project.id}/users/${user.id}/roles`,
        `/projects/${project.id}/groups/${group.id}/roles`,
        `/domains/default/users/${user.id}/roles`,
      ]) {
        await act('identity', `PUT ${grant}/${role.id}`);
        await act('identity', `HEAD ${grant}/${role.id}`);
        await act('identity', `GET ${grant}`);
        await act('identity', `DELETE ${grant}/${role.id}`);
      }
      const inherited = `/OS-INHERIT/domains/default/users/${user.id}/roles/${role.id}/inherited_to_projects`;
      for (const method of ['PUT', 'HEAD', 'DELETE']) await act('identity', `${method} ${inherited}`);
      await act('identity', `GET /role_assignments?user.id=${user.id}&include_names`);
      const { roles } = await act('identity', 'GET /roles?name=reader');
      await act('identity', `PUT /roles/${role.id}/implies/${roles[0].id}`);
      await act('identity', `GET /roles/${role.id}/implies`);
      await act('identity', `GET /users/${user.id}/application_credentials`);
      await act('identity', `GET /users/${user.id}/access_rules`);
      await act('identity', `GET /users/${user.id}/credentials/OS-EC2`);
      await act('identity', `PATCH /users/${user.id}`, { user: { enabled: false } });
      await act('identity', `DELETE /users/${user.id}`);
      await act('identity', `GET /users/${user.id}`);
    }));

  test('regions, services, endpoints, limits, domains and what is wrong', () =>
    alike('administrator', async (act) => {
      const { region } = await act('identity', 'POST /regions', { region: { id: '{run}' } });
      act.made('identity', `/regions/${region.id}`);
      const { service } = await act('identity', 'POST /services', {
        service: { name: '{run}', type: '{run}' },
      });
      act.made('identity', `/services/${service.id}`);
      const { endpoint } = await act('identity', 'POST /endpoints', {
        endpoint: {
          service_id: service.id,
          interface: 'public',
          url: read('OS_AUTH_URL'),
          region_id: region.id,
        },
      });
      act.made('identity', `/endpoints/${endpoint.id}`);
      await act('identity', `GET /endpoints?service_id=${service.id}`);
      await act('identity', `PATCH /endpoints/${endpoint.id}`, { endpoint: { url: read('NOVA_URL') } });
      const { registered_limits: limits } = await act('identity', 'POST /registered_limits', {
        registered_limits: [{ service_id: service.id, resource_name: '{run}', default_limit: 5 }],
      });
      act.made('identity', `/registered_limits/${limits[0].id}`);
      await act('identity', `PATCH /registered_limits/${limits[0].id}`, {
        registered_limit: { default_limit: 6 },
      });
      const { domain } = await act('identity', 'POST /domains', {
        domain: { name: '{run}', enabled: false },
      });
      act.made('identity', `/domains/${domain.id}`);
      await act('identity', 'GET /limits/model');
      await act('identity', `GET /projects/${service.id}`);
      await act('identity', 'POST /users', { user: {} });
      await act('identity', 'PUT /regions/{run}', { region: { description: 'x' } });
    }));

  test('hosts, aggregates, flavors, quotas, agents and the actions of administrators', () =>
    alike('administrator', async (act) => {
      const { aggregate } = await act('compute', 'POST /os-aggregates', { aggregate: { name: '{run}' } });
      act.made('compute', `/os-aggregates/${aggregate.id}`);
      await act('compute', 'POST /flavors', {
        flavor: {
          name: '{run}',
          id: '{run}',
          ram: 64,
          vcpus: 1,
          disk: 1,
          'os-flavor-access:is_public': false,
        },
      });
      act.made('compute', '/flavors/{run}');
      await act('compute', 'POST /flavors/{run}/action', {
        addTenantAccess: { tenant: read('ACME_PROJECT_ID') },
      });
      await act('compute', 'GET /flavors/{run}/os-flavor-access');
      await act('compute', 'DELETE /flavors/{run}');
      await act('compute', `GET /os-quota-sets/${read('ACME_PROJECT_ID')}`);
      await act('compute', 'GET /os-quota-sets//defaults');
      for (const path of [
        'os-services',
        'os-hypervisors',
        'os-migrations?limit=1',
        'os-availability-zone/detail',
      ])
        await send(sides.administrator.through, 'compute', `GET /${path}`).then(({ status }) =>
          expect([path, status]).toEqual([path, 200]),
        );
      const actions = [{ migrate: null }, { 'os-migrateLive': { host: null, block_migration: 'auto' } }];
      for (const action of [...actions, { evacuate: {} }, { 'os-resetState': { state: 'error' } }])
        await act('compute', `POST /servers/${NOWHERE}/action`, action);
      await act('network', `GET /quotas/${read('ACME_PROJECT_ID')}`);
      await act(
        'network',
        `GET /ports?project_id=${read('ACME_PROJECT_ID')}&fields=device_owner&sort_key=id`,
      );
      await act('network', `GET /agents/${NOWHERE}`);
    }));

  test('types of volumes, their access, quotas, quality of service and the actions of administrators', () =>
    alike('administrator', async (act) => {
      const acme = read('ACME_PROJECT_ID');
      const { volume_type: type } = await act('volume', 'POST /types', {
        volume_type: { name: '{run}', 'os-volume-type-access:is_public': false },
      });
      act.made('volume', `/types/${type.id}`);
      await act('volume', `POST /types/${type.id}/extra_specs`, { extra_specs: { a: 'b' } });
      await act('volume', `GET /types/${type.id}/extra_specs`);
      await act('volume', `POST /types/${type.id}/action`, { addProjectAccess: { project: acme } });
      await act('volume', `GET /types/${type.id}/os-volume-type-access`);
      await act('volume', `POST /types/${type.id}/action`, { removeProjectAccess: { project: acme } });
      await act('volume', `PUT /types/${type.id}`, { volume_type: { description: 'b' } });
      const { qos_specs: specs } = await act('volume', 'POST /qos-specs', { qos_specs: { name: '{run}' } });
      act.made('volume', `/qos-specs/${specs.id}`);
      await act('volume', `GET /qos-specs/${specs.id}/associate?vol_type_id=${type.id}`);
      await act('volume', `GET /qos-specs/${specs.id}/associations`);
      await act('volume', `GET /qos-specs/${specs.id}/disassociate_all`);
      await act('volume', `GET /os-quota-sets/${acme}`);
      await act('volume', `GET /os-quota-sets/${acme}/defaults`);
      await act('volume', 'GET /os-quota-class-sets/default');
      await act('volume', `POST /volumes/${NOWHERE}/action`, { 'os-reset_status': { status: 'error' } });
      await act('volume', `POST /volumes/${NOWHERE}/action`, { 'os-force_delete': {} });
      for (const path of ['os-services', 'scheduler-stats/get_pools', 'volumes/detail?all_tenants=1&limit=1'])
        await send(sides.administrator.through, 'volume', `GET /${path}`).then(({ status }) =>
          expect([path, status]).toEqual([path, 200]),
        );
    }));

  test('roles on the system', () =>
    alike('administrator', async (act) => {
      const { user } = await act('identity', 'POST /users', { user: { name: '{run}' } });
      act.made('identity', `/users/${user.id}`);
      const { roles } = await act('identity', 'GET /roles?name=reader');
      for (const method of ['PUT', 'HEAD', 'DELETE', 'HEAD'])
        await act('identity', `${method} /system/users/${user.id}/roles/${roles[0].id}`);
      await act('identity', `GET /system/users/${user.id}/roles`);
      await act('identity', 'GET /role_assignments?scope.system=all&user.id=none');
    }));
});

describe('the scope of the whole system', () => {
  const auth = (password: string, scope: object) => ({
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: 'admin', domain: { id: 'default' }, password } },
      },
      scope,
    },
  });

  test('is 401 at the sign-in with an administrator’s key, whose scope is its project', async () => {
    const { through } = sides.administrator;
    const { status, body } = await send(
      through,
      'identity',
      'POST /auth/tokens',
      auth(through.token, { system: { all: true } }),
    );
    expect([status, body.error.code]).toEqual([401, 401]);
    const systems = await send(through, 'identity', 'GET /auth/system');
    expect([systems.status, systems.body.system]).toEqual([200, []]);
  });

  test('of a user without a project gives no API key: 401', async () => {
    const { direct } = sides.administrator;
    const name = `system-${crypto.randomUUID().slice(0, 8)}`;
    const password = crypto.randomUUID();
    const { user } = (await send(direct, 'identity', 'POST /users', { user: { name, password } })).body;
    try {
      const { roles } = (await send(direct, 'identity', 'GET /roles?name=admin')).body;
      await send(direct, 'identity', `PUT /system/users/${user.id}/roles/${roles[0].id}`);
      const response = await fetch(`${gateway.url}/v1/api_keys`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          name: 'x',
          credentials: { username: name, password, project_id: read('ACME_PROJECT_ID') },
        }),
      });
      expect([response.status, await response.text()]).toEqual([
        401,
        expect.stringContaining('this project'),
      ]);
    } finally {
      await send(direct, 'identity', `DELETE /users/${user.id}`);
    }
  });
});

describe('a member', () => {
  test('reads at Keystone and Neutron what it reads directly', () =>
    alike('member', async (act) => {
      const project = read('ACME_PROJECT_ID');
      const user = read('ACME_USER_ID');
      for (const path of [
        `/regions/${read('OS_REGION_NAME')}`,
        '/regions/none',
        '/limits',
        '/limits/model',
        `/projects/${project}`,
        `/projects/${project}/tags`,
        '/domains/default',
        `/users/${user}`,
        `/users/${user}/groups`,
        `/users/${user}/projects`,
        '/auth/projects',
      ])
        await act('identity', `GET ${path}`);
      for (const path of ['/agents', '/network-ip-availabilities', '/service_profiles', '/flavors'])
        await act('network', `GET ${path}`);
      await act('compute', 'GET /os-quota-sets//defaults');
      for (const path of ['/types', '/os-quota-sets//defaults', '/qos-specs', '/limits'])
        await act('volume', `GET ${path}`);
    }));

  test('gets the status that Keystone has for what is not a member’s', async () => {
    const foreign = [`/projects/${read('GLOBEX_PROJECT_ID')}`, `/users/${read('GLOBEX_USER_ID')}`];
    const lines = [
      ...['/users', '/groups', '/roles', '/services', '/endpoints', '/policies', '/role_assignments'],
      ...['/projects?name=none', '/domains?name=none', '/OS-EP-FILTER/endpoint_groups', ...foreign],
      ...['/nothing', '/role_inferences', '/groups/none'],
    ].map((path) => `GET ${path}`);
    lines.push('POST /projects');
    const statusOf = async (side: Side) => {
      const found: [string, number][] = [];
      for (const line of lines) {
        const [method = '', path = ''] = line.split(' ');
        const response = await fetch(side.identity + path, {
          method,
          headers: { 'x-auth-token': side.token, 'content-type': 'application/json' },
          ...(method === 'POST' && { body: '{"project": {"name": "x"}}' }),
        });
        await response.body?.cancel();
        found.push([line, response.status]);
      }
      return found;
    };
    expect(await statusOf(sides.member.through)).toEqual(await statusOf(sides.member.direct));
  });
});
