/** Responses of the API as results of tools. */

import type { Operation } from './operations.ts';
import { DONE } from './tools.ts';

export interface ToolResult {
  readonly content: { readonly type: 'text'; readonly text: string }[];
  readonly structuredContent?: Record<string, unknown>;
  readonly isError?: true;
}

/** Longer ones are cut and reported as errors, since a part conforms to no schema. */
export const MAX_RESULT_CHARACTERS = 65_536;
const TOO_LONG = `The result is longer than ${MAX_RESULT_CHARACTERS} characters: use filters, a smaller limit, or fewer lines. It begins:`;

/** Characters that no reader sees, in which instructions to a model can hide, and those that control terminals. */
const INVISIBLE = /[^\P{C}\n\r\t]|\p{Default_Ignorable_Code_Point}|[\u2028\u2029]/gu;

export async function resultOf(response: Response, operation: Operation | null): Promise<ToolResult> {
  const value = parsed(await response.text());
  if (response.status >= 400) {
    const retryAfter = response.headers.get('Retry-After');
    return failure({
      ...value,
      status: response.status,
      ...(retryAfter !== null && { retry_after: Number(retryAfter) }),
      request_id: response.headers.get('X-Request-Id'),
    });
  }
  const structuredContent = operation?.verb === 'list' ? page(value, response) : value;
  const text = JSON.stringify(structuredContent);
  if (text.length > MAX_RESULT_CHARACTERS) return truncated(text);
  return { content: [{ type: 'text', text }], structuredContent };
}

function failure(value: object): ToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(value) }], isError: true };
}

function truncated(text: string): ToolResult {
  return {
    content: [{ type: 'text', text: `${TOO_LONG}\n${text.slice(0, MAX_RESULT_CHARACTERS)}` }],
    isError: true,
  };
}

function parsed(body: string): Record<string, unknown> {
  if (body === '') return DONE;
  return JSON.parse(body, (_, value) => {
    if (typeof value === 'string') return visible(value);
    return value === null || typeof value !== 'object' || Array.isArray(value)
      ? value
      : withVisibleNames(value);
  });
}

function withVisibleNames(fields: object): object {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [visible(name), value]));
}

function visible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** The instances are a bare array, and continue after the last one. */
function page(value: unknown, { headers }: Response): Record<string, unknown> {
  if (!Array.isArray(value)) return value as Record<string, unknown>;
  return { items: value, next_cursor: headers.has('Link') ? value.at(-1)?.id : null };
}
