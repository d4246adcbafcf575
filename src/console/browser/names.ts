import { client } from './api.ts';

const names = new Map<string, string>();

/** Learns what flavors and images are called; without it their ids are shown, which is why nobody has to wait for it. */
export async function loadNames(): Promise<void> {
  const lists = await Promise.all([client.flavors.list(), client.images.list()]);
  for (const { id, name } of lists.flat()) names.set(id, name);
}

/** Of a flavor or an image: its name, else its id. */
export function nameOf(id: string): string {
  return names.get(id) ?? id;
}
