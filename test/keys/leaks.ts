import { inspect } from 'node:util';
import type { UpstreamRequest } from '../../adapters/openstack/http/transport.ts';
import { parseKey } from '../../src/access/key-format.ts';
import type { StoredKey } from '../../src/access/key-store.ts';
import type { LoggedLine } from '../support/gateway.ts';

/** So much of a secret in a row counts as the secret. */
const FRAGMENT = 12;

/** What must not be anywhere, by what it is. */
export type Secrets = ReadonlyMap<string, string>;

/** Which of the secrets, or a telling part of them, `text` holds. */
export function leaks(text: string, secrets: Secrets): string[] {
  return [...secrets]
    .filter(([, secret]) => fragments(secret).some((part) => text.includes(part)))
    .map(([name]) => name);
}

function fragments(secret: string): string[] {
  if (secret.length <= FRAGMENT) return [secret];
  return Array.from({ length: secret.length - FRAGMENT + 1 }, (_, at) => secret.slice(at, at + FRAGMENT));
}

/** The half of a key that is secret; its checksum's last characters are shown. */
export function secretHalf(text: string): string {
  const secret = parseKey(text)?.secret;
  if (secret === undefined) throw new Error('no key');
  return secret;
}

/** Bytes in the encodings in which they may be printed. */
export function printed(name: string, bytes: Uint8Array): [string, string][] {
  const buffer = Buffer.from(bytes);
  return [
    [`${name} in hexadecimal`, buffer.toString('hex')],
    [`${name} in base64`, buffer.toString('base64').replaceAll('=', '')],
    [`${name} in base64url`, buffer.toString('base64url')],
    [`${name} as a list`, [...bytes].join(',')],
    [`${name} as a list for people`, [...bytes].join(', ')],
    [`${name} as an object`, JSON.stringify(bytes).slice(1, -1)],
  ];
}

/** The secrets of a row. */
export function secretsOf(key: StoredKey): [string, string][] {
  return [
    ...printed(`hash of ${key.name}`, key.secretHash),
    ...printed(`seal of ${key.name}`, key.sealedCredential),
  ];
}

/** The log with all that hangs on its errors: more than any logger writes. */
export function logText(lines: readonly LoggedLine[]): string {
  return lines
    .map(
      ({ event, fields, error }) =>
        `${event} ${JSON.stringify(fields)} ${inspect(error, { depth: 20, showHidden: true })}`,
    )
    .join('\n');
}

/**
 * Calls to the cloud without what belongs there: the token in its header, and the credentials in a sign-in.
 */
export function sentText(calls: readonly UpstreamRequest[]): string {
  return calls
    .map(({ method, url, headers, body }) => {
      const { 'x-auth-token': _, ...rest } = headers;
      const isSignIn = method === 'POST' && url.endsWith('/auth/tokens');
      return `${method} ${url} ${JSON.stringify(rest)} ${isSignIn ? '' : body}`;
    })
    .join('\n');
}
