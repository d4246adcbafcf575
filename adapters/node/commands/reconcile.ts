import { wallMs } from '../../../src/clock.ts';
import { reconcile } from '../../../src/compute/reconcile.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { configuration, openStackOf } from '../wiring.ts';
import { commandCall } from './command-call.ts';
import { print } from './output.ts';
import type { Invocation } from './specification.ts';
import { UsageError } from './usage-error.ts';

const DEFAULT_SECONDS = '600';

export async function run({ values }: Invocation<'reconcile'>): Promise<void> {
  const olderThanSeconds = Number(values['older-than'] ?? DEFAULT_SECONDS);
  if (values['older-than'] === '' || !Number.isInteger(olderThanSeconds) || olderThanSeconds < 0)
    throw new UsageError('--older-than takes whole seconds');
  const config = configuration({ needsSecret: false });
  if (config.openStack === null)
    throw new ConfigError('OS_AUTH_URL', 'is required: there is nothing to reconcile');
  const clouds = openStackOf(config.openStack);
  const call = commandCall(config);
  const projectId = values['project-id'];
  try {
    const cloud =
      projectId === undefined
        ? clouds.openAsServiceAccount(call)
        : clouds.open({ kind: 'service', projectId }, call);
    const released = await reconcile(cloud, { olderThanSeconds, nowMs: wallMs() });
    if (values.json === true) return print(JSON.stringify(released));
    for (const { kind, id, address, description } of released)
      print(`released ${kind} ${id} ${address} (${description})`);
    print(`${released.length} released`);
  } finally {
    await clouds.close();
  }
}
