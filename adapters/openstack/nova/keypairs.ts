import * as z from 'zod';
import { ComputeError } from '../../../src/compute/errors.ts';
import type { CreatedKeyPair, KeyPair } from '../../../src/compute/model.ts';
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

export async function listKeyPairs(nova: Service): Promise<KeyPair[]> {
  return (await allPages(nova, '/os-keypairs', 'keypairs', KeyPairBody)).map(keyPairFrom);
}

export async function getKeyPair(nova: Service, name: string): Promise<KeyPair> {
  return keyPairFrom(await nova.get(pathOf(name), KeyPairBody));
}

/** The version from which on a name may have these; from it on Nova makes no keys itself. */
export const WIDE_NAMES = '2.92';
const WIDE = /[@.]/;

/** @param hasWideNames Whether this Nova knows `WIDE_NAMES`. */
export async function createKeyPair(
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

export async function deleteKeyPair(nova: Service, name: string): Promise<void> {
  await nova.call('DELETE', pathOf(name));
}

function pathOf(name: string): string {
  return `/os-keypairs/${encodeURIComponent(name)}`;
}

function keyPairFrom({ keypair }: z.infer<typeof KeyPairBody>): KeyPair {
  return { name: keypair.name, publicKey: keypair.public_key, fingerprint: keypair.fingerprint };
}
