import { reduReference } from './redu-reference.ts';

/** Every generated page with its path from the root; `test/docs/generated.test.ts` fails when one is out of date. */
export const GENERATED: readonly { readonly path: string; readonly text: () => string }[] = [
  { path: 'docs/redu-reference.md', text: reduReference },
];
