import * as z from 'zod';
import type { Cloud } from '../../../src/compute/cloud.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import type { CreatedKeyPair, KeyPair } from '../../../src/compute/model.ts';
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
  }),
});

type KeyPairCalls = Pick<Cloud, 'listKeyPairs' | 'getKeyPair' | 'createKeyPair' | 'deleteKeyPair'>;

/** Of the token's user. @param hasWideNames Whether this Nova knows `WIDE_NAMES`. */
export function userKeyPairs(nova: Service, hasWideNames: () => Promise<boolean>): KeyPairCalls {
  return {
    listKeyPairs: () => listKeyPairs(nova),
    getKeyPair: (name) => getKeyPair(nova, name),
    createKeyPair: (name, publicKey) => createKeyPair(nova, name, publicKey, hasWideNames),
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
    createKeyPair: (name, publicKey) =>
      named(async (stored) => {
        const sent = stored(name);
        assertKeyPairsLeft((await listKeyPairs()).length);
        const created = await account.createKeyPair(sent, publicKey);
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
export const WIDE_NAMES = '2.92';
const WIDE = /[@.]/;

/** @param hasWideNames Whether this Nova knows `WIDE_NAMES`. */
async function createKeyPair(
  nova: Service,
  name: string,
  publicKey: string | null,
  hasWideNames: () => Promise<boolean>,
): Promise<CreatedKeyPair> {
  const isWide = WIDE.test(name);
  if (isWide && publicKey === null) throw ComputeError.field('name', 'with @ or . needs a public_key');
  if (isWide && !(await hasWideNames()))
    throw ComputeError.field('name', 'must not have @ or . on this cloud: letters, digits, space, _ -');
  const keypair = { name, ...(publicKey === null ? {} : { public_key: publicKey }) };
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
  return { name: keypair.name, publicKey: keypair.public_key, fingerprint: keypair.fingerprint };
}
