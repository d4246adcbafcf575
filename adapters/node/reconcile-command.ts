import { parseArgs } from 'node:util';
import { wallMs } from '../../src/clock.ts';
import type { Cloud } from '../../src/compute/cloud.ts';
import { reconcile } from '../../src/compute/reconcile.ts';
import { UsageError } from './keys-command.ts';

export const RECONCILE_OPTIONS = {
  'older-than': { type: 'string', default: '600' },
  'project-id': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Releases what crashed requests left in a project. @param open undefined: the service account's own. */
export async function runReconcile(
  args: readonly string[],
  open: (projectId: string | undefined) => Cloud,
): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: RECONCILE_OPTIONS });
  const olderThanSeconds = Number(values['older-than']);
  if (!Number.isInteger(olderThanSeconds) || olderThanSeconds < 0)
    throw new UsageError('--older-than takes whole seconds');
  const released = await reconcile(open(values['project-id']), { olderThanSeconds, nowMs: wallMs() });
  if (values.json) {
    console.log(JSON.stringify(released));
    return;
  }
  for (const { kind, id, address, description } of released)
    console.log(`released ${kind} ${id} ${address} (${description})`);
  console.log(`${released.length} released`);
}
