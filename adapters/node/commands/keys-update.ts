import { keyChangeSchema } from '../../../src/access/key-schemas.ts';
import { updateKey } from '../../../src/access/update-key.ts';
import { decode } from '../../../src/http/decode.ts';
import { rightsOf } from './rights.ts';
import { showKey } from './show-key.ts';
import { COMMANDS, type Invocation } from './specification.ts';
import { UsageError } from './usage-error.ts';
import { ACTOR, findKey, withStore } from './with-keys.ts';

export async function run({ values, operands: [id] }: Invocation<'keys update'>): Promise<void> {
  const change = { name: values.name, ...rightsOf(values) };
  if (Object.values(change).every((value) => value === undefined)) {
    const options = Object.keys(COMMANDS['keys update'].options).filter((name) => name !== 'json');
    throw new UsageError(`Nothing to change: give one of ${options.map((name) => `--${name}`).join(', ')}`);
  }
  await withStore(async ({ keys, plans, services }) => {
    const body = decode(keyChangeSchema, change);
    showKey(await updateKey(keys, await findKey(keys, id), body, plans, ACTOR), services, values.json);
  });
}
