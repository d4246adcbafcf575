import { announceError } from './announce.ts';
import { request } from './api.ts';
import { h } from './dom.ts';
import { button, stack } from './elements.ts';

/** A list of the admin API that grows by pages. @param draw Called again after items were changed in place. */
export async function growingList<Item>(
  path: string,
  query: Readonly<Record<string, string>>,
  draw: (items: Item[], redraw: () => void) => Node,
): Promise<HTMLElement> {
  const place = stack();
  const shown: Item[] = [];
  let cursor: string | null = null;
  const load = async () => {
    const text = new URLSearchParams({ limit: '50', ...query, ...(cursor !== null && { cursor }) });
    const page: { items: Item[]; next_cursor: string | null } = await request('GET', `${path}?${text}`);
    shown.push(...page.items);
    cursor = page.next_cursor;
    redraw();
  };
  const redraw = () => {
    const more = h(
      'div.row',
      button('Show more', () => load().catch(announceError)),
    );
    place.replaceChildren(draw(shown, redraw), ...(cursor === null ? [] : [more]));
  };
  await load();
  return place;
}
