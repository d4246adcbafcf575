/** @module The history of a server, which stays readable after the server is gone. */

import { type Fields, json } from '../http.ts';
import { microseconds } from '../timeline.ts';
import type { NovaCall } from './call.ts';
import { notFound } from './faults.ts';
import { findServer, findWithDeleted } from './find-server.ts';
import type { InstanceAction, Server } from './model.ts';

/** GET /servers/{id}/os-instance-actions, newest first. */
export function listActions(call: NovaCall, id: string): Response {
  const server = serverOf(call, id);
  return json(200, { instanceActions: server.actions.map((action) => view(call, server, action)) });
}

/** GET /servers/{id}/os-instance-actions/{request id} */
export function showAction(call: NovaCall, id: string, requestId: string): Response {
  const server = serverOf(call, id);
  const action = server.actions.find((candidate) => candidate.requestId === requestId);
  if (!action) throw notFound(`Action ${requestId} not found`);
  const event = {
    event: `compute__do_${action.action}`,
    start_time: microseconds(action.startedAt),
    finish_time: action.updatedAt === null ? null : microseconds(action.updatedAt),
    result: action.updatedAt === null ? null : 'Success',
    ...(call.minor >= 62 && { hostId: '' }),
  };
  const showsEvents = call.principal.isAdmin || call.minor >= 51;
  return json(200, {
    instanceAction: { ...view(call, server, action), ...(showsEvents && { events: [event] }) },
  });
}

function serverOf(call: NovaCall, id: string): Server {
  return (call.minor >= 21 ? findWithDeleted(call, id) : undefined) ?? findServer(call, id);
}

function view(call: NovaCall, server: Server, action: InstanceAction): Fields {
  return {
    action: action.action,
    instance_uuid: server.id,
    request_id: action.requestId,
    user_id: action.userId,
    project_id: server.projectId,
    start_time: microseconds(action.startedAt),
    message: null,
    ...(call.minor >= 58 && {
      updated_at: action.updatedAt === null ? null : microseconds(action.updatedAt),
    }),
  };
}
