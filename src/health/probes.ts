import type { KeyStore } from '../access/key-store.ts';
import type { SecretCheck } from '../access/secret-check.ts';
import { withTimeout } from '../async.ts';
import { ComputeError } from '../compute/errors.ts';

export const PROBE_TIMEOUT_MS = 3_000;

export const PROBE_STATES = ['ok', 'unreachable', 'timeout', 'unauthorized', 'read_only', 'full'] as const;
export type ProbeState = (typeof PROBE_STATES)[number];

/** `unknown`: the store cannot be read. */
export const OWN_STATES = ['ok', 'wrong', 'unknown'] as const;
export type OwnState = (typeof OWN_STATES)[number];

/** The state that `work` resolves to; `timeout` when that takes too long, `unreachable` when it rejects. */
export function probed(work: Promise<ProbeState>): Promise<ProbeState> {
  return settledInTime<ProbeState>(work, 'timeout', (error) =>
    error instanceof ComputeError && error.code === 'timeout' ? 'timeout' : 'unreachable',
  );
}

export function probeStore(keys: Pick<KeyStore, 'isWritable'>): Promise<ProbeState> {
  return probed(keys.isWritable().then((isWritable) => (isWritable ? 'ok' : 'read_only')));
}

export function probeSchema(keys: Pick<KeyStore, 'hasSchema'>): Promise<OwnState> {
  return probeOwn(keys.hasSchema());
}

export function probeSecret(check: Pick<SecretCheck, 'isCurrent'>): Promise<OwnState> {
  return probeOwn(check.isCurrent());
}

function probeOwn(isRight: Promise<boolean>): Promise<OwnState> {
  return settledInTime<OwnState>(
    isRight.then((right) => (right ? 'ok' : 'wrong')),
    'unknown',
    () => 'unknown',
  );
}

function settledInTime<State>(
  work: Promise<State>,
  late: State,
  failed: (error: unknown) => State,
): Promise<State> {
  return withTimeout(work, PROBE_TIMEOUT_MS, () => late).catch(failed);
}
