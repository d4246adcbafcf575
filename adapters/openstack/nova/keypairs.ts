import * as z from 'zod';
import type { Cloud } from '../../../src/compute/cloud.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import {
  type CreatedKeyPair,
  KEY_PAIR_TYPES,
  type KeyPair,
  type KeyPairType,
} from '../../../src/compute/model.ts';
import {
  assertKeyPairsLeft,
  keyPairPrefix,
  MAX_KEY_PAIRS,
  shownKeyPairName,
  storedKeyPairName,
  tooManyKeyPairs,
} from '../../../src/compute/service-key-pairs.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';
import { versionHeaders } from './microversion.ts';

const KeyPairBody = z.object({
  keypair: z.object({
    name: z.string(),
    public_key: z.string(),
    fingerprint: z.string(),
    private_key: z.string().nullish(),
    /** From 2.2 on. */
    type: z.enum(KEY_PAIR_TYPES).nullish(),
  }),
});

type KeyPairCalls = Pick<Cloud, 'listKeyPairs' | 'getKeyPair' | 'createKeyPair' | 'deleteKeyPair'>;

type Knows = (version: string) => Promise<boolean>;

/** Of the token's user. @param novaKnows Whether this Nova knows a microversion. */
export function userKeyPairs(nova: Service, novaKnows: Knows): KeyPairCalls {
  return {
    listKeyPairs: () => listKeyPairs(nova),
    getKeyPair: (name) => getKeyPair(nova, name),
    createKeyPair: (...wanted) => createKeyPair(nova, novaKnows, ...wanted),
    deleteKeyPair: (name) => deleteKeyPair(nova, name),
  };
}

/** The part of the account's key pairs that belongs to one project. */
export function serviceKeyPairs(account: KeyPairCalls, projectId: () => Promise<string>): KeyPairCalls {
  /** Nova's refusals name what was sent, and the account. */
  const named = async <T>(call: (stored: (name: string) => string, prefix: string) => Promise<T>) => {
    const prefix = keyPairPrefix(await projectId());
    try {
      return await call((name) => storedKeyPairName(name, prefix), prefix);
    } catch (error) {
      if (!(error instanceof ComputeError) || !error.message.includes(prefix)) throw error;
      const message =
        error.code === 'not_found' ? 'There is no such key pair.' : error.message.replaceAll(prefix, '');
      throw new ComputeError(error.code, message, { cause: error.cause });
    }
  };
  const shown = async <P extends KeyPair>(pair: P): Promise<P> => ({
    ...pair,
    name: shownKeyPairName(pair.name, await projectId()),
  });
  const listKeyPairs = () =>
    named(async (_, prefix) => {
      const all = await account.listKeyPairs();
      return Promise.all(all.filter(({ name }) => name.startsWith(prefix)).map(shown));
    });
  return {
    listKeyPairs,
    getKeyPair: (name) => named(async (stored) => shown(await account.getKeyPair(stored(name)))),
    createKeyPair: (name, publicKey, type) =>
      named(async (stored) => {
        const sent = stored(name);
        assertKeyPairsLeft((await listKeyPairs()).length);
        const created = await account.createKeyPair(sent, publicKey, type);
        // Others may have been created meanwhile.
        const count = (await listKeyPairs()).length;
        if (count <= MAX_KEY_PAIRS) return shown(created);
        await account.deleteKeyPair(sent);
        throw tooManyKeyPairs();
      }),
    deleteKeyPair: (name) => named((stored) => account.deleteKeyPair(stored(name))),
  };
}

async function listKeyPairs(nova: Service): Promise<KeyPair[]> {
  return (await allPages(nova, '/os-keypairs', 'keypairs', KeyPairBody)).map(keyPairFrom);
}

async function getKeyPair(nova: Service, name: string): Promise<KeyPair> {
  return keyPairFrom(await nova.get(pathOf(name), KeyPairBody));
}

/** The version from which on a name may have these; from it on Nova makes no keys itself. */
const WIDE_NAMES = '2.92';
const WIDE = /[@.]/;
/** The version from which on a key pair has a type. */
const TYPES = '2.2';

async function createKeyPair(
  nova: Service,
  novaKnows: Knows,
  name: string,
  publicKey: string | null,
  type: KeyPairType,
): Promise<CreatedKeyPair> {
  const isWide = WIDE.test(name);
  if (isWide && publicKey === null) throw ComputeError.field('name', 'with @ or . needs a public_key');
  if (isWide && !(await novaKnows(WIDE_NAMES)))
    throw ComputeError.field('name', 'must not have @ or . on this cloud: letters, digits, space, _ -');
  const isTyped = type !== 'ssh';
  if (isTyped && !(await novaKnows(TYPES))) {
    const message = `This cloud has no key pairs of type ${type}: its Nova is older than microversion ${TYPES}.`;
    throw new ComputeError('not_implemented', message);
  }
  const keypair = { name, ...(publicKey !== null && { public_key: publicKey }), ...(isTyped && { type }) };
  const headers = isWide ? versionHeaders(WIDE_NAMES) : {};
  const response = await nova.call('POST', '/os-keypairs', { body: { keypair }, headers });
  const body = nova.read(response, KeyPairBody);
  return { ...keyPairFrom(body), privateKey: body.keypair.private_key ?? null };
}

async function deleteKeyPair(nova: Service, name: string): Promise<void> {
  await nova.call('DELETE', pathOf(name));
}

function pathOf(name: string): string {
  return `/os-keypairs/${encodeURIComponent(name)}`;
}

function keyPairFrom({ keypair }: z.infer<typeof KeyPairBody>): KeyPair {
  const { name, type, public_key, fingerprint } = keypair;
  return { name, type: type ?? 'ssh', publicKey: public_key, fingerprint };
}
