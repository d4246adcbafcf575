import { showKey } from './show-key.ts';
import type { Invocation } from './specification.ts';
import { findKey, withStore } from './with-keys.ts';

export async function run({ values, operands: [id] }: Invocation<'keys show'>): Promise<void> {
  await withStore(async ({ keys, services }) => showKey(await findKey(keys, id), services, values.json));
}
