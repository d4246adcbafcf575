import { instanceActionSchema } from '../../src/dialects/redu/instance-actions.ts';

/**
 * What a customer tries with resources of another tenant. In paths and bodies `{instance}`, `{port}` and so on are the other's
 * (`THINGS`); with `own ` before it, the caller's.
 */
export interface Attempt {
  /** Below the route: its parameters filled in, and a query. */
  readonly path: string;
  readonly body?: object;
  /** Instead of a body: bytes. */
  readonly data?: string;
  readonly status: number;
  /** Where what it makes can be deleted, when the answer has no Location. */
  readonly made?: string;
}

const NEW = { name: 'intruder', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };
const OLD = { name: 'intruder', flavor: 'm1.tiny', image: 'ubuntu-22.04-amd64' };
const PUBLIC = { metadata: { isPublic: true } };
const WITH_SSH = { metadata: { enableSSH: true } };
const FOREIGN_PROJECTS = [{ project_name: '{project name}' }, { project_id: '{project}' }];

/** The minimal arguments of each action. */
const ACTION_FIELDS: Readonly<Record<string, object>> = {
  resize: { flavor_id: 'm1.small' },
  rebuild: { image_id: 'ubuntu-22.04-amd64' },
  snapshot: { name: 'stolen' },
  backup: { name: 'stolen', type: 'daily', rotation: 1 },
  set_password: { admin_password: 'mine' },
};

/** Every action there is: a new one is tried without being named here. */
export const ACTIONS: readonly string[] = instanceActionSchema.options.flatMap(({ shape: { action } }) =>
  'options' in action ? action.options : [...action.values],
);

/** An answer that shows what is the caller's own, and nothing of the other's. */
const shows = (path: string): Attempt => ({ path, status: 200 });
const hidden = (path: string, body?: object): Attempt => ({
  path,
  status: 404,
  ...(body !== undefined && { body }),
});

/** Has no end and names nothing: `test/events/events.test.ts` listens as one customer while the other is busy. */
export const STREAMS = ['GET /v1/events'];

export const ATTEMPTS: Readonly<Record<string, readonly Attempt[]>> = {
  'GET /v1/me': [shows('/v1/me')],
  'GET /v1/config': [shows('/v1/config?format=env')],
  'GET /v1/regions': [shows('/v1/regions')],
  'GET /v1/instances': [
    shows('/v1/instances'),
    shows('/v1/instances?image={image}'),
    shows('/v1/instances?name=globex'),
    { path: '/v1/instances?marker={instance}', status: 400 },
    { path: '/v1/instances?all_tenants=1', status: 403 },
  ],
  'POST /v1/instances': [
    ...[
      { network_id: '{network}' },
      { networks: ['{network}'] },
      { networks: [{ uuid: '{network}' }] },
      { networks: ['{own network}', '{network}'] },
      { networks: [{ port: '{port}' }] },
      { image_id: null, volume_id: '{volume}', delete_with_instance: true },
      { networks: ['{own network}', { port: '{port}' }] },
      { security_group_names: ['{group}'] },
      { security_group_names: ['{group name}'] },
      { security_group_names: ['default', '{group}'] },
      { keypair_name: '{keypair}' },
      { server_group_id: '{server group}' },
      { image_id: '{image}' },
      { image_id: '{image name}' },
    ].flatMap((fields) =>
      [{}, PUBLIC, WITH_SSH].map((flags) => ({
        path: '/v1/instances',
        body: { ...NEW, ...fields, ...flags },
        status: 400,
      })),
    ),
  ],
  'GET /v1/instances/:id': [hidden('/v1/instances/{instance}')],
  'GET /v1/instances/:id/events': [hidden('/v1/instances/{instance}/events')],
  'PATCH /v1/instances/:id': [
    { name: 'mine' },
    { metadata: { team: 'mine' } },
    { metadata: { isPublic: false } },
    { metadata: { isPublic: true } },
    { metadata: { enableSSH: true } },
    { metadata: { enableSSH: false } },
  ].map((body) => hidden('/v1/instances/{instance}', body)),
  'PUT /v1/instances/:id/tags': [['mine'], []].map((tags) =>
    hidden('/v1/instances/{instance}/tags', { tags }),
  ),
  'DELETE /v1/instances/:id': [hidden('/v1/instances/{instance}')],
  'POST /v1/instances/:id/actions': [
    ...ACTIONS.map((action) =>
      hidden('/v1/instances/{instance}/actions', { action, ...ACTION_FIELDS[action] }),
    ),
    hidden('/v1/instances/{instance}/actions', { action: 'reboot', type: 'hard' }),
    ...['rebuild', 'rescue'].flatMap((action) =>
      ['{image}', '{image name}'].map((image_id) => ({
        path: '/v1/instances/{own instance}/actions',
        body: { action, image_id },
        status: 400,
      })),
    ),
  ],
  'GET /v1/instances/:id/actions': [hidden('/v1/instances/{instance}/actions')],
  'GET /v1/instances/:id/console_log': [hidden('/v1/instances/{instance}/console_log')],
  'POST /v1/instances/:id/console': [hidden('/v1/instances/{instance}/console', {})],
  'GET /v1/flavors': [shows('/v1/flavors')],
  // Everyone's.
  'GET /v1/flavors/:id': [shows('/v1/flavors/m1.tiny')],
  'GET /v1/images': [
    shows('/v1/images'),
    shows('/v1/images?visibility=private'),
    shows('/v1/images?visibility=community'),
    shows('/v1/images?name=globex'),
  ],
  'POST /v1/images': [{ path: '/v1/images', body: { name: '{image name}' }, status: 201 }],
  'GET /v1/images/:id': [hidden('/v1/images/{image}')],
  'PATCH /v1/images/:id': [{ name: 'mine' }, { visibility: 'community' }, { tags: ['mine'] }].map((body) =>
    hidden('/v1/images/{image}', body),
  ),
  'DELETE /v1/images/:id': [hidden('/v1/images/{image}')],
  'PUT /v1/images/:id/file': [{ path: '/v1/images/{image}/file', status: 404, data: 'stolen' }],
  'GET /v1/networks': [shows('/v1/networks')],
  // Ranges are each customer's own.
  'POST /v1/networks': [
    { path: '/v1/networks', body: { name: 'intruder', cidr: '10.93.0.0/24' }, status: 201 },
  ],
  'GET /v1/networks/:id': [hidden('/v1/networks/{network}')],
  'DELETE /v1/networks/:id': [hidden('/v1/networks/{network}')],
  'GET /v1/availability_zones': [shows('/v1/availability_zones')],
  'GET /v1/floating_ips': [shows('/v1/floating_ips')],
  'POST /v1/floating_ips': [
    { path: '/v1/floating_ips', body: { port_id: '{port}' }, status: 400 },
    { path: '/v1/floating_ips', body: { network_id: '{network}' }, status: 400 },
    hidden('/v1/floating_ips', { instance_id: '{instance}' }),
  ],
  'GET /v1/floating_ips/:id': [hidden('/v1/floating_ips/{floating ip}')],
  'PATCH /v1/floating_ips/:id': [
    { instance_id: null },
    { instance_id: '{own instance}' },
    { port_id: '{own port}' },
    { description: 'mine' },
  ].map((body) => hidden('/v1/floating_ips/{floating ip}', body)),
  'DELETE /v1/floating_ips/:id': [hidden('/v1/floating_ips/{floating ip}')],
  'GET /v1/instances/:id/networks': [hidden('/v1/instances/{instance}/networks')],
  'POST /v1/instances/:id/networks': [
    hidden('/v1/instances/{instance}/networks', { network_id: '{own network}' }),
    hidden('/v1/instances/{instance}/networks', { port_id: '{own port}' }),
    ...[{ network_id: '{network}' }, { port_id: '{port}' }].map((body) => ({
      path: '/v1/instances/{own instance}/networks',
      body,
      status: 400,
    })),
  ],
  'DELETE /v1/instances/:id/networks/:port_id': [
    hidden('/v1/instances/{instance}/networks/{port}'),
    hidden('/v1/instances/{own instance}/networks/{port}'),
  ],
  'GET /v1/quotas': [shows('/v1/quotas')],
  'GET /v1/usage': [shows('/v1/usage'), shows('/v1/usage?key_id={api key}&group_by=project&group_by=key')],
  'GET /v1/hypervisors': [{ path: '/v1/hypervisors', status: 403 }],
  'GET /v1/api_keys': [shows('/v1/api_keys')],
  'POST /v1/api_keys': FOREIGN_PROJECTS.map((project) => ({
    path: '/v1/api_keys',
    body: {
      name: 'intruder',
      credentials: { username: '{own user}', password: '{own password}', ...project },
    },
    status: 401,
  })),
  'GET /v1/api_keys/:id': [hidden('/v1/api_keys/{api key}')],
  'DELETE /v1/api_keys/:id': [hidden('/v1/api_keys/{api key}')],
  'POST /v1/api_keys/:id/rotate': [
    hidden('/v1/api_keys/{api key}/rotate', {}),
    hidden('/v1/api_keys/{api key}/rotate', { overlap_seconds: 60 }),
  ],
  'GET /v1/keypairs': [shows('/v1/keypairs')],
  // Names are each customer's own: one that is taken elsewhere is free here.
  'POST /v1/keypairs': [{ path: '/v1/keypairs', body: { name: '{keypair}' }, status: 201 }],
  'GET /v1/keypairs/:name': [hidden('/v1/keypairs/{keypair}')],
  'DELETE /v1/keypairs/:name': [hidden('/v1/keypairs/{keypair}')],
  'GET /v1/security_groups': [shows('/v1/security_groups')],
  'POST /v1/security_groups': [{ path: '/v1/security_groups', body: { name: '{group name}' }, status: 201 }],
  'GET /v1/security_groups/:id': [hidden('/v1/security_groups/{group}')],
  'PATCH /v1/security_groups/:id': [
    hidden('/v1/security_groups/{group}', { name: 'mine' }),
    hidden('/v1/security_groups/{group}', { description: 'mine' }),
  ],
  ...Object.fromEntries(
    ['PUT', 'DELETE'].map((method) => [
      `${method} /v1/instances/:id/security_groups/:group_id`,
      [
        hidden('/v1/instances/{instance}/security_groups/{group}'),
        hidden('/v1/instances/{instance}/security_groups/{own group}'),
        hidden('/v1/instances/{own instance}/security_groups/{group}'),
      ],
    ]),
  ),
  'DELETE /v1/security_groups/:id': [hidden('/v1/security_groups/{group}')],
  'POST /v1/security_groups/:id/rules': [
    hidden('/v1/security_groups/{group}/rules', { protocol: 'tcp', port: 80 }),
    hidden('/v1/security_groups/{group}/rules', { source_group_id: '{own group}' }),
    hidden('/v1/security_groups/{own group}/rules', { source_group_id: '{group}' }),
  ],
  'DELETE /v1/security_groups/:id/rules/:rule_id': [
    hidden('/v1/security_groups/{group}/rules/{rule}'),
    hidden('/v1/security_groups/{own group}/rules/{rule}'),
    hidden('/v1/security_groups/{group}/rules/{own rule}'),
  ],
  'GET /v1/server_groups': [shows('/v1/server_groups')],
  'POST /v1/server_groups': [
    { path: '/v1/server_groups', body: { name: 'globex-hosts', policy: 'affinity' }, status: 201 },
  ],
  'GET /v1/server_groups/:id': [hidden('/v1/server_groups/{server group}')],
  'DELETE /v1/server_groups/:id': [hidden('/v1/server_groups/{server group}')],
  'GET /v1/volumes': [shows('/v1/volumes')],
  'POST /v1/volumes': [
    { path: '/v1/volumes', body: { name: 'intruder', size_gb: 1, snapshot_id: '{snapshot}' }, status: 400 },
    { path: '/v1/volumes', body: { name: 'intruder', size_gb: 1, image_id: '{image}' }, status: 400 },
  ],
  'GET /v1/volumes/:id': [hidden('/v1/volumes/{volume}')],
  'PATCH /v1/volumes/:id': [hidden('/v1/volumes/{volume}', { name: 'mine' })],
  'DELETE /v1/volumes/:id': [hidden('/v1/volumes/{volume}')],
  'POST /v1/volumes/:id/actions': [hidden('/v1/volumes/{volume}/actions', { action: 'extend', size_gb: 9 })],
  'GET /v1/volume_snapshots': [shows('/v1/volume_snapshots')],
  'POST /v1/volume_snapshots': [hidden('/v1/volume_snapshots', { name: 'intruder', volume_id: '{volume}' })],
  'GET /v1/volume_snapshots/:id': [hidden('/v1/volume_snapshots/{snapshot}')],
  'DELETE /v1/volume_snapshots/:id': [hidden('/v1/volume_snapshots/{snapshot}')],
  'POST /v1/instances/:id/volumes': [
    hidden('/v1/instances/{instance}/volumes', { volume_id: '{own volume}' }),
    hidden('/v1/instances/{own instance}/volumes', { volume_id: '{volume}' }),
  ],
  'DELETE /v1/instances/:id/volumes/:volume_id': [
    hidden('/v1/instances/{instance}/volumes/{volume}'),
    hidden('/v1/instances/{own instance}/volumes/{volume}'),
  ],
  'GET /cloud/v1/me': [shows('/cloud/v1/me')],
  'GET /cloud/v1/compute/instances/list': [
    shows('/cloud/v1/compute/instances/list'),
    { path: '/cloud/v1/compute/instances/list?marker={instance}', status: 400 },
    { path: '/cloud/v1/compute/instances/list?all_tenants=true', status: 403 },
  ],
  'POST /cloud/v1/compute/instances/create': [
    ...[
      { network: '{network}' },
      { securityGroups: ['{group}'] },
      { securityGroups: [{ value: '{group name}' }] },
      { key_name: '{keypair}' },
      { key_name: '{keypair}', enable_ssh: true, is_public: true },
      { image: '{image}' },
      { image: '{image name}' },
    ].map((fields) => ({
      path: '/cloud/v1/compute/instances/create',
      body: { ...OLD, ...fields },
      status: 400,
    })),
  ],
  'GET /cloud/v1/compute/keypairs': [shows('/cloud/v1/compute/keypairs')],
  'POST /cloud/v1/compute/keypairs': [
    {
      path: '/cloud/v1/compute/keypairs',
      body: { name: '{keypair}' },
      status: 200,
      made: '/v1/keypairs/{keypair}',
    },
  ],
  'GET /cloud/v1/network/security_groups/list': [shows('/cloud/v1/network/security_groups/list')],
};
