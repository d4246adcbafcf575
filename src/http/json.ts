import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** A JSON document of the gateway's own APIs, which ends with a newline as terminals expect. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

export function respondJson(c: Context, value: unknown, status: ContentfulStatusCode = 200): Response {
  return c.body(jsonText(value), status, { 'content-type': 'application/json' });
}
