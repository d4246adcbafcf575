/**
 * How much a JSON text holds, before it is parsed: what follows (parsing, a schema, the problems it finds) costs by the member.
 */

/** Members of all objects and items of all arrays together; the largest request that makes sense has a few hundred. */
export const MAX_MEMBERS = 5_120;
/** The same of one object or array within the outermost. */
export const MAX_INNER_MEMBERS = 512;
/** To which depth inner objects and arrays are counted; no schema goes deeper. */
const COUNTED_DEPTH = 32;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, OPEN_OBJECT, CLOSE_ARRAY, CLOSE_OBJECT] = [0x5b, 0x7b, 0x5d, 0x7d];

/** What is wrong with the amount of it; null when nothing is. Reads no further than to the first problem. */
export function exceededBound(json: Uint8Array): string | null {
  let members = 1;
  let depth = 0;
  const inner = new Uint16Array(COUNTED_DEPTH + 1);
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
      continue;
    }
    if (byte === QUOTE) inString = true;
    else if (byte === COMMA) {
      members += 1;
      const count = (inner[depth] ?? 0) + 1;
      inner[depth] = count;
      if (members > MAX_MEMBERS) return `has more than ${MAX_MEMBERS} members`;
      if (depth > 1 && count >= MAX_INNER_MEMBERS)
        return `has an object or list of more than ${MAX_INNER_MEMBERS} members`;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
      if (depth <= COUNTED_DEPTH) inner[depth] = 0;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth = Math.max(0, depth - 1);
  }
  return null;
}
