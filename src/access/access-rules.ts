/**
 * Access rules of a key, as Keystone has them for application credentials: a list of what the key may request of the cloud's
 * services. The gateway enforces them, in every dialect and before every cache.
 */

import { ComputeError } from '../compute/errors.ts';

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

/** In the path of a rule, which bounds the time that a comparison takes. */
export const MAX_WILDCARDS = 16;

export function wildcardsOf(path: string): number {
  return path.split(/\*\*|\*|\{[^{}]*\}/).length - 1;
}

/** Names of one service in catalogs and rules. */
const ALIASES: Readonly<Record<string, string>> = {
  volume: 'block-storage',
  volumev2: 'block-storage',
  volumev3: 'block-storage',
  'block-store': 'block-storage',
};
const serviceOf = (type: string) => ALIASES[type] ?? type;

/** @throws ComputeError `forbidden` unless each of `calls` matches a rule. */
export function assertAllowed(rules: readonly AccessRule[] | null, calls: readonly ServiceCall[]): void {
  if (rules === null) return;
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

function matches(rule: AccessRule, { service, method, path, otherPath = path }: ServiceCall): boolean {
  if (rule.method !== method || serviceOf(rule.service) !== serviceOf(service)) return false;
  const tokens = tokensOf(rule.path);
  return matchesPath(tokens, path) || matchesPath(tokens, otherPath);
}

interface Token {
  /** undefined: any character, but a slash only where `hasSlash`. */
  readonly character?: string;
  readonly hasSlash?: boolean;
  /** Any number of times, none included. */
  readonly repeats: boolean;
}

function tokensOf(pattern: string): readonly Token[] {
  return pattern.split(/(\*\*|\*|\{[^{}]*\})/).flatMap((part, index): readonly Token[] => {
    if (index % 2 === 0) return [...part].map((character) => ({ character, repeats: false }));
    return part === '**' ? [{ hasSlash: true, repeats: true }] : [{ repeats: false }, { repeats: true }];
  });
}

/** Follows all alternatives at once, since a regular expression takes exponential time for some patterns. */
function matchesPath(tokens: readonly Token[], path: string): boolean {
  const enter = (positions: Set<number>, position: number): void => {
    positions.add(position);
    if (tokens[position]?.repeats) enter(positions, position + 1);
  };
  let positions = new Set<number>();
  enter(positions, 0);
  for (const character of path) {
    const next = new Set<number>();
    for (const position of positions) {
      const token = tokens[position];
      if (token !== undefined && accepts(token, character)) enter(next, position + (token.repeats ? 0 : 1));
    }
    positions = next;
  }
  return positions.has(tokens.length);
}

function accepts({ character, hasSlash = false }: Token, given: string): boolean {
  return character === undefined ? hasSlash || given !== '/' : character === given;
}
