import { setDisabled } from './set-disabled.ts';
import type { Invocation } from './specification.ts';

export async function run({ values, operands: [id] }: Invocation<'keys disable'>): Promise<void> {
  await setDisabled(true, id, values.json);
}
