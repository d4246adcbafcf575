import { wallTime } from '../../../src/clock.ts';
import { fields, print } from './output.ts';
import type { Invocation } from './specification.ts';
import { withCloud } from './with-keys.ts';

export async function run({ values }: Invocation<'keys reseal-status'>): Promise<void> {
  await withCloud({ opensKeys: true }, async ({ keys, secret }) => {
    const { others, unmarked } = await keys.secrets.countSealed(secret.check, wallTime());
    const stored = await keys.secrets.find();
    // Before the first rotation there is only one secret.
    const isFirst = stored === null || (stored.previous === null && stored.current.check === secret.check);
    const status = { need_previous_secret: isFirst ? 0 : others + unmarked };
    print(values.json === true ? JSON.stringify(status) : fields(status));
  });
}
