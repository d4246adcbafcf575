import { type BadRequest, ID, OTHER_ID, row } from './row.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Every path of the dialect and its methods. GET implies HEAD. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  '/v1/me': ['GET'],
  '/v1/instances': ['GET', 'POST'],
  [`/v1/instances/${ID}`]: ['GET', 'PATCH', 'DELETE'],
  [`/v1/instances/${ID}/tags`]: ['PUT'],
  [`/v1/instances/${ID}/actions`]: ['GET', 'POST'],
  [`/v1/instances/${ID}/console_log`]: ['GET'],
  [`/v1/instances/${ID}/console`]: ['POST'],
  '/v1/config': ['GET'],
  '/v1/regions': ['GET'],
  '/v1/flavors': ['GET'],
  '/v1/images': ['GET', 'POST'],
  [`/v1/images/${ID}`]: ['GET', 'PATCH', 'DELETE'],
  [`/v1/images/${ID}/file`]: ['PUT'],
  '/v1/networks': ['GET', 'POST'],
  [`/v1/networks/${ID}`]: ['GET', 'DELETE'],
  '/v1/availability_zones': ['GET'],
  '/v1/floating_ips': ['GET', 'POST'],
  [`/v1/floating_ips/${ID}`]: ['GET', 'PATCH', 'DELETE'],
  [`/v1/instances/${ID}/networks`]: ['GET', 'POST'],
  [`/v1/instances/${ID}/networks/${OTHER_ID}`]: ['DELETE'],
  '/v1/quotas': ['GET'],
  '/v1/hypervisors': ['GET'],
  '/v1/keypairs': ['GET', 'POST'],
  '/v1/keypairs/laptop': ['GET', 'DELETE'],
  '/v1/security_groups': ['GET', 'POST'],
  [`/v1/security_groups/${ID}`]: ['GET', 'PATCH', 'DELETE'],
  [`/v1/instances/${ID}/security_groups/${OTHER_ID}`]: ['PUT', 'DELETE'],
  [`/v1/security_groups/${ID}/rules`]: ['POST'],
  [`/v1/security_groups/${ID}/rules/${OTHER_ID}`]: ['DELETE'],
  '/v1/server_groups': ['GET', 'POST'],
  [`/v1/server_groups/${ID}`]: ['GET', 'DELETE'],
  '/v1/volumes': ['GET', 'POST'],
  [`/v1/volumes/${ID}`]: ['GET', 'PATCH', 'DELETE'],
  [`/v1/volumes/${ID}/actions`]: ['POST'],
  '/v1/volume_snapshots': ['GET', 'POST'],
  [`/v1/volume_snapshots/${ID}`]: ['GET', 'DELETE'],
  [`/v1/instances/${ID}/volumes`]: ['POST'],
  [`/v1/instances/${ID}/volumes/${OTHER_ID}`]: ['DELETE'],
  '/v1/api_keys': ['GET', 'POST'],
  '/v1/api_keys/{key id}': ['GET', 'DELETE'],
  '/v1/api_keys/{key id}/rotate': ['POST'],
  '/cloud/v1/me': ['GET'],
  '/cloud/v1/compute/instances/list': ['GET'],
  '/cloud/v1/compute/instances/create': ['POST'],
  '/cloud/v1/compute/keypairs': ['GET', 'POST'],
  '/cloud/v1/network/security_groups/list': ['GET'],
  '/': ['GET'],
  '/healthz': ['GET'],
  '/readyz': ['GET'],
  '/metrics': ['GET'],
};

export const METHOD_ROWS: readonly BadRequest[] = [
  ...Object.entries(PATHS).flatMap(([path, methods]) => {
    const allow = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
    return METHODS.filter((method) => !allow.includes(method)).map((method) =>
      row('method without a route', `${method} ${path}`, { status: 405, code: 'methodNotAllowed', allow }),
    );
  }),
  row('method without a route', 'PROPFIND /v1/instances', {
    status: 405,
    code: 'methodNotAllowed',
    allow: ['GET', 'HEAD', 'POST'],
  }),
];
