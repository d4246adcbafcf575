import { client } from './api.ts';

const names = new Map<string, string>();

/** Optional: without names, ids are shown. */
export async function loadNames(): Promise<void> {
  const lists = await Promise.all([client.flavors.list(), client.images.list()]);
  for (const { id, name } of lists.flat()) names.set(id, name);
}

export function nameOf(id: string): string {
  return names.get(id) ?? id;
}
