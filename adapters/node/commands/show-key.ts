import type { IssuedKey } from '../../../src/access/issue-key.ts';
import { createdKeyView, keyView } from '../../../src/access/key-schemas.ts';
import type { StoredKey } from '../../../src/access/key-store.ts';
import { fields, print } from './output.ts';

export function showKey(key: StoredKey, served: ReadonlySet<string>, json = false): void {
  const view = keyView(key, served);
  print(json ? JSON.stringify(view) : fields(view));
}

/** With the text of the key, which is shown this once. */
export function showIssuedKey(issued: IssuedKey, served: ReadonlySet<string>, json = false): void {
  if (json) return void print(JSON.stringify(createdKeyView(issued, served)));
  print(
    `Store this key, it is shown only now:\n\n${fields({ key: issued.text })}\n\n${fields(keyView(issued.key, served))}`,
  );
}
