import type { REDU_ERRORS } from '../dialects/redu/errors.ts';
import * as example from './examples.ts';
import type { RouteName } from './routes.ts';

/** What is said of a route in words. */
export interface RouteText {
  /** `operationId`; what generators name a function by. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** An example of the body that is sent. */
  readonly requestExample?: unknown;
  /** An example of the answer. */
  readonly responseExample?: unknown;
}

const EVENTS =
  'Server-sent events: `ready`, `reset` (what was missed is not known: list again), `instance.created`, `instance.state_changed`, `instance.updated`, `instance.deleted`. `Last-Event-ID` goes on after the event with that id.';

/** Of every route there is: one without does not compile, nor does one too many. */
export const TEXTS: Readonly<Record<RouteName, RouteText>> = {
  'GET /v1/me': {
    id: 'getMe',
    summary: 'Whom the key stands for, and what it may do',
    responseExample: example.ME,
  },
  'GET /v1/instances': {
    id: 'listInstances',
    summary: 'List instances',
    description:
      'A bare array, newest first: all of them, or with `limit` a part and a `Link` to the next one.',
    responseExample: example.INSTANCES,
  },
  'POST /v1/instances': {
    id: 'createInstance',
    summary: 'Create an instance',
    description: 'With `metadata.isPublic` it gets a floating IP, which the answer has already.',
    requestExample: example.NEW_INSTANCE,
    responseExample: example.CREATED_INSTANCE,
  },
  'GET /v1/instances/{id}': {
    id: 'getInstance',
    summary: 'Show an instance',
    responseExample: example.INSTANCE,
  },
  'PATCH /v1/instances/{id}': {
    id: 'updateInstance',
    summary: 'Rename an instance, or change its metadata and access',
    description: 'Metadata is merged; null removes an item.',
    requestExample: { metadata: { isPublic: true, enableSSH: true } },
    responseExample: example.INSTANCE,
  },
  'DELETE /v1/instances/{id}': {
    id: 'deleteInstance',
    summary: 'Delete an instance',
    description: 'With what was made for its public access.',
  },
  'POST /v1/instances/{id}/actions': {
    id: 'actOnInstance',
    summary: 'Start, stop, reboot, resize, rebuild, snapshot ...',
    requestExample: { action: 'reboot', type: 'soft' },
    responseExample: {},
  },
  'GET /v1/events': {
    id: 'listen',
    summary: 'What happens to the instances of the project',
    description: EVENTS,
    responseExample: example.EVENTS,
  },
  'GET /v1/instances/{id}/events': {
    id: 'listenToInstance',
    summary: 'What happens to one instance, until it is deleted',
    description: EVENTS,
    responseExample: example.EVENTS,
  },
  'GET /v1/flavors': {
    id: 'listFlavors',
    summary: 'List flavors',
    responseExample: example.page(example.FLAVOR),
  },
  'GET /v1/images': {
    id: 'listImages',
    summary: 'List images',
    responseExample: example.page(example.IMAGE),
  },
  'GET /v1/networks': {
    id: 'listNetworks',
    summary: 'List networks',
    responseExample: example.page(example.NETWORK),
  },
  'GET /v1/availability_zones': {
    id: 'listAvailabilityZones',
    summary: 'List availability zones',
    responseExample: example.page({ name: 'nova', available: true }),
  },
  'GET /v1/floating_ips': {
    id: 'listFloatingIps',
    summary: 'List floating IPs',
    responseExample: example.page(example.FLOATING_IP),
  },
  'GET /v1/quotas': {
    id: 'getQuotas',
    summary: 'The project’s ceilings, and how much of each is used',
    responseExample: example.QUOTAS,
  },
  'GET /v1/hypervisors': {
    id: 'listHypervisors',
    summary: 'List hypervisors',
    responseExample: example.page(example.HYPERVISOR),
  },
  'GET /v1/keypairs': {
    id: 'listKeyPairs',
    summary: 'List key pairs',
    responseExample: example.page(example.KEYPAIR),
  },
  'POST /v1/keypairs': {
    id: 'createKeyPair',
    summary: 'Import a key pair, or have one made',
    description: 'Without `public_key` the answer has the private one, this once.',
    requestExample: { name: example.KEYPAIR.name, public_key: example.KEYPAIR.public_key },
    responseExample: example.KEYPAIR,
  },
  'GET /v1/keypairs/{name}': {
    id: 'getKeyPair',
    summary: 'Show a key pair',
    responseExample: example.KEYPAIR,
  },
  'DELETE /v1/keypairs/{name}': { id: 'deleteKeyPair', summary: 'Delete a key pair' },
  'GET /v1/security_groups': {
    id: 'listSecurityGroups',
    summary: 'List security groups with their rules',
    responseExample: example.page(example.SECURITY_GROUP),
  },
  'POST /v1/security_groups': {
    id: 'createSecurityGroup',
    summary: 'Create a security group',
    requestExample: { name: 'web-servers', description: 'Port 443 from anywhere' },
    responseExample: example.SECURITY_GROUP,
  },
  'GET /v1/security_groups/{id}': {
    id: 'getSecurityGroup',
    summary: 'Show a security group',
    responseExample: example.SECURITY_GROUP,
  },
  'DELETE /v1/security_groups/{id}': { id: 'deleteSecurityGroup', summary: 'Delete a security group' },
  'POST /v1/security_groups/{id}/rules': {
    id: 'createSecurityGroupRule',
    summary: 'Add a rule to a security group',
    requestExample: { direction: 'ingress', protocol: 'tcp', port: 443, cidr: '0.0.0.0/0' },
    responseExample: example.RULE,
  },
  'DELETE /v1/security_groups/{id}/rules/{rule_id}': {
    id: 'deleteSecurityGroupRule',
    summary: 'Delete a rule of a security group',
  },
  'GET /v1/server_groups': {
    id: 'listServerGroups',
    summary: 'List server groups',
    responseExample: example.page(example.SERVER_GROUP),
  },
  'POST /v1/server_groups': {
    id: 'createServerGroup',
    summary: 'Create a server group',
    requestExample: { name: example.SERVER_GROUP.name, policy: example.SERVER_GROUP.policy },
    responseExample: example.SERVER_GROUP,
  },
  'GET /v1/server_groups/{id}': {
    id: 'getServerGroup',
    summary: 'Show a server group',
    responseExample: example.SERVER_GROUP,
  },
  'DELETE /v1/server_groups/{id}': { id: 'deleteServerGroup', summary: 'Delete a server group' },
  'POST /v1/api_keys': {
    id: 'signUp',
    summary: 'Get an API key for credentials of the cloud',
    description: 'The only request without a key. The answer has the key’s text, this once.',
    requestExample: example.SIGN_UP,
    responseExample: { ...example.API_KEY, key: example.KEY_TEXT },
  },
  'GET /v1/api_keys': {
    id: 'listApiKeys',
    summary: 'List the keys of the same user in the same project',
    responseExample: example.page(example.API_KEY),
  },
  'GET /v1/api_keys/{id}': { id: 'getApiKey', summary: 'Show a key', responseExample: example.API_KEY },
  'DELETE /v1/api_keys/{id}': { id: 'revokeApiKey', summary: 'Revoke a key, for ever' },
  'POST /v1/api_keys/{id}/rotate': {
    id: 'rotateApiKey',
    summary: 'Replace a key by a new one with the same rights',
    requestExample: { overlap_seconds: 3600 },
    responseExample: { ...example.API_KEY, key: example.KEY_TEXT },
  },
  'GET /cloud/v1/me': { id: 'legacyGetMe', summary: 'As GET /v1/me', responseExample: example.ME },
  'GET /cloud/v1/compute/instances/list': {
    id: 'legacyListInstances',
    summary: 'As GET /v1/instances',
    responseExample: example.INSTANCES,
  },
  'POST /cloud/v1/compute/instances/create': {
    id: 'legacyCreateInstance',
    summary: 'Create an instance, with the older body',
    requestExample: {
      name: 'web-server-01',
      flavor: 'm1.medium',
      image: 'ubuntu-22.04-amd64',
      is_public: true,
    },
    responseExample: { message: 'Instance creation started' },
  },
  'GET /cloud/v1/compute/keypairs': {
    id: 'legacyListKeyPairs',
    summary: 'List key pairs, as Nova prints them',
    responseExample: [{ keypair: example.KEYPAIR }],
  },
  'POST /cloud/v1/compute/keypairs': {
    id: 'legacyCreateKeyPair',
    summary: 'Import a key pair, or have one made',
    requestExample: { name: example.KEYPAIR.name, publicKey: example.KEYPAIR.public_key },
    responseExample: { keypair: example.KEYPAIR },
  },
  'GET /cloud/v1/network/security_groups/list': {
    id: 'legacyListSecurityGroups',
    summary: 'List security groups, as Neutron prints them',
  },
  'POST /admin/v1/keys': {
    id: 'adminCreateKey',
    summary: 'Issue a key',
    description: 'For a customer’s application credential, or for a project.',
    requestExample: { name: 'first customer', project_id: example.PROJECT, scopes: ['instances:read'] },
    responseExample: { ...example.API_KEY, key: example.KEY_TEXT },
  },
  'GET /admin/v1/keys': {
    id: 'adminListKeys',
    summary: 'List all keys',
    responseExample: example.page(example.API_KEY),
  },
  'GET /admin/v1/keys/{id}': { id: 'adminGetKey', summary: 'Show a key', responseExample: example.API_KEY },
  'PATCH /admin/v1/keys/{id}': {
    id: 'adminUpdateKey',
    summary: 'Change a key',
    requestExample: { plan: 'gold', allowed_cidrs: ['192.0.2.0/24'] },
    responseExample: example.API_KEY,
  },
  'DELETE /admin/v1/keys/{id}': {
    id: 'adminRevokeKey',
    summary: 'Revoke a key, for ever',
    description: 'With `family=true` also those it was rotated from and to.',
  },
  'POST /admin/v1/keys/{id}/rotate': {
    id: 'adminRotateKey',
    summary: 'Replace a key by a new one with the same rights',
    requestExample: { overlap_seconds: 3600 },
    responseExample: { ...example.API_KEY, key: example.KEY_TEXT },
  },
  'GET /admin/v1/audit': {
    id: 'adminListAudit',
    summary: 'Who did what to which key, newest first',
    responseExample: example.page(example.AUDIT),
  },
  'GET /healthz': { id: 'health', summary: 'The process answers', responseExample: { status: 'ok' } },
  'GET /readyz': {
    id: 'ready',
    summary: 'What the gateway depends on answers too',
    responseExample: { status: 'ok', secret: 'ok', schema: 'ok', store: 'ok', cloud: 'ok' },
  },
  'GET /metrics': { id: 'metrics', summary: 'For Prometheus' },
};

type ReduCode = (typeof REDU_ERRORS)[keyof typeof REDU_ERRORS]['code'];

export const ERROR_TEXTS: Readonly<Record<ReduCode, { description: string; example: object }>> = {
  badRequest: {
    description: 'A field, a parameter or the body is wrong, or names something that does not exist.',
    example: {
      error: {
        code: 'badRequest',
        message: 'name: must not be empty',
        details: [{ field: 'name', message: 'must not be empty' }],
      },
    },
  },
  unauthorized: error('unauthorized', 'No key, or none that works.', 'Invalid API key'),
  forbidden: error(
    'forbidden',
    'The key lacks a scope, its user lost the project, or the cloud’s policy says no.',
    'This API key lacks the scope "instances:write".',
  ),
  itemNotFound: error(
    'itemNotFound',
    'No such path, or no such thing in this project.',
    'There is no such instance.',
  ),
  methodNotAllowed: error(
    'methodNotAllowed',
    'The path does not know this method.',
    'This path knows GET, HEAD.',
  ),
  conflictingRequest: error(
    'conflictingRequest',
    'The thing’s state does not allow it now, or it is in use, locked, or there already.',
    'The instance is locked.',
  ),
  preconditionFailed: error(
    'preconditionFailed',
    '`If-Match` or `If-None-Match` does not hold for the resource as it is; nothing was changed.',
    'The resource is not as If-Match requires: get it again, and send the ETag of that response.',
  ),
  entityTooLarge: error(
    'entityTooLarge',
    'The project’s quota is used up, or the body is too large.',
    'Quota exceeded for instances.',
  ),
  requestTimeout: error(
    'requestTimeout',
    'The request did not arrive in time.',
    'The request took too long to arrive.',
  ),
  expectationFailed: error(
    'expectationFailed',
    'The request has an `Expect` other than `100-continue`.',
    'The only expectation that is met is 100-continue.',
  ),
  requestHeaderFieldsTooLarge: error(
    'requestHeaderFieldsTooLarge',
    'Request line and headers are larger than 16 KiB.',
    'The request line and headers are larger than 16384 bytes; send fewer or shorter ones.',
  ),
  badMediaType: error(
    'badMediaType',
    'The body is not JSON in UTF-8, or is compressed.',
    'Send the body as Content-Type: application/json.',
  ),
  overLimit: error(
    'overLimit',
    'Too many requests; come back after `Retry-After` seconds.',
    'Too many requests: the plan "default" admits 600 points in 60 seconds, and this request costs 1.',
  ),
  internalError: error('internalError', 'A defect of the gateway.', 'The gateway failed.'),
  notImplemented: error(
    'notImplemented',
    'The cloud behind the gateway cannot do this at all.',
    'This cloud has no server groups.',
  ),
  badGateway: error(
    'badGateway',
    'The cloud failed, or answered something that makes no sense.',
    'The cloud failed.',
  ),
  serviceUnavailable: error(
    'serviceUnavailable',
    'The cloud cannot be reached; try again after `Retry-After` seconds.',
    'The cloud cannot be reached.',
  ),
  gatewayTimeout: error(
    'gatewayTimeout',
    'The cloud did not answer in time.',
    'The cloud did not answer in time.',
  ),
};

function error(code: ReduCode, description: string, message: string) {
  return { description, example: { error: { code, message } } };
}
