/** @module The shape of a JSON value and of an error message: what stays when ids, times and numbers are taken away. For tests. */

import { isFields } from '../../../adapters/sandbox/http.ts';

/**
 * How two bodies differ in shape: keys that only one has, values of different type, texts that differ by more than ids,
 * times and numbers when they are error messages.
 * @returns one line per difference
 */
export function shapeDifferences(real: unknown, ours: unknown, path = ''): string[] {
  // Its keys are the customer's.
  if (path.endsWith('.metadata')) return [];
  if (isFields(real) && isFields(ours)) {
    if (path.endsWith('.addresses')) return shapeDifferences(Object.values(real), Object.values(ours), path);
    const keys = [...new Set([...Object.keys(real), ...Object.keys(ours)])];
    return keys.flatMap((key) => {
      const here = `${path}.${key}`;
      if (!(key in ours)) return [`${here}: missing`];
      if (!(key in real)) return [`${here}: not in the real response`];
      return shapeDifferences(real[key], ours[key], here);
    });
  }
  if (Array.isArray(real) && Array.isArray(ours)) {
    if (real.length === 0 || ours.length === 0) return [];
    const all = ours.map((item) => shapeDifferences(real[0], item, `${path}[0]`));
    return all.reduce((best, next) => (next.length < best.length ? next : best));
  }
  if (real === ours) return [];
  if (real === null || ours === null) {
    // A field that may be null is null here or there.
    return isFields(real) || isFields(ours) || path.endsWith('message')
      ? [`${path}: ${print(real)} / ${print(ours)}`]
      : [];
  }
  if (kindOf(real) !== kindOf(ours)) return [`${path}: ${print(real)} / ${print(ours)}`];
  if (
    typeof real === 'string' &&
    /\.(message|title|type|code)$/.test(path) &&
    !samePattern(real, String(ours))
  ) {
    return [`${path}: ${print(real)} / ${print(ours)}`];
  }
  return [];
}

/** Keystone and Neutron append what differs from cloud to cloud (a schema, a list of ids); the beginning counts. */
function samePattern(real: string, ours: string): boolean {
  return pattern(real) === pattern(ours) || pattern(real).startsWith(`${pattern(ours)}\n`);
}

/** A message without what differs from cloud to cloud. */
export function pattern(message: string): string {
  return message
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
    .replaceAll(/<uuid>(,<uuid>)+/g, '<uuid>')
    .replaceAll(/\b[0-9a-f]{32}\b/g, '<id>')
    .replaceAll(/\d+\.\d+\.\d+\.\d+/g, '<address>')
    .replaceAll(/\d+/g, '<n>');
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return isFields(value) ? 'object' : typeof value;
}

function print(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
