/** The name with the smallest edit distance, and that distance. */
export function nearestOf(
  name: string,
  known: readonly string[],
): { readonly nearest: string; readonly typos: number } {
  const [first = { nearest: '', typos: Number.POSITIVE_INFINITY }] = known
    .map((nearest) => ({ nearest, typos: distance(name, nearest) }))
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
