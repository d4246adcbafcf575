import { ComputeError, type ErrorCode, INDETERMINATE_CODES } from '../../compute/errors.ts';

/**
 * - `keep`: the answer is the answer, whenever it is asked again.
 * - `release`: nothing was made, and it was the request or the moment that was wrong: it may be tried again.
 * - `unknown`: nobody knows whether it was carried out.
 */
export type Outcome = 'keep' | 'release' | 'unknown';

/** The cloud has looked at the request and said no to it for what there is. */
const REFUSALS: readonly ErrorCode[] = ['not_found', 'conflict', 'quota_exceeded'];

/** @param error What the handler threw, if it did. */
export function outcomeOf(error: Error | undefined, status: number): Outcome {
  // Without an error and no success: there is no such path, or the path does not know the method.
  if (error === undefined) return status >= 200 && status < 300 ? 'keep' : 'release';
  if (!(error instanceof ComputeError)) return 'unknown';
  if (REFUSALS.includes(error.code)) return 'keep';
  return INDETERMINATE_CODES.includes(error.code) && !error.notApplied ? 'unknown' : 'release';
}
