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
    .map((name) => ({ name, ...nearestOf(name, ours) }))
    .filter(({ name, typos }) => PREFIX.test(name) || typos <= MAX_TYPOS)
    .map(({ name, nearest }) => ({ name, nearest }));
}

function nearestOf(name: string, known: readonly string[]): { nearest: string; typos: number } {
  const [first = { nearest: '', typos: Number.POSITIVE_INFINITY }] = known
    .map((nearest) => ({ nearest, typos: distance(name.toUpperCase(), nearest) }))
    .sort((a, b) => a.typos - b.typos);
  return first;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substituted));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
