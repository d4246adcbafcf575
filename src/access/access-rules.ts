/**
 * Access rules of a key, as Keystone has them for application credentials: a list of what the key may request of the cloud's
 * services. The gateway enforces them, in every dialect and before every cache.
 */

import { ComputeError } from '../compute/errors.ts';
import { officialTypeOf } from '../further-services.ts';
import { PathPattern } from './path-pattern.ts';

/** A request to a service of the cloud. */
export interface ServiceCall {
  /** Type in the catalog. */
  readonly service: string;
  readonly method: string;
  /** Below the service's root, with version and without query. */
  readonly path: string;
  /** Another path for the same request: block storage may have the project's id in it. */
  readonly otherPath?: string;
}

/** `*` and `{name}` in the path stand for one segment or a part of it, `**` for any text. */
export interface AccessRule extends Omit<ServiceCall, 'otherPath'> {
  readonly id: string;
}

/**
 * Longest path that is compared, which bounds the time with the number and length of rules. That of an object whose name and
 * container's are as long as Swift allows has 3,900 characters at most.
 */
export const MAX_PATH_LENGTH = 4_096;

/** The compiled path of each rule, which lives as long as the principal that has it. */
const patterns = new WeakMap<AccessRule, PathPattern>();

/** @throws ComputeError `forbidden` unless each of `calls` matches a rule. */
export function assertAllowed(rules: readonly AccessRule[] | null, calls: readonly ServiceCall[]): void {
  if (rules === null) return;
  if (calls.some(({ path }) => path.length > MAX_PATH_LENGTH)) {
    throw new ComputeError(
      'forbidden',
      `This API key has access rules, which allow no path of more than ${MAX_PATH_LENGTH} characters.`,
    );
  }
  const missing = calls.find((call) => !rules.some((rule) => matches(rule, call)));
  if (missing === undefined) return;
  const { service, method, path } = missing;
  throw new ComputeError(
    'forbidden',
    `This API key has access rules, and none of them allows ${method} ${path} of the service ${service}.`,
  );
}

/** Whether `rules` has the same rule. */
export function isRuleOf(rules: readonly ServiceCall[], { service, method, path }: ServiceCall): boolean {
  return rules.some((rule) => rule.service === service && rule.method === method && rule.path === path);
}

function matches(rule: AccessRule, { service, method, path, otherPath }: ServiceCall): boolean {
  if (rule.method !== method || officialTypeOf(rule.service) !== officialTypeOf(service)) {
    return false;
  }
  const pattern = patterns.get(rule) ?? new PathPattern(rule.path);
  patterns.set(rule, pattern);
  return pattern.matches(path) || (otherPath !== undefined && pattern.matches(otherPath));
}
