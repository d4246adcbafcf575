/**
 * Key pairs of service keys. At the cloud they belong to the gateway's account, which all projects share, so each name there begins
 * with its project's id. Customers see and give names without it.
 */

import { ComputeError, noKeyPairs } from './errors.ts';

/** Per project: the cloud's own quota is one for the whole account. */
export const MAX_KEY_PAIRS = 20;
const MAX_NAME = 255;
/** Nova's database compares names case-insensitively, so no two ids may differ by case alone. */
const PROJECT_ID = /^[0-9a-z-]{1,64}$/;

/** `ln_<project id>_`: no id contains `_`, so no prefix is the beginning of another project's names. `not_implemented`. */
export function keyPairPrefix(projectId: string): string {
  const prefix = prefixOf(projectId);
  if (prefix === null) throw noKeyPairs();
  return prefix;
}

/** null: no key pair of the project is stored. */
export function prefixOf(projectId: string): string | null {
  return PROJECT_ID.test(projectId) ? `ln_${projectId}_` : null;
}

/** The name as the project sees it. */
export function shownKeyPairName(name: string, projectId: string): string {
  const prefix = prefixOf(projectId);
  return prefix !== null && name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

/** The name at the cloud. `invalid`. */
export function storedKeyPairName(name: string, prefix: string): string {
  const longest = MAX_NAME - prefix.length;
  if (name.length > longest) throw ComputeError.field('name', `must have at most ${longest} characters`);
  return prefix + name;
}

/** @param count How many the project has. @throws ComputeError `quota_exceeded`. */
export function assertKeyPairsLeft(count: number): void {
  if (count >= MAX_KEY_PAIRS) throw tooManyKeyPairs();
}

export function tooManyKeyPairs(): ComputeError {
  const message = `Quota exceeded, too many key pairs: a project has at most ${MAX_KEY_PAIRS}.`;
  return new ComputeError('quota_exceeded', message);
}
