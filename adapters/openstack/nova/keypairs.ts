import * as z from 'zod';
import type { CreatedKeyPair, KeyPair } from '../../../src/compute/model.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';

const KeyPairBody = z.object({
  keypair: z.object({
    name: z.string(),
    public_key: z.string(),
    fingerprint: z.string(),
    private_key: z.string().optional(),
  }),
});

export async function listKeyPairs(nova: Service): Promise<KeyPair[]> {
  return (await allPages(nova, '/os-keypairs', 'keypairs', KeyPairBody)).map(keyPairFrom);
}

export async function getKeyPair(nova: Service, name: string): Promise<KeyPair> {
  return keyPairFrom(await nova.get(pathOf(name), KeyPairBody));
}

export async function createKeyPair(
  nova: Service,
  name: string,
  publicKey: string | null,
): Promise<CreatedKeyPair> {
  const keypair = { name, ...(publicKey === null ? {} : { public_key: publicKey }) };
  const body = await nova.post('/os-keypairs', { keypair }, KeyPairBody);
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
