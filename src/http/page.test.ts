import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, type PageKey, page } from './page.ts';

interface Item {
  readonly name: string;
  readonly id: string;
}

const keyOf = ({ name, id }: Item): PageKey => [name, id];
const item = fc.record({ name: fc.string({ unit: 'binary', maxLength: 3 }), id: fc.uuid() });
const list = fc.uniqueArray(item, { selector: (one) => one.id, maxLength: 30 });

function walk(limit: number, listAt: (page: number) => readonly Item[]): Item[] {
  const seen: Item[] = [];
  let cursor: PageKey | undefined;
  for (let turn = 0; ; turn += 1) {
    const { items, next_cursor } = page(listAt(turn), { limit, cursor }, keyOf);
    seen.push(...items);
    if (next_cursor === null) return seen;
    cursor = decodeCursor(next_cursor) ?? undefined;
  }
}

test('pages together are the list, whatever its order and the size of a page', () => {
  fc.assert(
    fc.property(list, fc.integer({ min: 1, max: 10 }), (all, limit) => {
      const whole = page(all, {}, keyOf);
      expect(whole.next_cursor).toBeNull();
      expect(walk(limit, (turn) => (turn % 2 ? all : all.toReversed()))).toEqual(whole.items);
      expect(new Set(whole.items)).toEqual(new Set(all));
    }),
  );
});

test('an item that stays in a changing list appears exactly once', () => {
  fc.assert(
    fc.property(
      list,
      fc.array(list, { maxLength: 8 }),
      fc.integer({ min: 1, max: 5 }),
      (stays, passing, limit) => {
        const ids = new Set(stays.map(({ id }) => id));
        const strangers = passing.map((some) => some.filter(({ id }) => !ids.has(id)));
        const seen = walk(limit, (turn) => [...(strangers[turn] ?? []), ...stays]);
        const shown = seen.filter(({ id }) => ids.has(id));
        expect(shown).toHaveLength(stays.length);
        expect(new Set(shown)).toEqual(new Set(stays));
      },
    ),
  );
});

test('a full last page is the last one', () => {
  const all = [
    { name: 'b', id: '2' },
    { name: 'a', id: '1' },
  ];
  expect(page(all, { limit: 2 }, keyOf).next_cursor).toBeNull();
  expect(page([], { limit: 2 }, keyOf)).toEqual({ items: [], next_cursor: null });
});

test.each(['', '!', 'e30', 'WyJhIl0', 'WzEsMl0', btoa('\xff'), 'null'])('no cursor: %j', (cursor) => {
  expect(decodeCursor(cursor)).toBeNull();
});
