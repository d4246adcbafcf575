/**
 * Nova's key pairs for service keys: names are prefixed in requests, the prefix is removed from responses, and lists have the
 * project's own part of the account's.
 *
 * @module
 */

import * as z from 'zod';
import { ComputeError } from '../../compute/errors.ts';
import {
  assertKeyPairsLeft,
  keyPairPrefix,
  MAX_KEY_PAIRS,
  storedKeyPairName,
  tooManyKeyPairs,
} from '../../compute/service-key-pairs.ts';
import { bytesOf, type Fields, isFields, readJson } from './json-body.ts';
import type { ForwardedResponse, ForwardRequest } from './pass-through.ts';
import { withoutProject } from './permissions.ts';
import type { Target } from './target.ts';

type Send = (request: ForwardRequest) => Promise<ForwardedResponse>;

const pairSchema = z.looseObject({ keypair: z.looseObject({ name: z.string() }) });
const pageSchema = z.looseObject({
  keypairs: z.array(pairSchema),
  keypairs_links: z.array(z.object({ rel: z.string(), href: z.string() })).optional(),
});
type Pair = z.infer<typeof pairSchema>;

const BASE = '/v2.1/os-keypairs';
const PAGE = 1000;
const MAX_PAGES = 500;
const encoder = new TextEncoder();

/** Sends a request for `/os-keypairs`. The query of a single pair, which only administrators use, is left out. */
export async function forwardKeyPairs(
  target: Target,
  request: ForwardRequest,
  projectId: string,
  send: Send,
): Promise<ForwardedResponse> {
  const prefix = keyPairPrefix(projectId);
  const [, name, ...rest] = withoutProject('compute', target.segments);
  if (rest.length > 0) throw new ComputeError('not_found', 'The resource could not be found.');
  if (name !== undefined) {
    const path = `${BASE}/${encodeURIComponent(storedKeyPairName(name, prefix))}`;
    return send({ ...request, path });
  }
  if (request.method !== 'POST') return listed(target.query.get('marker'), request, prefix, send);
  const { name: stored, body } = newPair(request.body, prefix);
  const before = await ownPairs(request, prefix, send);
  if (before.pairs === null) return before.response;
  assertKeyPairsLeft(before.pairs.length);
  const created = await send({ ...request, path: BASE, body });
  if (created.status >= 300) return created;
  // Others may have been created meanwhile.
  const { pairs } = await ownPairs(request, prefix, send);
  if (pairs === null || pairs.length <= MAX_KEY_PAIRS) return created;
  await send({ ...request, method: 'DELETE', path: `${BASE}/${encodeURIComponent(stored)}`, body: null });
  throw tooManyKeyPairs();
}

/** The body with the stored name of the key pair that a part of it names: `server`, `rebuild`. */
export function withStoredKeyName(body: Fields, projectId: string): Fields | null {
  const naming = Object.entries(body).filter(([, part]) => isFields(part) && part.key_name != null);
  if (naming.length === 0) return null;
  const prefix = keyPairPrefix(projectId);
  const parts = naming.map(([member, part]) => {
    const { key_name: name } = part as Fields;
    if (typeof name !== 'string') throw ComputeError.field(`${member}.key_name`, 'must be a text');
    return [member, { ...(part as Fields), key_name: storedKeyPairName(name, prefix) }];
  });
  return { ...body, ...Object.fromEntries(parts) };
}

function newPair(body: ForwardRequest['body'], prefix: string) {
  const given = readJson(body);
  const pair = isFields(given) ? given.keypair : undefined;
  if (!isFields(given) || !isFields(pair) || typeof pair.name !== 'string' || pair.name === '')
    throw ComputeError.field('keypair.name', 'is required: a text');
  if (pair.name !== pair.name.trim())
    throw ComputeError.field('keypair.name', 'must not begin or end with a space');
  if (pair.user_id !== undefined)
    throw new ComputeError('forbidden', 'This API key makes key pairs of its own project only.');
  const name = storedKeyPairName(pair.name, prefix);
  return { name, body: encoder.encode(JSON.stringify({ ...given, keypair: { ...pair, name } })) };
}

/** All that is after `marker`: they are few, so no list is divided into pages. */
async function listed(
  marker: string | null,
  request: ForwardRequest,
  prefix: string,
  send: Send,
): Promise<ForwardedResponse> {
  const { pairs, response } = await ownPairs(request, prefix, send);
  if (pairs === null) return response;
  const start = marker === null ? 0 : pairs.findIndex(({ keypair }) => keypair.name === prefix + marker) + 1;
  if (marker !== null && start === 0)
    throw new ComputeError('invalid', `Marker ${marker} could not be found.`);
  const body =
    request.method === 'HEAD' ? null : encoder.encode(JSON.stringify({ keypairs: pairs.slice(start) }));
  return { ...response, body };
}

/** With their stored names; null: the response is a refusal. */
async function ownPairs(
  request: ForwardRequest,
  prefix: string,
  send: Send,
): Promise<{ readonly pairs: readonly Pair[] | null; readonly response: ForwardedResponse }> {
  const own: Pair[] = [];
  let query = `limit=${PAGE}`;
  for (let page = 0; page < MAX_PAGES; page++) {
    // Nova ignores both parameters before 2.35, and lists all.
    const response = await send({ ...request, method: 'GET', path: `${BASE}?${query}`, body: null });
    if (response.status !== 200) return { pairs: null, response };
    const listed = pageSchema.safeParse(readJson(await bytesOf(response)));
    if (!listed.success)
      throw new ComputeError('bad_gateway', 'The cloud returned an invalid response.', {
        cause: listed.error,
      });
    const { keypairs, keypairs_links: links = [] } = listed.data;
    own.push(...keypairs.filter(({ keypair }) => keypair.name.startsWith(prefix)));
    const last = keypairs.at(-1)?.keypair.name;
    if (last === undefined || !links.some(({ rel }) => rel === 'next')) return { pairs: own, response };
    query = `limit=${PAGE}&marker=${encodeURIComponent(last)}`;
  }
  throw new ComputeError('bad_gateway', "The cloud's pagination did not terminate.");
}
