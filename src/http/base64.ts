/**
 * The bytes of `value` as canonical base64, read as Nova reads it: characters outside of the alphabet are skipped, and what
 * follows the padding is ignored.
 *
 * @returns null when the padding is wrong.
 */
export function canonicalBase64(value: string): string | null {
  const characters = value.replaceAll(/[^A-Za-z0-9+/=]/g, '');
  const end = characters.indexOf('=');
  const data = end < 0 ? characters : characters.slice(0, end);
  const missing = data.length % 4 === 0 ? 0 : 4 - (data.length % 4);
  if (missing === 3 || !characters.startsWith('='.repeat(missing), data.length)) return null;
  return btoa(atob(data));
}
