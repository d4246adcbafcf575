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
import type { Feature } from './features.ts';
import type { Nova } from './nova.ts';

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

/** Of the token's user. */
export function userKeyPairs(nova: Nova): KeyPairCalls {
  return {
    listKeyPairs: () => listKeyPairs(nova),
    getKeyPair: (name) => getKeyPair(nova, name),
    createKeyPair: (...wanted) => createKeyPair(nova, ...wanted),
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

async function listKeyPairs(nova: Nova): Promise<KeyPair[]> {
  return (
    await allPages(nova.using('keyPairTypes', 'keyPairPages'), '/os-keypairs', 'keypairs', KeyPairBody)
  ).map(keyPairFrom);
}

async function getKeyPair(nova: Nova, name: string): Promise<KeyPair> {
  return keyPairFrom(await nova.using('keyPairTypes').get(pathOf(name), KeyPairBody));
}

const WIDE = /[@.]/;

async function createKeyPair(
  nova: Nova,
  name: string,
  publicKey: string | null,
  type: KeyPairType,
): Promise<CreatedKeyPair> {
  const isWide = WIDE.test(name);
  if (isWide && publicKey === null) throw ComputeError.field('name', 'with @ or . needs a public_key');
  if (isWide && !(await nova.has('wideKeyPairNames')))
    throw ComputeError.field('name', 'must not have @ or . on this cloud: letters, digits, space, _ -');
  const isTyped = type !== 'ssh';
  const needed: readonly Feature[] = [
    ...(isTyped ? (['keyPairTypes'] as const) : []),
    ...(isWide ? (['wideKeyPairNames'] as const) : []),
    ...(publicKey === null ? (['generatedKeyPairs'] as const) : []),
  ];
  const keypair = { name, ...(publicKey !== null && { public_key: publicKey }), ...(isTyped && { type }) };
  const body = await nova.needing(...needed).post('/os-keypairs', { keypair }, KeyPairBody);
  return { ...keyPairFrom(body), privateKey: body.keypair.private_key ?? null };
}

async function deleteKeyPair(nova: Nova, name: string): Promise<void> {
  await nova.using().call('DELETE', pathOf(name));
}

function pathOf(name: string): string {
  return `/os-keypairs/${encodeURIComponent(name)}`;
}

function keyPairFrom({ keypair }: z.infer<typeof KeyPairBody>): KeyPair {
  const { name, type, public_key, fingerprint } = keypair;
  return { name, type: type ?? 'ssh', publicKey: public_key, fingerprint };
}
