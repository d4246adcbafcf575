import type { Handler } from 'hono';
import * as z from 'zod';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import { route } from '../../http/route.ts';
import type { OpenStream } from '../../traffic/events/events.ts';
import { pathId } from './path-id.ts';

const streamed = {
  method: 'GET',
  scope: 'instances:read',
  status: 200,
  response: z.string(),
  media: 'text/event-stream',
} as const;

export const PROJECT_EVENTS = route({ ...streamed, path: '/v1/events' });
export const INSTANCE_EVENTS = route({ ...streamed, path: '/v1/instances/{id}/events' });

/** For a gateway without events. */
export const eventsNotImplemented: OpenStream = async () => {
  throw new ComputeError('not_implemented', 'This gateway has no events.');
};

/** `GET /v1/events`: what happens in the project. */
export function projectEvents(open: OpenStream): Handler<GatewayEnv> {
  return function streamProjectEvents(c) {
    return open(c, null);
  };
}

/** `GET /v1/instances/{id}/events`: what happens to one instance, until it is deleted. */
export function instanceEvents(open: OpenStream): Handler<GatewayEnv> {
  return function streamInstanceEvents(c) {
    return open(c, pathId(c.req.param('id'), 'instance'));
  };
}
