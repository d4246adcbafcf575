import { setDisabled } from './set-disabled.ts';
import type { Invocation } from './specification.ts';

export async function run({ values, operands: [id] }: Invocation<'keys enable'>): Promise<void> {
  await setDisabled(false, id, values.json);
}
