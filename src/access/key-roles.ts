import type { KeyRole } from './key-store.ts';

/** What Keystone gives with a role. */
const IMPLIED: Readonly<Record<string, string>> = { admin: 'manager', manager: 'member', member: 'reader' };

/** Whether `given` has each of `wanted`, by itself or by implication. */
export function coverRoles(given: readonly KeyRole[], wanted: readonly KeyRole[]): boolean {
  const all = new Set<string>();
  for (const { name } of given) {
    for (let one: string | undefined = name; one !== undefined; one = IMPLIED[one]) all.add(one);
  }
  return wanted.every(({ name }) => all.has(name));
}
