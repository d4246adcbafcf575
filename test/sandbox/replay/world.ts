/**
 * @module
 * A sandbox furnished like the cloud that was recorded, with the recorded ids mapped to its own. For tests.
 */

import { type Fields, isFields } from '../../../adapters/sandbox/http.ts';
import { type Account, createSandbox, type Sandbox } from '../../../adapters/sandbox/index.ts';

/** One recorded exchange. */
export interface Recording {
  request: { method: string; path: string; headers: Record<string, string>; body: unknown };
  response: { status: number; headers: Record<string, string>; body: unknown };
}

const ROOTS: Record<string, string> = {
  keystone: '/identity',
  nova: '/compute',
  neutron: '/networking',
  glance: '/image',
};

/** A furnished sandbox. */
export interface ReplayWorld {
  sandbox: Sandbox;
  acme: Account;
  globex: Account;
  /** Recorded id to the sandbox's id. */
  ids: Map<string, string>;
  /** The server most recordings are about. */
  serverId: string;
  /** What the next replay signs in with; set by preparations. */
  token: string;
  tokens: { acme: string; acmePassword: string; globex: string; admin: string };
  /** Advances the clock by ms. */
  wait(milliseconds?: number): void;
  /** Sends a request to the sandbox, by default as the member of acme at 2.79. @throws Error unless it succeeds */
  request(service: string, method: string, path: string, body?: unknown, token?: string): Promise<Fields>;
  /** Acts on the server and, by default, waits until it is done. */
  act(action: Fields, wait?: boolean): Promise<void>;
  replay(service: string, recording: Recording): Promise<Response>;
}

/** Reads a recording by name: `nova/servers`. */
export type Recorded = (name: string) => Recording;

/** Makes the world: three servers, groups, key pairs, a floating IP. */
export async function createReplayWorld(recorded: Recorded): Promise<ReplayWorld> {
  let time = Date.parse('2026-11-22T12:07:00Z');
  const sandbox = createSandbox({
    now: () => time,
    bootMilliseconds: 1000,
    // Of the release that was recorded.
    novaMinors: { newest: 93 },
    projects: [
      { name: 'acme' },
      { name: 'globex', quota: { instances: 3, cores: 8, ram: 16384, key_pairs: 2 } },
    ],
  });
  const [acme, globex] = sandbox.accounts;
  if (!acme || !globex) throw new Error('The sandbox has no accounts');
  const tokens = {
    acme: await signIn(sandbox, byCredential(acme)),
    acmePassword: await signIn(sandbox, byPassword(acme)),
    globex: await signIn(sandbox, byCredential(globex)),
    admin: await signIn(sandbox, byPassword(sandbox.admin)),
  };
  const world: ReplayWorld = {
    sandbox,
    acme,
    globex,
    ids: new Map(),
    serverId: '',
    token: tokens.acme,
    tokens,
    wait: (milliseconds = 5000) => {
      time += milliseconds;
    },
    request: (service, method, path, body, token = tokens.acme) =>
      request(sandbox, service, method, path, body, token),
    async act(action, wait = true) {
      await world.request('nova', 'POST', `/v2.1/servers/${world.serverId}/action`, action);
      if (wait) world.wait();
    },
    replay: (service, recording) => replay(world, service, recording),
  };
  await furnish(world, recorded);
  return world;
}

async function furnish(world: ReplayWorld, recorded: Recorded): Promise<void> {
  const { ids, request, acme, globex, sandbox } = world;
  const bodyOf = (name: string, key: string) =>
    (recorded(name).response.body as Record<string, Fields>)[key] ?? {};
  const map = (from: unknown, to: unknown) => ids.set(String(from), String(to));

  const token = bodyOf('keystone/token-app-credential', 'token') as Record<string, Fields>;
  map(token.project?.id, acme.projectId);
  map(token.user?.id, acme.userId);
  map(token.application_credential?.id, acme.applicationCredentialId);
  map(recorded('nova/error-400-path-with-foreign-project').request.path.split('/')[2], globex.projectId);
  const foreign = recorded('neutron/error-404-foreign-network').request.path.split('/').at(-1);
  map(foreign, globex.networkId);
  map(bodyOf('neutron/network', 'network').id, acme.networkId);
  map(bodyOf('neutron/network-public', 'network').id, sandbox.publicNetworkId);
  for (const image of bodyOf('glance/images', 'images') as unknown as Fields[]) {
    map(image.id, sandbox.images[image.name as keyof typeof sandbox.images]);
  }
  const groups = await request('neutron', 'GET', '/v2.0/security-groups');
  map((bodyOf('neutron/security-groups', 'security_groups') as unknown as Fields[])[0]?.id, first(groups).id);

  const made = async (service: string, path: string, body: Fields, fixture: string) => {
    const [key = ''] = Object.keys(body);
    const reply = await request(service, 'POST', path, body);
    const record = recorded(fixture).response.body;
    if (isFields(record) && isFields(record[key])) map(record[key].id, (reply[key] as Fields).id);
    return reply[key] as Fields;
  };
  await made(
    'neutron',
    '/v2.0/security-groups',
    { security_group: { name: 'rec-web', description: 'web' } },
    'neutron/security-group-create',
  );
  const rules = await made(
    'neutron',
    '/v2.0/security-groups',
    { security_group: { name: 'rec-rules' } },
    'neutron/security-group',
  );
  const rule = {
    security_group_id: rules.id,
    direction: 'ingress',
    protocol: 'tcp',
    port_range_min: 443,
    port_range_max: 443,
    remote_ip_prefix: '0.0.0.0/0',
  };
  await made('neutron', '/v2.0/security-group-rules', { security_group_rule: rule }, 'neutron/rule-create');
  const port = await made(
    'neutron',
    '/v2.0/ports',
    { port: { network_id: acme.networkId, name: 'rec-port' } },
    'neutron/port-create',
  );
  const floating = { floating_network_id: sandbox.publicNetworkId };
  await made('neutron', '/v2.0/floatingips', { floatingip: floating }, 'neutron/floatingip-create');
  await made(
    'nova',
    '/v2.1/os-server-groups',
    { server_group: { name: 'rec-group', policy: 'anti-affinity' } },
    'nova/server-group',
  );

  const common = { imageRef: sandbox.images['ubuntu-22.04-amd64'], flavorRef: 'm1.tiny' };
  const onNetwork = [{ uuid: acme.networkId }];
  const rich = { key_name: 'acme-key', metadata: { role: 'web', owner: 'rec' }, config_drive: true };
  const wanted = [{ name: 'default' }, { name: 'rec-web' }];
  const server = { ...common, ...rich, name: 'rec-web-1', networks: onNetwork, security_groups: wanted };
  const main = await made('nova', '/v2.1/servers', { server }, 'nova/server-create-rich');
  world.serverId = String(main.id);
  // One after the other, as recorded: the order of lists goes by second.
  world.wait(1000);
  await made(
    'nova',
    '/v2.1/servers',
    { server: { ...common, name: 'rec-web-2', networks: [{ port: port.id }] } },
    'nova/server-create-with-port',
  );
  world.wait(1000);
  const fixed = [{ uuid: acme.networkId, fixed_ip: '10.10.0.77' }];
  await made(
    'nova',
    '/v2.1/servers',
    { server: { ...common, name: 'rec-db-1', networks: fixed } },
    'nova/server-create-fixed-ip',
  );
  const keyName = { name: 'rec-imported', type: 'ssh', public_key: publicKey() };
  await request('nova', 'POST', '/v2.1/os-keypairs', { keypair: keyName });
  await request('nova', 'POST', '/v2.1/os-keypairs', { keypair: { ...keyName, name: 'rec-generated' } });
  world.wait();
  const ports = await request('neutron', 'GET', `/v2.0/ports?device_id=${world.serverId}`);
  map(
    (recorded('neutron/floatingip-associate').request.body as Record<string, Fields>).floatingip?.port_id,
    first(ports).id,
  );
}

/** A valid key without a private half. */
function publicKey(): string {
  const blob = new Uint8Array(51);
  blob.set([0, 0, 0, 11, ...new TextEncoder().encode('ssh-ed25519'), 0, 0, 0, 32]);
  return `ssh-ed25519 ${btoa(String.fromCharCode(...blob))} rec@example`;
}

/** The first item of the only list in a reply. */
export function first(reply: Fields): Fields {
  const list = Object.values(reply).find(Array.isArray) as Fields[] | undefined;
  return list?.[0] ?? {};
}

function byCredential(account: Account): Fields {
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = account;
  return { identity: { methods: ['application_credential'], application_credential: { id, secret } } };
}

function byPassword(account: Pick<Account, 'userId' | 'password' | 'projectId'>): Fields {
  const user = { id: account.userId, password: account.password };
  const scope = { project: { id: account.projectId } };
  return { identity: { methods: ['password'], password: { user } }, scope };
}

async function signIn(sandbox: Sandbox, auth: Fields): Promise<string> {
  const body = JSON.stringify({ auth });
  const reply = await sandbox.fetch(new Request(`${sandbox.authUrl}/auth/tokens`, { method: 'POST', body }));
  return reply.headers.get('X-Subject-Token') ?? '';
}

async function request(
  sandbox: Sandbox,
  service: string,
  method: string,
  path: string,
  body: unknown,
  token: string,
): Promise<Fields> {
  const headers = {
    'X-Auth-Token': token,
    'OpenStack-API-Version': 'compute 2.79',
    'Content-Type': 'application/json',
  };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const reply = await sandbox.fetch(new Request(`http://sandbox.invalid${ROOTS[service]}${path}`, init));
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  return text ? JSON.parse(text) : {};
}

async function replay(world: ReplayWorld, service: string, recording: Recording): Promise<Response> {
  const { method, headers: recorded, body } = recording.request;
  const headers = new Headers(recorded);
  if (headers.has('X-Auth-Token')) headers.set('X-Auth-Token', world.token);
  if (headers.get('X-Subject-Token') === '<redacted>') headers.set('X-Subject-Token', world.token);
  const path = mapped(world, recording.request.path);
  const text =
    body === null || body === undefined
      ? undefined
      : typeof body === 'string'
        ? body
        : mapped(world, JSON.stringify(body));
  const init: RequestInit = { method, headers };
  if (text !== undefined) init.body = withSecrets(world, text);
  return world.sandbox.fetch(new Request(`http://sandbox.invalid${ROOTS[service]}${path}`, init));
}

function mapped(world: ReplayWorld, text: string): string {
  let result = text;
  for (const [from, to] of world.ids) result = result.replaceAll(from, to);
  return result;
}

/** Recorded secrets are blacked out; these are the ones that work here. */
function withSecrets(world: ReplayWorld, text: string): string {
  return text
    .replaceAll('"secret":"<redacted>"', `"secret":"${world.acme.applicationCredentialSecret}"`)
    .replaceAll('"password":"<redacted>"', `"password":"${world.acme.password}"`);
}
