import * as z from 'zod';
import { KEY_PAIR_TYPES, type KeyPair } from '../../../compute/model.ts';
import { decodeBody } from '../../../http/decode.ts';
import { name, shortText, text } from '../../../http/field-schemas.ts';
import { emptyResponse, type NovaCall, notFound, unsupported } from './call.ts';
import { pageResponse, pageWindow, paginate } from './lists.ts';
import { assertMembers } from './microversions.ts';

const MAX_PUBLIC_KEY_LENGTH = 16_384;
/** What a redu API accepts in a path; Nova accepts less. */
const NAME_IN_PATH = /^(?!\.{1,2}$)[\w@. -]{1,255}$/;

const newKeyPairSchema = z.strictObject({
  keypair: z.strictObject({
    name: name.regex(/^[\w\- ]+$/, 'must have letters, digits, _ - and space only'),
    public_key: text.min(1).max(MAX_PUBLIC_KEY_LENGTH).optional(),
    type: z.enum(KEY_PAIR_TYPES).optional(),
    user_id: shortText.optional(),
  }),
});

/** Since 2.35 in pages, whose marker is a name. */
export async function listKeyPairs(call: NovaCall): Promise<Response> {
  await assertOwn(call, call.query.get('user_id'));
  const pairs = (await call.cloud.listKeyPairs()).map((pair) => ({ id: pair.name, pair }));
  const sorted = pairs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const page = call.minor < 35 ? { items: pairs, more: false } : paginate(sorted, pageWindow(call.query));
  return pageResponse(call, 'keypairs', page, ({ pair }) => ({ keypair: keyPairView(pair, call.minor) }));
}

/** `POST /os-keypairs`: imports a public key, or generates a pair and returns its private key once. */
export async function createKeyPair(call: NovaCall): Promise<Response> {
  const { c, cloud, minor } = call;
  const { keypair: wanted } = await decodeBody(c, newKeyPairSchema);
  assertMembers(wanted, { type: [2], user_id: [10] }, minor, 'keypair');
  await assertOwn(call, wanted.user_id ?? null);
  const created = await cloud.createKeyPair(wanted.name, wanted.public_key ?? null, wanted.type ?? 'ssh');
  const { userId } = await cloud.caller();
  const secret = created.privateKey === null ? {} : { private_key: created.privateKey };
  const keypair = { ...keyPairView(created, minor), user_id: userId, ...secret };
  return c.json({ keypair }, minor >= 2 ? 201 : 200);
}

/** `GET /os-keypairs/{name}`. redu reports neither dates nor a number. */
export async function showKeyPair(call: NovaCall, wanted = ''): Promise<Response> {
  const { c, cloud, minor } = call;
  await assertOwn(call, call.query.get('user_id'));
  const [pair, { userId }] = await Promise.all([cloud.getKeyPair(nameIn(wanted)), cloud.caller()]);
  const unreported = { created_at: null, updated_at: null, deleted_at: null, deleted: false, id: 0 };
  return c.json({ keypair: { ...keyPairView(pair, minor), user_id: userId, ...unreported } });
}

export async function deleteKeyPair(call: NovaCall, wanted = ''): Promise<Response> {
  await assertOwn(call, call.query.get('user_id'));
  await call.cloud.deleteKeyPair(nameIn(wanted));
  return emptyResponse(call, call.minor >= 2 ? 204 : 202);
}

/** Since 2.10 administrators of Nova name another user. */
async function assertOwn({ cloud, minor }: NovaCall, userId: string | null): Promise<void> {
  if (userId === null || minor < 10 || userId === (await cloud.caller()).userId) return;
  throw unsupported('key pairs of another user');
}

function nameIn(segment: string): string {
  if (!NAME_IN_PATH.test(segment)) throw notFound('Keypair', segment);
  return segment;
}

function keyPairView({ name: called, publicKey, fingerprint, type }: KeyPair, minor: number) {
  return { name: called, public_key: publicKey, fingerprint, ...(minor >= 2 && { type }) };
}
