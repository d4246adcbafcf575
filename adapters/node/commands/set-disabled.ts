import { updateKey } from '../../../src/access/update-key.ts';
import { showKey } from './show-key.ts';
import { ACTOR, findKey, withStore } from './with-keys.ts';

export async function setDisabled(
  disabled: boolean,
  id: string | undefined,
  json: boolean | undefined,
): Promise<void> {
  await withStore(async ({ keys, plans, services }) => {
    showKey(await updateKey(keys, await findKey(keys, id), { disabled }, plans, ACTOR), services, json);
  });
}
