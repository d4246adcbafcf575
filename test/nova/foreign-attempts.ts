/**
 * Attempts in the Nova dialect with resources of another customer: `{...}` is the other's (`THINGS`), `{own ...}` the caller's.
 */
export interface NovaAttempt {
  readonly target: string;
  readonly body?: object;
  /** Of Nova; absent: its oldest. */
  readonly microversion?: string;
  /** Allowed status; absent: any 4xx. */
  readonly statuses?: readonly number[];
}

const NEW = { name: 'intruder', flavorRef: 'm1.tiny', imageRef: '{own image}' };
const SERVER = '/compute/v2.1/servers';
const VOLUMES = '/volume/v3/{own project}';

const ACTIONS: readonly object[] = [
  { 'os-start': null },
  { 'os-stop': null },
  { reboot: { type: 'HARD' } },
  { resize: { flavorRef: 'm1.small' } },
  { rebuild: { imageRef: '{own image}' } },
  { createImage: { name: 'stolen' } },
  { forceDelete: null },
  { lock: null },
  { rescue: {} },
  { shelve: null },
  { addSecurityGroup: { name: 'default' } },
  { 'os-getConsoleOutput': {} },
  { changePassword: { adminPass: 'mine' } },
  { createBackup: { name: 'stolen', backup_type: 'daily', rotation: 1 } },
  { rescue: { rescue_image_ref: '{own image}' } },
];

const READ = [200];

/** Every route of the identity facade, as in the router. */
export const IDENTITY_ATTEMPTS: Record<string, readonly NovaAttempt[]> = {
  'GET /identity': [{ target: 'GET /identity', statuses: [300] }],
  'GET /identity/v3': [{ target: 'GET /identity/v3', statuses: READ }],
  'POST /identity/v3/auth/tokens': [
    { project: { id: '{project}' } },
    { project: { name: '{project name}', domain: { name: 'Default' } } },
  ].map((scope) => ({
    target: 'POST /identity/v3/auth/tokens',
    body: {
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { id: '{own api key}', password: '{own key}' } },
        },
        scope,
      },
    },
    statuses: [401],
  })),
  'GET /identity/v3/auth/tokens': [{ target: 'GET /identity/v3/auth/tokens' }],
  'DELETE /identity/v3/auth/tokens': [{ target: 'DELETE /identity/v3/auth/tokens' }],
  'GET /identity/v3/auth/catalog': [{ target: 'GET /identity/v3/auth/catalog', statuses: READ }],
  'GET /identity/v3/auth/projects': [{ target: 'GET /identity/v3/auth/projects', statuses: READ }],
  'GET /identity/v3/auth/domains': [{ target: 'GET /identity/v3/auth/domains', statuses: READ }],
  ...Object.fromEntries(
    ['projects', 'domains'].map((kind) => {
      const target = `GET /identity/v3/OS-FEDERATION/${kind}`;
      return [target, [{ target, statuses: READ }]];
    }),
  ),
  'GET /identity/v3/auth/system': [{ target: 'GET /identity/v3/auth/system', statuses: READ }],
  'GET /identity/v3/domains': [{ target: 'GET /identity/v3/domains', statuses: [403] }],
  'GET /identity/v3/domains/:id': [{ target: 'GET /identity/v3/domains/{project}', statuses: [403] }],
  'GET /identity/v3/projects': [
    { target: 'GET /identity/v3/projects', statuses: [403] },
    { target: 'GET /identity/v3/projects?name={project name}', statuses: [403] },
  ],
  'GET /identity/v3/projects/:id': [{ target: 'GET /identity/v3/projects/{project}', statuses: [403] }],
  'GET /identity/v3/users/:id': [{ target: 'GET /identity/v3/users/{user}', statuses: [403] }],
  'GET /identity/v3/users/:id/projects': [
    { target: 'GET /identity/v3/users/{user}/projects', statuses: [403] },
  ],
  ...ofUser('application_credentials', 'GET'),
  ...ofUser('application_credentials/:id', 'GET', 'DELETE'),
  'POST /identity/v3/users/:user/application_credentials': ['{user}', '{own user}'].flatMap((user) =>
    ['reader', 'admin'].map((name) => ({
      target: `POST /identity/v3/users/${user}/application_credentials`,
      body: { application_credential: { name: 'mine', roles: [{ name }], unrestricted: true } },
    })),
  ),
  ...ofUser('access_rules', 'GET'),
  ...ofUser('access_rules/:id', 'GET', 'DELETE'),
};

/** The other's user, whatever the id. */
function ofUser(path: string, ...methods: readonly string[]): Record<string, readonly NovaAttempt[]> {
  const target = `/identity/v3/users/{user}/${path.replace(':id', '0123456789abcdef')}`;
  return Object.fromEntries(
    methods.map((method) => [
      `${method} /identity/v3/users/:user/${path}`,
      [{ target: `${method} ${target}` }],
    ]),
  );
}

/** What Keystone itself responds to, or the gateway in its words. */
export const KEYSTONE_ATTEMPTS: readonly NovaAttempt[] = [
  ...[
    'users',
    'roles',
    'services',
    'endpoints',
    'groups',
    'role_assignments',
    'role_inferences',
    'policies',
    'OS-TRUST/trusts',
    'OS-FEDERATION/identity_providers',
    'OS-OAUTH1/consumers',
    'OS-EP-FILTER/endpoint_groups',
  ].flatMap((path) => [`GET ${path}`, `POST ${path}`]),
  ...['services', 'endpoints', 'groups', 'policies'].flatMap((path) =>
    ['GET', 'PATCH', 'DELETE'].map((method) => `${method} ${path}/{project}`),
  ),
  ...['projects', 'domains', 'regions', 'registered_limits', 'limits'].map((path) => `POST ${path}`),
  ...['projects', 'domains', 'users'].flatMap((path) =>
    ['PATCH', 'DELETE'].map((method) => `${method} ${path}/{project}`),
  ),
  'GET projects/{project}/tags',
  'PUT projects/{project}/tags/mine',
  'GET projects/{project}/users/{user}/roles',
  'PUT projects/{project}/users/{user}/roles/{project}',
  'GET users/{user}/groups',
  'GET users/{user}/credentials/OS-EC2',
  'POST users/{user}/credentials/OS-EC2',
  'POST users/{user}/password',
  'GET credentials',
].map((line) => ({ target: line.replace(' ', ' /identity/v3/'), statuses: [403] }));

/** Requests that pass through and that the cloud has to reject. */
export const PASSED_ATTEMPTS: readonly NovaAttempt[] = [
  ...['', '/metadata', '/ips', '/os-interface', '/os-instance-actions', '/os-security-groups'].map(
    (part) => ({
      target: `GET ${SERVER}/{instance}${part}`,
    }),
  ),
  {
    target: `POST ${SERVER}/{instance}/remote-consoles`,
    body: { remote_console: { protocol: 'vnc', type: 'novnc' } },
  },
  { target: `GET /compute/v2.1/{project}/servers` },
  { target: `GET /compute/v2.1/{project}/servers/{instance}` },
  { target: `DELETE /compute/v2.1/{project}/servers/{instance}` },
  { target: `GET ${SERVER}/detail?project_id={project}`, statuses: READ },
  { target: `GET ${SERVER}/detail?tenant_id={project}`, statuses: READ },
  { target: `GET ${SERVER}/detail?all_tenants=1`, statuses: [403] },
  { target: `GET ${SERVER}/detail?all_tenants=True&project_id={project}`, statuses: [403] },
  { target: `PUT ${SERVER}/{instance}`, body: { server: { name: 'mine' } } },
  { target: `PUT ${SERVER}/{instance}/metadata`, body: { metadata: { a: 'b' } } },
  ...[
    { target: `GET ${SERVER}/{instance}/tags` },
    { target: `PUT ${SERVER}/{instance}/tags`, body: { tags: ['mine'] } },
    { target: `DELETE ${SERVER}/{instance}/tags` },
    ...['GET', 'PUT', 'DELETE'].map((method) => ({ target: `${method} ${SERVER}/{instance}/tags/mine` })),
    { target: `PUT ${SERVER}/{instance}`, body: { server: { description: 'mine' } } },
  ].map((attempt) => ({ ...attempt, microversion: '2.26', statuses: [404] })),
  { target: `DELETE ${SERVER}/{instance}` },
  ...ACTIONS.map((body) => ({ target: `POST ${SERVER}/{instance}/action`, body })),
  ...[
    { networks: [{ uuid: '{network}' }] },
    { networks: [{ port: '{port}' }] },
    { imageRef: '{image}', networks: [{ uuid: '{own network}' }] },
    { networks: [{ uuid: '{own network}' }], security_groups: [{ name: '{group}' }] },
    { networks: [{ uuid: '{own network}' }], key_name: '{keypair}' },
  ].map((fields) => ({ target: `POST ${SERVER}`, body: { server: { ...NEW, ...fields } } })),
  { target: 'GET /compute/v2.1/os-keypairs/{keypair}' },
  { target: 'DELETE /compute/v2.1/os-keypairs/{keypair}' },
  { target: 'GET /compute/v2.1/os-server-groups/{server group}' },
  { target: 'DELETE /compute/v2.1/os-server-groups/{server group}' },
  { target: 'GET /compute/v2.1/os-hypervisors/detail', statuses: [403] },
  {
    target: 'PUT /compute/v2.1/os-quota-sets/{project}',
    body: { quota_set: { instances: 0 } },
    statuses: [403],
  },
  { target: 'GET /image/v2/images/{image}' },
  { target: 'DELETE /image/v2/images/{image}' },
  { target: 'PUT /image/v2/images/{image}/file' },
  { target: 'GET /image/v2/images/{image}/file' },
  { target: 'PUT /image/v2/images/{image}/tags/mine' },
  { target: 'DELETE /image/v2/images/{image}/tags/mine' },
  { target: 'GET /image/v2/images/{image}/members' },
  { target: 'POST /image/v2/images/{image}/members', body: { member: '{own project}' } },
  { target: 'GET /networking/v2.0/ports/{port}' },
  { target: 'PUT /networking/v2.0/ports/{port}', body: { port: { name: 'mine' } } },
  { target: 'DELETE /networking/v2.0/ports/{port}' },
  { target: 'GET /networking/v2.0/networks/{network}' },
  { target: 'GET /networking/v2.0/ports?project_id={project}', statuses: READ },
  { target: 'GET /networking/v2.0/security-groups/{group}' },
  { target: 'PUT /networking/v2.0/security-groups/{group}', body: { security_group: { name: 'mine' } } },
  { target: 'DELETE /networking/v2.0/security-groups/{group}' },
  ...[
    { security_group_id: '{group}', remote_group_id: '{own group}' },
    { security_group_id: '{own group}', remote_group_id: '{group}' },
  ].map((groups) => ({
    target: 'POST /networking/v2.0/security-group-rules',
    body: { security_group_rule: { direction: 'ingress', ...groups } },
  })),
  ...['addSecurityGroup', 'removeSecurityGroup'].map((action) => ({
    target: `POST ${SERVER}/{own instance}/action`,
    body: { [action]: { name: '{group}' } },
  })),
  { target: 'DELETE /networking/v2.0/security-group-rules/{rule}' },
  { target: 'GET /volume/v3/{project}/volumes/detail' },
  { target: 'GET /volume/v3/{own project}/volumes/detail?all_tenants=1', statuses: READ },
  ...['GET', 'DELETE'].flatMap((method) => [
    { target: `${method} ${VOLUMES}/volumes/{volume}` },
    { target: `${method} ${VOLUMES}/snapshots/{snapshot}` },
  ]),
  { target: `PUT ${VOLUMES}/volumes/{volume}`, body: { volume: { name: 'mine' } } },
  ...[
    { 'os-extend': { new_size: 9 } },
    { 'os-attach': { instance_uuid: '{own instance}', mountpoint: '/dev/vdb' } },
    { 'os-set_bootable': { bootable: true } },
  ].map((body) => ({ target: `POST ${VOLUMES}/volumes/{volume}/action`, body })),
  { target: `POST ${VOLUMES}/snapshots`, body: { snapshot: { volume_id: '{volume}', force: true } } },
  ...[{ snapshot_id: '{snapshot}' }, { source_volid: '{volume}' }, { imageRef: '{image}' }].map((source) => ({
    target: `POST ${VOLUMES}/volumes`,
    body: { volume: { size: 9, ...source } },
  })),
  ...[
    ['{own instance}', '{volume}'],
    ['{instance}', '{own volume}'],
    ['{instance}', '{volume}'],
  ].flatMap(([instance, volumeId]) => [
    {
      target: `POST ${SERVER}/${instance}/os-volume_attachments`,
      body: { volumeAttachment: { volumeId } },
    },
    { target: `DELETE ${SERVER}/${instance}/os-volume_attachments/${volumeId}` },
  ]),
  {
    target: `POST ${SERVER}`,
    body: {
      server: {
        ...NEW,
        imageRef: '',
        networks: [{ uuid: '{own network}' }],
        block_device_mapping_v2: [
          { uuid: '{volume}', source_type: 'volume', destination_type: 'volume', boot_index: 0 },
        ],
      },
    },
  },
];
