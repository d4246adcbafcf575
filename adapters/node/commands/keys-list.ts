import { allKeys } from '../../../src/access/key-list.ts';
import { keyView } from '../../../src/access/key-schemas.ts';
import { KEY_STATES, type KeyState } from '../../../src/access/key-store.ts';
import { wallTime } from '../../../src/clock.ts';
import { print, table } from './output.ts';
import type { Invocation } from './specification.ts';
import { UsageError } from './usage-error.ts';
import { withStore } from './with-keys.ts';

export async function run({ values }: Invocation<'keys list'>): Promise<void> {
  const state = stateOf(values.state);
  const projectId = values['project-id'];
  await withStore(async ({ keys, services }) => {
    const filter = {
      ...(projectId !== undefined && { projectId }),
      ...(state !== undefined && { state: { is: state, at: wallTime() } }),
    };
    const found = (await Array.fromAsync(allKeys(keys, filter))).map((key) => keyView(key, services));
    if (values.json === true) return print(JSON.stringify(found));
    const rows = found.map((key) => ({
      ...key,
      expires: dayOf(key.expires_at),
      last_used: dayOf(key.last_used_at),
    }));
    const columns = ['id', 'name', 'state', 'project_id', 'expires', 'last_used'];
    print(table(rows, columns, ['name', 'project_id']));
  });
}

function dayOf(time: string | null): string | null {
  return time === null ? null : time.slice(0, 'yyyy-mm-dd'.length);
}

function stateOf(given: string | undefined): KeyState | undefined {
  const known = KEY_STATES.find((state) => state === given);
  if (given === undefined || known !== undefined) return known;
  throw new UsageError(`--state: must be one of ${KEY_STATES.join(', ')}`);
}
