import type { HistoryEntry } from '../../../compute/instance-operations.ts';
import { novaAction } from '../action-names.ts';
import { findOrThrow, type NovaCall, serverId } from './call.ts';

export async function listHistory({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  const id = serverId(segment);
  const { projectId } = c.var.principal;
  const instanceActions = (await cloud.listHistory(id)).map((entry) => view(entry, id, projectId));
  return c.json({ instanceActions });
}

/** Without the events of the action, which Nova shows members from 2.51 on. */
export async function showHistoryEntry(
  { c, cloud }: NovaCall,
  segment = '',
  requestId = '',
): Promise<Response> {
  const id = serverId(segment);
  const entry = findOrThrow(
    await cloud.listHistory(id),
    (candidate) => candidate.id === requestId,
    'Action',
    requestId,
  );
  return c.json({ instanceAction: view(entry, id, c.var.principal.projectId) });
}

function view({ id, action, startedAt, message, userId }: HistoryEntry, server: string, project: string) {
  return {
    action: novaAction(action),
    instance_uuid: server,
    request_id: id,
    user_id: userId,
    project_id: project,
    start_time: startedAt.replace(/(?:\.\d+)?Z$/, '.000000'),
    message,
  };
}
