import type { REDU_ERRORS } from '../dialects/redu/errors.ts';
import { CREATED_INSTANCE, TOOL_CONFIG_EXAMPLE } from './examples.ts';
import type { RouteName } from './routes.ts';

export interface RouteText {
  /** `operationId`, which generators use as the name of a function. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** Replaces the example of the response's schema. */
  readonly responseExample?: unknown;
}

const EVENTS =
  'Server-sent events: `ready`, `reset` (events were missed; reload the list), `instance.created`, `instance.state_changed`, `instance.updated`, `instance.deleted`. `Last-Event-ID` resumes after that event.';

/** Texts of every route; the compiler rejects a missing and a surplus one. */
export const TEXTS: Readonly<Record<RouteName, RouteText>> = {
  'GET /v1/regions': {
    id: 'listRegions',
    summary: 'List the regions that are served, with the services of each',
    description: 'Those that the key may use. Every path is also below `/regions/{name}`, for that region.',
  },
  'GET /v1/config': {
    id: 'getConfig',
    summary: 'Get the configuration of a tool for this key',
    description:
      'With `<SECRET>` in the place of the key, which is not stored. 501 where the cloud lacks what the tool needs.',
    responseExample: TOOL_CONFIG_EXAMPLE,
  },
  'GET /v1/me': { id: 'getMe', summary: 'Get the current identity, scopes and regions' },
  'GET /v1/instances': {
    id: 'listInstances',
    summary: 'List instances',
    description: 'A bare array, newest first. With `limit`, one page and a `Link` to the next.',
  },
  'POST /v1/instances': {
    id: 'createInstance',
    summary: 'Create an instance',
    description: 'With `metadata.isPublic` a floating IP is allocated; the response contains it.',
    responseExample: CREATED_INSTANCE,
  },
  'GET /v1/instances/{id}': { id: 'getInstance', summary: 'Get an instance' },
  'PATCH /v1/instances/{id}': {
    id: 'updateInstance',
    summary: 'Update the name, metadata or access of an instance',
    description: 'Metadata is merged; null removes an item.',
  },
  'PUT /v1/instances/{id}/tags': { id: 'setInstanceTags', summary: 'Replace the tags of an instance' },
  'DELETE /v1/instances/{id}': {
    id: 'deleteInstance',
    summary: 'Delete an instance',
    description: 'Also releases the floating IP and port that were created for it.',
  },
  'POST /v1/instances/{id}/actions': {
    id: 'actOnInstance',
    summary: 'Run an action: start, stop, reboot, resize, rebuild, snapshot ...',
  },
  'GET /v1/instances/{id}/actions': {
    id: 'listInstanceActions',
    summary: 'List what was done with an instance, newest first',
    description: 'Of a deleted instance too, as long as the cloud has its history.',
  },
  'GET /v1/instances/{id}/console_log': {
    id: 'getConsoleLog',
    summary: 'Get the last lines of an instance’s console output',
  },
  'POST /v1/instances/{id}/console': {
    id: 'openConsole',
    summary: 'Open the screen of an instance: a URL with a token that expires',
  },
  'GET /v1/instances/{id}/networks': {
    id: 'listInstanceNetworks',
    summary: 'List the networks of an instance, with port and addresses',
  },
  'POST /v1/instances/{id}/networks': {
    id: 'attachNetwork',
    summary: 'Attach a network or a port to an instance',
  },
  'DELETE /v1/instances/{id}/networks/{port_id}': {
    id: 'detachNetwork',
    summary: 'Detach a network from an instance',
    description: 'What `isPublic` allocated on it is released; other floating IPs are disassociated.',
  },
  'GET /v1/events': {
    id: 'listen',
    summary: 'Stream changes of the project’s instances',
    description: EVENTS,
  },
  'GET /v1/instances/{id}/events': {
    id: 'listenToInstance',
    summary: 'Stream changes of one instance until it is deleted',
    description: EVENTS,
  },
  'GET /v1/flavors': { id: 'listFlavors', summary: 'List flavors' },
  'GET /v1/flavors/{id}': { id: 'getFlavor', summary: 'Get a flavor, unlisted ones of instances too' },
  'GET /v1/images': { id: 'listImages', summary: 'List images' },
  'POST /v1/images': {
    id: 'createImage',
    summary: 'Create an image without data',
    description: 'Its status is `queued` until its data is uploaded.',
  },
  'GET /v1/images/{id}': { id: 'getImage', summary: 'Get an image' },
  'PATCH /v1/images/{id}': { id: 'updateImage', summary: 'Change name, visibility or tags of an image' },
  'DELETE /v1/images/{id}': { id: 'deleteImage', summary: 'Delete an image' },
  'PUT /v1/images/{id}/file': {
    id: 'uploadImage',
    summary: 'Upload the data of a queued image',
    description: 'Streamed, of any size.',
  },
  'GET /v1/networks': { id: 'listNetworks', summary: 'List networks' },
  'POST /v1/networks': {
    id: 'createNetwork',
    summary: 'Create a network with a subnet, connected to a router',
  },
  'GET /v1/networks/{id}': { id: 'getNetwork', summary: 'Get a network with its subnets' },
  'DELETE /v1/networks/{id}': {
    id: 'deleteNetwork',
    summary: 'Delete a network with its subnets and its connection to the router',
  },
  'GET /v1/availability_zones': { id: 'listAvailabilityZones', summary: 'List availability zones' },
  'GET /v1/floating_ips': { id: 'listFloatingIps', summary: 'List floating IPs' },
  'POST /v1/floating_ips': {
    id: 'createFloatingIp',
    summary: 'Allocate a floating IP, for an instance or for later',
    description: 'It survives its instance.',
  },
  'GET /v1/floating_ips/{id}': { id: 'getFloatingIp', summary: 'Get a floating IP' },
  'PATCH /v1/floating_ips/{id}': {
    id: 'updateFloatingIp',
    summary: 'Move a floating IP to another instance, or disassociate it',
    description: 'One that `isPublic` allocated survives its instance from then on.',
  },
  'DELETE /v1/floating_ips/{id}': { id: 'deleteFloatingIp', summary: 'Release a floating IP' },
  'GET /v1/quotas': { id: 'getQuotas', summary: 'Get quotas and usage' },
  'GET /v1/hypervisors': { id: 'listHypervisors', summary: 'List hypervisors' },
  'GET /v1/keypairs': { id: 'listKeyPairs', summary: 'List key pairs' },
  'POST /v1/keypairs': {
    id: 'createKeyPair',
    summary: 'Import or generate a key pair',
    description: 'Without `public_key` a pair is generated; only this response contains the private key.',
  },
  'GET /v1/keypairs/{name}': { id: 'getKeyPair', summary: 'Get a key pair' },
  'DELETE /v1/keypairs/{name}': { id: 'deleteKeyPair', summary: 'Delete a key pair' },
  'GET /v1/security_groups': { id: 'listSecurityGroups', summary: 'List security groups with their rules' },
  'POST /v1/security_groups': { id: 'createSecurityGroup', summary: 'Create a security group' },
  'GET /v1/security_groups/{id}': { id: 'getSecurityGroup', summary: 'Get a security group' },
  'PATCH /v1/security_groups/{id}': {
    id: 'updateSecurityGroup',
    summary: 'Change name or description of a security group',
  },
  'PUT /v1/instances/{id}/security_groups/{group_id}': {
    id: 'attachSecurityGroup',
    summary: 'Attach a security group to an instance',
    description: 'To all its ports; idempotent.',
  },
  'DELETE /v1/instances/{id}/security_groups/{group_id}': {
    id: 'detachSecurityGroup',
    summary: 'Detach a security group from an instance',
  },
  'DELETE /v1/security_groups/{id}': { id: 'deleteSecurityGroup', summary: 'Delete a security group' },
  'POST /v1/security_groups/{id}/rules': {
    id: 'createSecurityGroupRule',
    summary: 'Add a rule to a security group',
  },
  'DELETE /v1/security_groups/{id}/rules/{rule_id}': {
    id: 'deleteSecurityGroupRule',
    summary: 'Remove a rule from a security group',
  },
  'GET /v1/server_groups': { id: 'listServerGroups', summary: 'List server groups' },
  'POST /v1/server_groups': { id: 'createServerGroup', summary: 'Create a server group' },
  'GET /v1/server_groups/{id}': { id: 'getServerGroup', summary: 'Get a server group' },
  'GET /v1/volumes': { id: 'listVolumes', summary: 'List volumes' },
  'POST /v1/volumes': {
    id: 'createVolume',
    summary: 'Create a volume',
    description: 'Empty, or from an image or a snapshot. Accepted: wait for the status available.',
  },
  'GET /v1/volumes/{id}': { id: 'getVolume', summary: 'Get a volume' },
  'PATCH /v1/volumes/{id}': {
    id: 'updateVolume',
    summary: 'Update the name or description of a volume',
  },
  'DELETE /v1/volumes/{id}': {
    id: 'deleteVolume',
    summary: 'Delete a volume',
    description: 'Refused while it is attached or has snapshots.',
  },
  'POST /v1/volumes/{id}/actions': { id: 'actOnVolume', summary: 'Extend a volume' },
  'GET /v1/volume_snapshots': { id: 'listVolumeSnapshots', summary: 'List snapshots of volumes' },
  'POST /v1/volume_snapshots': {
    id: 'createVolumeSnapshot',
    summary: 'Create a snapshot of a volume',
    description: 'Of an attached volume too, as after a power failure.',
  },
  'GET /v1/volume_snapshots/{id}': { id: 'getVolumeSnapshot', summary: 'Get a snapshot of a volume' },
  'DELETE /v1/volume_snapshots/{id}': {
    id: 'deleteVolumeSnapshot',
    summary: 'Delete a snapshot of a volume',
  },
  'POST /v1/instances/{id}/volumes': {
    id: 'attachVolume',
    summary: 'Attach a volume to an instance',
    description: 'Accepted: the instance lists the volume with its device.',
  },
  'DELETE /v1/instances/{id}/volumes/{volume_id}': {
    id: 'detachVolume',
    summary: 'Detach a volume from an instance',
    description: 'Accepted: wait for the status available of the volume.',
  },
  'DELETE /v1/server_groups/{id}': { id: 'deleteServerGroup', summary: 'Delete a server group' },
  'POST /v1/api_keys': {
    id: 'signUp',
    summary: 'Create an API key from credentials of the cloud',
    description: 'Needs no API key. Only this response contains the key’s text.',
  },
  'GET /v1/api_keys': { id: 'listApiKeys', summary: 'List API keys of the same user and project' },
  'GET /v1/api_keys/{id}': { id: 'getApiKey', summary: 'Get an API key' },
  'DELETE /v1/api_keys/{id}': { id: 'revokeApiKey', summary: 'Revoke an API key permanently' },
  'POST /v1/api_keys/{id}/rotate': {
    id: 'rotateApiKey',
    summary: 'Replace an API key with a new one of the same rights',
  },
  'GET /cloud/v1/me': { id: 'legacyGetMe', summary: 'Same as GET /v1/me' },
  'GET /cloud/v1/compute/instances/list': { id: 'legacyListInstances', summary: 'Same as GET /v1/instances' },
  'POST /cloud/v1/compute/instances/create': {
    id: 'legacyCreateInstance',
    summary: 'Create an instance with the legacy body',
  },
  'GET /cloud/v1/compute/keypairs': { id: 'legacyListKeyPairs', summary: 'List key pairs in Nova’s format' },
  'POST /cloud/v1/compute/keypairs': { id: 'legacyCreateKeyPair', summary: 'Import or generate a key pair' },
  'GET /cloud/v1/network/security_groups/list': {
    id: 'legacyListSecurityGroups',
    summary: 'List security groups in Neutron’s format',
  },
  'POST /admin/v1/keys': {
    id: 'adminCreateKey',
    summary: 'Create an API key',
    description: 'From a customer’s application credential, or for a project.',
  },
  'GET /admin/v1/keys': {
    id: 'adminListKeys',
    summary: 'List all API keys, or search them',
    description: 'Also as CSV.',
  },
  'GET /admin/v1/keys/{id}': { id: 'adminGetKey', summary: 'Get an API key' },
  'PATCH /admin/v1/keys/{id}': { id: 'adminUpdateKey', summary: 'Update an API key' },
  'DELETE /admin/v1/keys/{id}': {
    id: 'adminRevokeKey',
    summary: 'Revoke an API key permanently',
    description: 'With `family=true` also all its predecessors and successors.',
  },
  'POST /admin/v1/keys/{id}/rotate': {
    id: 'adminRotateKey',
    summary: 'Replace an API key with a new one of the same rights',
  },
  'GET /v1/usage': {
    id: 'getUsage',
    summary: 'List requests, points and errors of the project, by hour or day',
    description: 'Of each key, or with `group_by=project` of all keys together. Also as CSV.',
  },
  'GET /admin/v1/usage': {
    id: 'adminListUsage',
    summary: 'List requests, points and errors by project, key, and hour or day',
    description: 'Ordered by time, project and key. Also as CSV.',
  },
  'GET /admin/v1/audit': {
    id: 'adminListAudit',
    summary: 'List audit records, newest first',
    description: 'Also as CSV.',
  },
  'GET /admin/v1/health': {
    id: 'adminGetHealth',
    summary: 'Get the health of all gateways and of what they share',
    description:
      'Always 200. Cache and upstream figures of other nodes are as of their last heartbeat, every 20 seconds.',
  },
  'GET /admin/v1/reconcile_runs': {
    id: 'adminListReconcileRuns',
    summary: 'List runs of reconcile, newest first',
  },
  'GET /healthz': { id: 'health', summary: 'Liveness' },
  'GET /readyz': { id: 'ready', summary: 'Readiness, with the state of each dependency' },
  'GET /metrics': { id: 'metrics', summary: 'Metrics for Prometheus' },
};

type ReduCode = (typeof REDU_ERRORS)[keyof typeof REDU_ERRORS]['code'];

/** What an error means, and the message of its example. */
export const ERROR_TEXTS: Readonly<Record<ReduCode, readonly [description: string, message: string]>> = {
  badRequest: [
    'A field, parameter, body or `Host` is invalid, or a field refers to a resource that does not exist.',
    'name: must not be empty',
  ],
  unauthorized: ['The API key is missing or invalid.', 'Invalid API key'],
  forbidden: [
    'The key lacks a scope, its user lost access to the project, or the cloud’s policy denies it.',
    'This API key lacks the scope "instances:write".',
  ],
  itemNotFound: ['No such path, or no such resource in this project.', 'There is no such instance.'],
  methodNotAllowed: [
    'The path does not support this method.',
    'Method POST is not allowed here; allowed: GET, HEAD.',
  ],
  conflictingRequest: [
    'The resource’s state does not allow it now, or it is in use, locked, or exists already.',
    'The instance is locked.',
  ],
  preconditionFailed: [
    '`If-Match` or `If-None-Match` does not match the current resource; nothing was changed.',
    'The resource is not as If-Match requires: get it again, and send the ETag of that response.',
  ],
  entityTooLarge: [
    'The project’s quota is exhausted, or the body is too large.',
    'Quota exceeded for instances.',
  ],
  requestTimeout: ['The request was not received in time.', 'The request took too long to arrive.'],
  expectationFailed: [
    'The request has an `Expect` other than `100-continue`.',
    'The only expectation that is met is 100-continue.',
  ],
  requestHeaderFieldsTooLarge: [
    'Request line and headers are larger than 16 KiB.',
    'The request line and headers are larger than 16384 bytes; send fewer or shorter ones.',
  ],
  badMediaType: [
    'The body is not JSON in UTF-8, or is compressed.',
    'Send the body as Content-Type: application/json.',
  ],
  overLimit: [
    'Too many requests; retry after `Retry-After` seconds.',
    'Too many requests: the plan "default" admits 600 points in 60 seconds, and this request costs 1.',
  ],
  internalError: ['An internal error of the gateway.', 'The gateway failed.'],
  notImplemented: ['The cloud behind the gateway does not support this.', 'This cloud has no server groups.'],
  badGateway: ['The cloud failed, or returned an invalid response.', 'The cloud failed.'],
  serviceUnavailable: [
    'The cloud cannot be reached; retry after `Retry-After` seconds.',
    'The cloud cannot be reached.',
  ],
  gatewayTimeout: ['The cloud did not respond in time.', 'The cloud did not respond in time.'],
};
