import { upstreamCallsOf } from '../../src/dialects/redu/upstream-calls.ts';

const ROOTS: Readonly<Record<string, string>> = {
  'block-storage': '/volume/v3/[^/]+',
  compute: '/compute/v2.1',
  identity: '/identity/v3',
  image: '/image/v2',
  network: '/networking/v2.0',
};

/** Of `METHOD path` of the calls that a redu route may make to the sandbox. @param served `METHOD path`, as hono writes it. */
export function upstreamPatterns(served: string): RegExp[] {
  return upstreamRow(served).flatMap((text) => {
    const [service = '', methods = '', path = ''] = text.split(' ');
    const below = path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    return methods.split(',').map((method) => new RegExp(`^${method} ${ROOTS[service]}${below}$`));
  });
}

/** Service, methods and path below the version of each call. */
export function upstreamRow(served: string): readonly string[] {
  const [method = '', path = ''] = served.replaceAll(/:(\w+)/g, '{$1}').split(' ');
  return upstreamCallsOf({ method: method as 'GET', path: path as '/' }) ?? [];
}
