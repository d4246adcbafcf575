import { reachOf, revokeKey } from '../../../src/access/revoke-key.ts';
import { showKey } from './show-key.ts';
import type { Invocation } from './specification.ts';
import { ACTOR, findKey, withCloud } from './with-keys.ts';

export async function run({ values, operands: [id] }: Invocation<'keys revoke'>): Promise<void> {
  await withCloud({ opensKeys: false }, async ({ keys, services, identities, call }) => {
    const key = await findKey(keys, id);
    const reach = values.family === true ? 'family' : reachOf(key);
    await revokeKey(keys, identities, { id: key.id, reach, by: ACTOR }, call);
    showKey(await findKey(keys, key.id), services, values.json);
  });
}
