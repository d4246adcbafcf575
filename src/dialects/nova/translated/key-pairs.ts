import * as z from 'zod';
import type { KeyPair } from '../../../compute/model.ts';
import { decodeBody } from '../../../http/decode.ts';
import { name, text } from '../../../http/field-schemas.ts';
import { emptyResponse, type NovaCall, notFound } from './call.ts';

const MAX_PUBLIC_KEY_LENGTH = 16_384;
/** What a redu API accepts in a path; Nova accepts less. */
const NAME_IN_PATH = /^(?!\.{1,2}$)[\w@. -]{1,255}$/;

const newKeyPairSchema = z.strictObject({
  keypair: z.strictObject({
    name: name.regex(/^[\w\- ]+$/, 'must have letters, digits, _ - and space only'),
    public_key: text.min(1).max(MAX_PUBLIC_KEY_LENGTH).optional(),
  }),
});

export async function listKeyPairs({ c, cloud }: NovaCall): Promise<Response> {
  const pairs = await cloud.listKeyPairs();
  return c.json({ keypairs: pairs.map((pair) => ({ keypair: keyPairView(pair) })) });
}

/** `POST /os-keypairs`: imports a public key, or generates a pair and returns its private key once. */
export async function createKeyPair({ c, cloud }: NovaCall): Promise<Response> {
  const { keypair: wanted } = await decodeBody(c, newKeyPairSchema);
  const created = await cloud.createKeyPair(wanted.name, wanted.public_key ?? null, 'ssh');
  const { userId } = await cloud.caller();
  const secret = created.privateKey === null ? {} : { private_key: created.privateKey };
  return c.json({ keypair: { ...keyPairView(created), user_id: userId, ...secret } });
}

/** `GET /os-keypairs/{name}`. redu reports neither dates nor a number. */
export async function showKeyPair({ c, cloud }: NovaCall, wanted = ''): Promise<Response> {
  const [pair, { userId }] = await Promise.all([cloud.getKeyPair(nameIn(wanted)), cloud.caller()]);
  const unreported = { created_at: null, updated_at: null, deleted_at: null, deleted: false, id: 0 };
  return c.json({ keypair: { ...keyPairView(pair), user_id: userId, ...unreported } });
}

export async function deleteKeyPair(call: NovaCall, wanted = ''): Promise<Response> {
  await call.cloud.deleteKeyPair(nameIn(wanted));
  return emptyResponse(call, 202);
}

function nameIn(segment: string): string {
  if (!NAME_IN_PATH.test(segment)) throw notFound('Keypair', segment);
  return segment;
}

function keyPairView({ name: called, publicKey, fingerprint }: KeyPair) {
  return { name: called, public_key: publicKey, fingerprint };
}
