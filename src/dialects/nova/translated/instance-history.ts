import type { HistoryEntry } from '../../../compute/instance-operations.ts';
import { novaAction } from '../action-names.ts';
import { findOrThrow, type NovaCall, serverId, unsupported } from './call.ts';
import { nextQuery, pageWindow, paginate } from './lists.ts';

/** Since 2.58 in pages. */
export async function listHistory(call: NovaCall, segment = ''): Promise<Response> {
  const { cloud, minor, query } = call;
  const id = serverId(segment);
  const timed = ['changes-since', 'changes-before'].find((name) => minor >= 58 && query.has(name));
  if (timed !== undefined) throw unsupported(`filtering the actions of a server by ${timed}`);
  const entries = await cloud.listHistory(id);
  const page = minor < 58 ? { items: entries, more: false } : paginate(entries, pageWindow(query));
  const next = nextQuery(call, page);
  const href = `${call.publicUrl}${call.c.req.path}?${next}`;
  return call.c.json({
    instanceActions: page.items.map((entry) => view(call, entry, id)),
    ...(next !== null && { links: [{ rel: 'next', href }] }),
  });
}

/** redu reports no events, which Nova shows members from 2.51 on. */
export async function showHistoryEntry(call: NovaCall, segment = '', requestId = ''): Promise<Response> {
  const { c, cloud, minor } = call;
  const id = serverId(segment);
  const entry = findOrThrow(
    await cloud.listHistory(id),
    (candidate) => candidate.id === requestId,
    'Action',
    requestId,
  );
  return c.json({ instanceAction: { ...view(call, entry, id), ...(minor >= 51 && { events: [] }) } });
}

function view({ c, minor }: NovaCall, entry: HistoryEntry, server: string) {
  const { id, action, startedAt, message, userId } = entry;
  return {
    action: novaAction(action),
    instance_uuid: server,
    request_id: id,
    user_id: userId,
    project_id: c.var.principal.projectId,
    start_time: startedAt.replace(/(?:\.\d+)?Z$/, '.000000'),
    message,
    ...(minor >= 58 && { updated_at: null }),
  };
}
