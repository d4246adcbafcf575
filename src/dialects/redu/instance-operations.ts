import type { Context } from 'hono';
import * as z from 'zod';
import { CONSOLE_TYPES, type HistoryEntry } from '../../compute/instance-operations.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody, decodeParameters } from '../../http/decode.ts';
import { queryNumber } from '../../http/field-schemas.ts';
import { respondJson } from '../../http/json.ts';
import { type PageKey, type PageWindow, page } from '../../http/page.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { route } from '../../http/route.ts';
import type { Read } from '../../traffic/cache/read.ts';
import { type InstanceInput, instanceInput, isAdmin, onInstance } from './across-projects.ts';
import type { Mount } from './mount.ts';
import { pathId } from './path-id.ts';

export const historyEntrySchema = z
  .object({
    id: z.string(),
    action: z.string().describe('create, delete, or an action: stop, resize, snapshot, ...'),
    started_at: z.iso.datetime(),
    message: z.string().nullable().describe('Why it failed; null while and if it does not.'),
    user_id: z.string().nullable().describe('null: the cloud itself.'),
  })
  .meta({ id: 'HistoryEntry' });
type HistoryEntryBody = z.infer<typeof historyEntrySchema>;

export const consoleLogSchema = z.object({ output: z.string() }).meta({ id: 'ConsoleLog' });

const consoleType = z.enum(CONSOLE_TYPES);
export const consoleSchema = z.object({ type: consoleType, url: z.string() }).meta({ id: 'Console' });
export const newConsoleSchema = z
  .strictObject({ type: consoleType.default('novnc') })
  .meta({ id: 'NewConsole' });

const consoleLogQuerySchema = z.strictObject({
  lines: queryNumber(1, 100_000).optional().describe('The last ones; absent: all that the cloud retains.'),
});

export const INSTANCE_OPERATION_ROUTES = {
  history: route({
    method: 'GET',
    path: '/v1/instances/{id}/actions',
    scope: 'instances:read',
    query: pageQuerySchema,
    status: 200,
    response: { page: historyEntrySchema },
  }),
  consoleLog: route({
    method: 'GET',
    path: '/v1/instances/{id}/console_log',
    scope: 'instances:read',
    query: consoleLogQuerySchema,
    status: 200,
    response: consoleLogSchema,
  }),
  console: route({
    method: 'POST',
    path: '/v1/instances/{id}/console',
    scope: 'instances:write',
    body: newConsoleSchema,
    status: 200,
    response: consoleSchema,
  }),
};

interface HistoryInput extends InstanceInput {
  readonly window: PageWindow;
}

const history: Read<HistoryInput, readonly HistoryEntry[]> = {
  input: (request) => ({
    ...instanceInput(request),
    window: decodeParameters(request.query, pageQuerySchema),
  }),
  load: (cloud, { id, isAdmin }) => onInstance(cloud, isAdmin, (reached) => reached.listHistory(id)),
  render(entries, { window }) {
    const shown = page([...entries.entries()], window, ([index, { id }]) =>
      newestFirst(entries.length - index, id),
    );
    const items = shown.items.map(([, entry]) => encodeHistoryEntry(entry));
    return { body: JSON.stringify({ items, next_cursor: shown.next_cursor }) };
  },
};

const MAX_ENTRIES = 1_000_000_000;

/** An entry has its number for good, counted from the oldest; keys are in ascending order. */
function newestFirst(number: number, id: string): PageKey {
  return [String(MAX_ENTRIES - number), id];
}

const consoleLog: Read<InstanceInput & { readonly lines: number | null }, string> = {
  input: (request) => ({
    ...instanceInput(request),
    lines: decodeParameters(request.query, consoleLogQuerySchema).lines ?? null,
  }),
  load: (cloud, { id, isAdmin, lines }) =>
    onInstance(cloud, isAdmin, (reached) => reached.consoleLog(id, lines)),
  render: (output) => ({ body: JSON.stringify({ output }), transitional: true }),
};

/** What is below one instance, apart from its actions. */
export function instanceOperations(mount: Mount): void {
  mount
    .addRead(INSTANCE_OPERATION_ROUTES.history, history)
    // Programs print passwords on the console.
    .addRead(INSTANCE_OPERATION_ROUTES.consoleLog, consoleLog, { ttl: 'none' })
    .add(INSTANCE_OPERATION_ROUTES.console, openConsole);
}

async function openConsole(c: Context<GatewayEnv>): Promise<Response> {
  const id = pathId(c.req.param('id'), 'instance');
  const { type } = await decodeBody(c, INSTANCE_OPERATION_ROUTES.console.body);
  const { cloud, principal } = c.var;
  return respondJson(
    c,
    await onInstance(cloud, isAdmin(principal), (reached) => reached.openConsole(id, type)),
  );
}

function encodeHistoryEntry({ id, action, startedAt, message, userId }: HistoryEntry): HistoryEntryBody {
  return { id, action, started_at: startedAt, message, user_id: userId };
}
