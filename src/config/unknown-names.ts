import { nearestOf } from './nearest.ts';

/** Variables with this prefix are the gateway's, or a mistake. */
const PREFIX = /^LINGUANOVA_/i;

/** `LINGUANOVA_KEY` is a customer's, in examples; Kubernetes sets the others for a service named `linguanova`. */
const NOT_OURS = /^LINGUANOVA_(KEY|SERVICE_.*|PORT|PORT_.*)$/;

/** Maximum edit distance of a name that counts as a misspelling. */
const MAX_TYPOS = 2;

/** Names in `given` that look like variables of the gateway but are not in `known`, with the nearest known name. */
export function unknownNames(
  given: readonly string[],
  known: readonly string[],
): { readonly name: string; readonly nearest: string }[] {
  const ours = known.filter((name) => PREFIX.test(name));
  return given
    .filter((name) => !known.includes(name) && !NOT_OURS.test(name))
    .map((name) => ({ name, ...nearestOf(name.toUpperCase(), ours) }))
    .filter(({ name, typos }) => PREFIX.test(name) || typos <= MAX_TYPOS)
    .map(({ name, nearest }) => ({ name, nearest }));
}
