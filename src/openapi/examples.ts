import { SECRET_PLACEHOLDER, toolConfig } from '../tool-config.ts';

const PROJECT = '719015812e824d5b874b4190dde8f43c';
const USER = 'ab2399414c9248a09de5ed551c817f16';

const WEB = {
  id: '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11',
  name: 'web-production-01',
  status: 'ACTIVE',
  state: 'active',
  image_id: 'a2f1d2c3-4455-4e11-8e33-9a7b0c6d1234',
  flavor_id: 'm1.small',
  created: '2026-02-12T09:14:22Z',
  updated: '2026-02-12T09:16:03Z',
  metadata: { isPublic: 'true', enableSSH: 'true', floatingIp: '203.0.113.42' },
  user_id: USER,
  project_id: PROJECT,
};

const PORT = { network: 'private', version: 4, mac_address: 'fa:16:3e:4c:2c:30' };

const INSTANCE = {
  ...WEB,
  addresses: [
    { ...PORT, address: '10.0.0.12', type: 'fixed' },
    { ...PORT, address: '203.0.113.42', type: 'floating' },
  ],
  keypair_name: 'my-keypair',
  availability_zone: 'nova',
  security_group_names: ['web-servers', 'linguanova-ssh'],
  locked: false,
  volumes: [{ id: 'a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d', device: '/dev/vdb', delete_with_instance: false }],
  fault: null,
  description: 'Front end of the shop',
  task: null,
  tags: ['production', 'web'],
  server_group_id: null,
};

export const CREATED_INSTANCE = {
  ...INSTANCE,
  id: 'b1c2d3e4-f5a6-4890-b1c2-d3e4f5a67890',
  name: 'web-server-01',
  status: 'BUILD',
  state: 'provisioning',
  task: 'scheduling',
  addresses: [],
  security_group_names: [],
  volumes: [],
};

/** Resources of the sandbox, by the path that ends in their parameter. */
export const PATH_EXAMPLES: Readonly<Record<string, string>> = {
  '/v1/instances/{id}': WEB.id,
  '/v1/flavors/{id}': 'm1.small',
  '/v1/images/{id}': WEB.image_id,
  '/v1/keypairs/{name}': 'demo-key',
};

const unused = (limit: number) => ({ limit, used: 0 });

const LEGACY_KEYPAIR = {
  name: 'my-keypair',
  public_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9cG6wL5m0d2b7Yk3QyT8nXo1s4vUeRzHfPqWjAiBcD jane@laptop',
  fingerprint: '1e:2c:9b:56:79:4b:45:77:f9:ca:7a:98:2c:b0:d5:3c',
};
const KEYPAIR = { type: 'ssh', ...LEGACY_KEYPAIR };

const RULE = {
  id: '2b1a0f9e-8d7c-4b6a-9f5e-4d3c2b1a0f9e',
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: 'tcp',
  port: 443,
  cidr: '0.0.0.0/0',
  source_group_id: null,
  description: '',
};

const SECURITY_GROUP = {
  id: '3c2b1a0f-9e8d-4c7b-8a6f-5e4d3c2b1a0f',
  name: 'web-servers',
  description: 'Port 443 from anywhere',
  rules: [RULE],
};

const SERVER_GROUP = {
  id: '9e8d7c6b-5a4f-4e3d-9c2b-1a0f9e8d7c6b',
  name: 'apart',
  policy: 'anti-affinity',
  member_ids: [WEB.id],
};

const VOLUME = {
  id: 'a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d',
  name: 'data',
  description: '',
  size_gb: 20,
  status: 'in-use',
  volume_type: 'ssd',
  bootable: false,
  availability_zone: 'nova',
  snapshot_id: null,
  image_id: null,
  attachments: [{ instance_id: WEB.id, device: '/dev/vdb' }],
  created: '2026-02-12T09:20:00Z',
};

const VOLUME_SNAPSHOT = {
  id: 'b2c3d4e5-f6a7-4b8c-9d0e-1f2a3b4c5d6e',
  name: 'data-monday',
  description: '',
  volume_id: VOLUME.id,
  size_gb: VOLUME.size_gb,
  status: 'available',
  created: '2026-02-16T02:00:00Z',
};

const KEY_ID = 'lt34zc8lrbokxwxw';
/** As in docs/api-keys.md; not a valid key. */
const KEY_TEXT = `ln_${KEY_ID}_mj65EOtFlexBk39M4PLwssKHsy4ekpMAZ0S8SGA`;

export const TOOL_CONFIG_EXAMPLE = toolConfig('clouds.yaml', {
  url: 'https://api.example.org',
  region: { name: 'RegionOne', isDefault: true, services: [] },
  keyId: KEY_ID,
  key: SECRET_PLACEHOLDER,
  hasNova: true,
  served: new Set(),
});

const API_KEY = {
  id: KEY_ID,
  name: 'laptop',
  state: 'active',
  last_four: KEY_TEXT.slice(-4),
  kind: 'application_credential',
  project_id: PROJECT,
  user_id: USER,
  application_credential_id: '0c2d4a6b8e1f4d3c9b7a5e6f8d0c1b2a',
  scopes: ['instances:read'],
  plan: 'default',
  allowed_cidrs: [],
  allowed_origins: [],
  regions: null,
  description: null,
  roles: null,
  access_rules: null,
  maker_id: null,
  disabled: false,
  created_at: '2026-02-12T09:00:00.000Z',
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  family_id: KEY_ID,
  rotated_to: null,
};

export const EVENTS = `event: ready
data: {}

id: 17
event: instance.state_changed
data: ${JSON.stringify({ instance: WEB, previous_state: 'starting', at: WEB.updated })}

`;

const NODE = {
  id: '1f0e9d8c-7b6a-4f5e-8d4c-3b2a1f0e9d8c',
  name: 'gateway-1',
  is_self: true,
  version: '0.2.0',
  state: 'up',
  started_at: '2026-02-12T08:00:00.000Z',
  uptime_seconds: 3600,
  seen_at: '2026-02-12T09:00:00.000Z',
  window_seconds: 300,
  cache: { reads: 5_210, hit_ratio: 0.93 },
  upstream: [
    {
      region: 'RegionOne',
      service: 'compute',
      circuit: 'closed',
      in_flight: 2,
      calls: 365,
      failures: 0,
      mean_ms: 41.5,
      p95_ms: 92.1,
    },
  ],
};

export const EXAMPLES: Readonly<Record<string, unknown>> = {
  Me: {
    id: USER,
    username: 'jane',
    email: 'jane@example.org',
    roles: ['member', 'reader'],
    project_id: PROJECT,
    scopes: ['instances:read', 'instances:write', 'network:write', 'keypairs:write', 'volumes:write'],
    regions: null,
  },
  Region: { name: 'RegionOne', default: true, services: ['compute', 'identity', 'image', 'network'] },
  Instance: WEB,
  InstanceDetail: INSTANCE,
  NewInstance: {
    name: 'web-server-01',
    flavor_id: 'm1.medium',
    image_id: 'ubuntu-22.04-amd64',
    keypair_name: 'demo-key',
    security_group_names: ['default'],
    description: 'Front end of the shop',
    tags: ['production', 'web'],
    metadata: { isPublic: true, enableSSH: true, team: 'web' },
  },
  NewInstanceTags: { tags: ['production', 'web'] },
  InstanceTags: { tags: ['production', 'web'] },
  InstanceChange: { metadata: { isPublic: true, enableSSH: true } },
  InstanceAction: { action: 'reboot', type: 'soft' },
  ActionAccepted: {},
  HistoryEntry: {
    id: 'req-557cd22f-0a2a-4aed-a90f-635b55707414',
    action: 'reboot',
    started_at: '2026-02-12T09:16:03Z',
    message: null,
    user_id: USER,
  },
  ConsoleLog: { output: 'Debian GNU/Linux 12 web-production-01 ttyS0\n\nweb-production-01 login: ' },
  NewConsole: { type: 'novnc' },
  Console: {
    type: 'novnc',
    url: 'https://console.example.org/vnc_auto.html?path=%3Ftoken%3D7502804f-a9f0-4fb7-b5b2-bc73287ac731',
  },
  Flavor: { id: 'm1.medium', name: 'm1.medium', vcpus: 2, ram_mb: 4096, disk_gb: 40, is_public: true },
  Image: {
    id: 'a2f1d2c3-4455-4e11-8e33-9a7b0c6d1234',
    name: 'ubuntu-22.04-amd64',
    status: 'active',
    visibility: 'public',
    project_id: PROJECT,
    disk_format: 'qcow2',
    container_format: 'bare',
    tags: ['lts'],
    size_bytes: 696_254_464,
    min_disk_gb: 10,
    min_ram_mb: 512,
    created: '2026-01-05T08:00:00Z',
    updated: '2026-01-05T08:02:10Z',
  },
  NewImage: { name: 'my-appliance', disk_format: 'qcow2', visibility: 'private', tags: ['web'] },
  ImageChange: { name: 'my-appliance-2', tags: ['web', 'stable'] },
  Network: {
    id: '4f2c1a9e-6b7d-4c3a-9e8f-0d1c2b3a4f5e',
    name: 'private',
    status: 'ACTIVE',
    external: false,
    shared: false,
    subnet_ids: ['0e9d8c7b-6a5f-4e3d-8c2b-1a0f9e8d7c6b'],
    project_id: PROJECT,
  },
  NetworkDetail: {
    id: '4f2c1a9e-6b7d-4c3a-9e8f-0d1c2b3a4f5e',
    name: 'private',
    status: 'ACTIVE',
    external: false,
    shared: false,
    subnet_ids: ['0e9d8c7b-6a5f-4e3d-8c2b-1a0f9e8d7c6b'],
    project_id: PROJECT,
    subnets: [{ id: '0e9d8c7b-6a5f-4e3d-8c2b-1a0f9e8d7c6b', cidr: '10.0.0.0/24', gateway: '10.0.0.1' }],
    routed: true,
  },
  NewNetwork: { name: 'private', cidr: '10.0.0.0/24' },
  AvailabilityZone: { name: 'nova', available: true },
  NewFloatingIp: { description: 'shop' },
  FloatingIpChange: { instance_id: WEB.id },
  AttachedNetwork: {
    port_id: 'f1e2d3c4-b5a6-4788-99aa-bbccddeeff00',
    network_id: '4a5b6c7d-8e9f-4012-8345-6789abcdef01',
    addresses: ['10.0.1.7'],
  },
  NewAttachment: { network_id: '4a5b6c7d-8e9f-4012-8345-6789abcdef01' },
  FloatingIp: {
    id: '5d4c3b2a-1f0e-4d9c-8b7a-6f5e4d3c2b1a',
    address: '203.0.113.42',
    status: 'ACTIVE',
    description: '',
    instance_id: WEB.id,
    port_id: '6e5d4c3b-2a1f-4e0d-9c8b-7a6f5e4d3c2b',
    fixed_address: '10.0.0.12',
    network_id: '7f6e5d4c-3b2a-4f1e-8d9c-8b7a6f5e4d3c',
    created: '2026-02-12T09:14:23Z',
  },
  Quotas: {
    instances: { limit: 10, used: 2 },
    cores: { limit: 20, used: 3 },
    ram_mb: { limit: 51_200, used: 6144 },
    key_pairs: { limit: 100, used: 1 },
    server_groups: unused(10),
    floating_ips: { limit: 50, used: 1 },
    security_groups: { limit: 10, used: 3 },
    networks: { limit: 100, used: 1 },
    ports: { limit: 500, used: 4 },
    volumes: { limit: 10, used: 2 },
    gigabytes: { limit: 1000, used: 60 },
    snapshots: unused(10),
  },
  Hypervisor: {
    id: '1',
    hostname: 'compute-1',
    type: 'QEMU',
    state: 'up',
    status: 'enabled',
    vcpus: 64,
    vcpus_used: 12,
    memory_mb: 262_144,
    memory_mb_used: 49_152,
    running_instances: 9,
  },
  KeyPair: KEYPAIR,
  CreatedKeyPair: KEYPAIR,
  NewKeyPair: { name: KEYPAIR.name, public_key: KEYPAIR.public_key },
  SecurityGroup: SECURITY_GROUP,
  NewSecurityGroup: { name: 'web-servers', description: 'Port 443 from anywhere' },
  SecurityGroupChange: { name: 'web' },
  SecurityGroupRule: RULE,
  NewSecurityGroupRule: { direction: 'ingress', protocol: 'tcp', port: 443, cidr: '0.0.0.0/0' },
  ServerGroup: SERVER_GROUP,
  NewServerGroup: { name: SERVER_GROUP.name, policy: SERVER_GROUP.policy },
  Volume: VOLUME,
  NewVolume: { name: VOLUME.name, size_gb: VOLUME.size_gb },
  VolumeChange: { description: 'Database of the web shop' },
  VolumeAction: { action: 'extend', size_gb: 40 },
  VolumeSnapshot: VOLUME_SNAPSHOT,
  NewVolumeSnapshot: { name: VOLUME_SNAPSHOT.name, volume_id: VOLUME.id },
  NewVolumeAttachment: { volume_id: VOLUME.id },
  Accepted: {},
  SelfServiceKey: {
    name: 'laptop',
    scopes: ['instances:read'],
    credentials: { username: 'jane', password: 'correct horse battery staple', project_name: 'web' },
  },
  ApiKey: API_KEY,
  NewApiKey: { ...API_KEY, key: KEY_TEXT },
  Rotation: { overlap_seconds: 3600 },
  AdminRotation: { overlap_seconds: 3600 },
  NewKey: { name: 'first customer', project_id: PROJECT, scopes: ['instances:read'] },
  KeyChange: { plan: 'gold', allowed_cidrs: ['192.0.2.0/24'] },
  Usage: {
    start: '2026-03-01T10:00:00.000Z',
    project_id: '3f1c5d0e8b7a4c2d9e6f1a2b3c4d5e6f',
    key_id: '7k3m9q2x8w4t6r1p',
    requests: 128,
    points: 140,
    client_errors: 3,
    server_errors: 0,
  },
  AuditRecord: {
    sequence: 1,
    at: '2026-02-12T09:00:00.000Z',
    actor: 'admin',
    action: 'key.create',
    key_id: KEY_ID,
    address: '192.0.2.7',
    request_id: 'req-1f0e9d8c-7b6a-4f5e-8d4c-3b2a1f0e9d8c',
    detail:
      '"laptop": application_credential in project 719015812e824d5b874b4190dde8f43c, instances:read, plan default',
  },
  ReconcileRun: {
    id: '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11',
    started_by: 'schedule',
    node: 'gateway-1',
    state: 'completed',
    started_at: '2026-02-12T09:00:00.000Z',
    finished_at: '2026-02-12T09:00:04.120Z',
    projects: 12,
    skipped: 1,
    failed: 0,
    released: 2,
    error: null,
  },
  OperatorHealth: {
    status: 'ok',
    secret: 'ok',
    schema: 'ok',
    store: 'ok',
    redis: 'ok',
    cloud: 'ok',
    version: '0.2.0',
    latency_ms: { store: 1.2, redis: 0.4, cloud: 14.8 },
    nodes: [NODE],
  },
  GatewayNode: NODE,
  LegacyNewInstance: { name: 'web-server-01', flavor: 'm1.medium', image: WEB.image_id, is_public: true },
  LegacyCreated: { message: 'Instance creation started' },
  LegacyKeyPair: { keypair: LEGACY_KEYPAIR },
  LegacyCreatedKeyPair: { keypair: LEGACY_KEYPAIR },
  LegacyNewKeyPair: { name: KEYPAIR.name, publicKey: KEYPAIR.public_key },
  Health: { status: 'ok', version: '0.2.0' },
  Readiness: { status: 'ok', secret: 'ok', schema: 'ok', store: 'ok', cloud: 'ok' },
};
