import { commandLine } from './command-line.ts';
import { environmentFile } from './environment-file.ts';
import { reduReference } from './redu-reference.ts';
import { reference } from './reference.ts';
import { tools } from './tools.ts';

/** Every generated file with its path from the root; `test/docs/generated.test.ts` fails when one is out of date. */
export const GENERATED: readonly { readonly path: string; readonly text: () => string }[] = [
  { path: 'docs/reference.md', text: reference },
  { path: 'docs/redu-reference.md', text: reduReference },
  { path: 'docs/command-line.md', text: commandLine },
  { path: 'docs/tools/README.md', text: tools },
  { path: 'deploy/linguanova.env', text: environmentFile },
];
