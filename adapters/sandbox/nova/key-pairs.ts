/** @module Key pairs. They belong to a user, not to a project. */

import { empty, type Fields, json } from '../http.ts';
import { microseconds } from '../timeline.ts';
import { bodyOf, inner, limitOf, type NovaCall, pageLinks, pageOf } from './call.ts';
import { badRequest, conflict, disallowed, notFound, novaFault } from './faults.ts';
import { type KeyPair, newKeyPair } from './model.ts';
import { computeQuota } from './quotas.ts';
import { createKeyPairSchema } from './schemas.ts';
import { fingerprintOf, generateKeyPair } from './ssh-key.ts';
import { certificateFingerprint, generateCertificate } from './x509.ts';

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** GET /os-keypairs; pages from 2.35 on. */
export function listKeyPairs(call: NovaCall): Response {
  const { query, minor } = call;
  const own = pairsOf(call, owner(call, query.get('user_id'), 'index')).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  if (minor < 35) return json(200, { keypairs: own.map((pair) => ({ keypair: view(call, pair) })) });
  limitOf(query);
  const page = pageOf(own, query, (pair) => pair.name);
  if (!page) throw badRequest(`Marker ${query.get('marker')} could not be found.`);
  const keypairs = page.map((pair) => ({ keypair: view(call, pair) }));
  return json(200, { keypairs, ...pageLinks(call, 'keypairs', page, page.at(-1)?.name) });
}

/** GET /os-keypairs/{name} */
export function showKeyPair(call: NovaCall, name: string): Response {
  const pair = findKeyPair(call, name, 'show');
  const keypair = {
    ...view(call, pair),
    user_id: pair.userId,
    created_at: microseconds(pair.createdAt),
    deleted: false,
    deleted_at: null,
    id: pair.serial,
    updated_at: null,
  };
  return json(200, { keypair });
}

/** POST /os-keypairs: imports the given public key, or makes a pair and shows the private key this once. */
export async function createKeyPair(call: NovaCall): Promise<Response> {
  const given = inner(bodyOf(call, createKeyPairSchema(call.minor)), 'keypair');
  const name = String(given.name);
  const allowed = call.minor >= 92 ? /^[\w\-. @]+$/ : /^[\w\- ]+$/;
  if (!allowed.test(name)) {
    const reason = `Only expected characters: [${call.minor >= 92 ? '@._- ' : '_- '}${LETTERS}]`;
    throw badRequest(`An invalid 'name' value was provided. The name must be: ${reason}`);
  }
  const userId = owner(call, typeof given.user_id === 'string' ? given.user_id : null, 'create');
  const { cloud } = call;
  const type = String(given.type ?? 'ssh');
  const generate = () =>
    type === 'x509' ? generateCertificate(userId, cloud.timeline.now()) : generateKeyPair();
  const made = given.public_key === undefined ? await generate() : undefined;
  const publicKey = made?.publicKey ?? String(given.public_key);
  const fingerprint = type === 'x509' ? await certificateFingerprint(publicKey) : fingerprintOf(publicKey);
  if (fingerprint === undefined) {
    const kind =
      type === 'x509' ? 'X509 fingerprint. Error message: Unable to load PEM file.' : 'fingerprint';
    throw badRequest(`Keypair data is invalid: failed to generate ${kind}`);
  }
  const own = pairsOf(call, userId);
  if (own.length >= computeQuota(cloud, call.principal.projectId).key_pairs) {
    throw novaFault(403, 'Quota exceeded, too many key pairs.');
  }
  if (own.some((pair) => pair.name === name)) throw conflict(`Key pair '${name}' already exists.`);
  const pair = newKeyPair(
    cloud.compute,
    { userId, name, publicKey, fingerprint, type },
    cloud.timeline.now(),
  );
  cloud.compute.keyPairs.push(pair);
  const secret = made && { private_key: made.privateKey };
  return json(call.minor >= 2 ? 201 : 200, { keypair: { ...secret, ...view(call, pair), user_id: userId } });
}

/** DELETE /os-keypairs/{name} */
export function deleteKeyPair(call: NovaCall, name: string): Response {
  const pair = findKeyPair(call, name, 'delete');
  call.cloud.compute.keyPairs = call.cloud.compute.keyPairs.filter((other) => other !== pair);
  return empty(call.minor >= 2 ? 204 : 202, { 'Content-Type': 'application/json' });
}

function owner(call: NovaCall, requested: string | null, action: string): string {
  if (requested === null || call.minor < 10 || requested === call.principal.userId)
    return call.principal.userId;
  if (!call.principal.isAdmin) throw disallowed(`os-keypairs:${action}`);
  return requested;
}

function pairsOf(call: NovaCall, userId: string): KeyPair[] {
  return call.cloud.compute.keyPairs.filter((pair) => pair.userId === userId);
}

function findKeyPair(call: NovaCall, name: string, action: string): KeyPair {
  const userId = owner(call, call.query.get('user_id'), action);
  const pair = pairsOf(call, userId).find((candidate) => candidate.name === name);
  if (!pair) throw notFound(`Keypair ${name} not found for user ${userId}`);
  return pair;
}

function view(call: NovaCall, pair: KeyPair): Fields {
  const { name, publicKey, fingerprint, type } = pair;
  return { name, public_key: publicKey, fingerprint, ...(call.minor >= 2 && { type }) };
}
