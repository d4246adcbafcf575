import { parseKey } from '../../src/access/key-format.ts';
import { OpenStackClient } from './openstack-client.ts';

/** OpenStack's tools, as they see the gateway: with nothing but an API key, and the microversion that every cloud has. */
export function novaClient(url: string, key: string): OpenStackClient {
  return new OpenStackClient(fetch, `${url}/identity/v3`, { id: keyIdOf(key), secret: key }, '2.1');
}

export function keyIdOf(key: string): string {
  const parts = parseKey(key);
  if (parts === null) throw new Error('the test has no key');
  return parts.id;
}

/** A request to the gateway with whatever headers. */
export async function sendNova(
  url: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  body?: unknown,
) {
  const [method = '', path = ''] = target.split(' ');
  const response = await fetch(url + path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text,
  };
}

export type SignInBody = Readonly<Record<string, unknown>>;

/** The body of `POST /v3/auth/tokens`. */
export function byCredential(credential: object, scope?: object): SignInBody {
  return {
    auth: {
      identity: { methods: ['application_credential'], application_credential: credential },
      ...(scope && { scope }),
    },
  };
}

export function byPassword(user: object, scope?: object): SignInBody {
  return {
    auth: { identity: { methods: ['password'], password: { user } }, ...(scope && { scope }) },
  };
}
