import type { Context } from 'hono';

/** What an answer was made of. */
const TEXTS = new WeakMap<Response, string>();

/** An answer of JSON text that is long: whoever keeps it need not read it back, which takes longer than to print it. */
export function textAnswer(c: Context, text: string): Response {
  const answer = c.body(text, 200, { 'content-type': 'application/json' });
  TEXTS.set(answer, text);
  return answer;
}

/** The bytes of an answer's body. */
export async function bytesOf(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const text = TEXTS.get(answer);
  return text === undefined ? new Uint8Array(await answer.arrayBuffer()) : new TextEncoder().encode(text);
}
