/** @module Actions that change whether and how a guest runs. States and tasks as nova.compute.api has them. */

import { type Fields, json, randomText } from '../http.ts';
import { begin, type Rule } from './begin.ts';
import { isVolumeBacked } from './block-devices.ts';
import type { NovaCall } from './call.ts';
import { badRequest } from './faults.ts';
import { change, POWER } from './lifecycle.ts';
import type { Server } from './model.ts';

/** From one state through a task to another. */
interface Step extends Rule {
  task: string;
  to: string;
  power: number;
}

const STEPS = {
  stop: {
    what: 'stop',
    states: ['active', 'error'],
    task: 'powering-off',
    to: 'stopped',
    power: POWER.shutdown,
  },
  start: { what: 'start', states: ['stopped'], task: 'powering-on', to: 'active', power: POWER.running },
  pause: { what: 'pause', states: ['active'], task: 'pausing', to: 'paused', power: POWER.paused },
  unpause: { what: 'unpause', states: ['paused'], task: 'unpausing', to: 'active', power: POWER.running },
  suspend: {
    what: 'suspend',
    states: ['active'],
    task: 'suspending',
    to: 'suspended',
    power: POWER.suspended,
  },
  resume: { what: 'resume', states: ['suspended'], task: 'resuming', to: 'active', power: POWER.running },
  restore: {
    what: 'restore',
    states: ['soft-delete'],
    task: 'restoring',
    to: 'active',
    power: POWER.running,
  },
  unrescue: { what: 'unrescue', states: ['rescued'], task: 'unrescuing', to: 'active', power: POWER.running },
} satisfies Record<string, Step>;

function step(rule: Step) {
  return (call: NovaCall, server: Server): undefined =>
    begin(call, server, rule, [[0.3, rule.task]], () =>
      change(call.cloud, server, { vmState: rule.to, taskState: null, powerState: rule.power }),
    );
}

export const stop = step(STEPS.stop);
export const start = step(STEPS.start);
export const pause = step(STEPS.pause);
export const unpause = step(STEPS.unpause);
export const suspend = step(STEPS.suspend);
export const resume = step(STEPS.resume);
export const unrescue = step(STEPS.unrescue);
export const restore = step(STEPS.restore);

const HARD = ['active', 'stopped', 'paused', 'suspended', 'error'];

/** A soft reboot signals the guest and needs a running one; a hard one also starts what does not run. */
export function reboot(call: NovaCall, server: Server, given: Fields): undefined {
  const hard = String(given.type).toUpperCase() === 'HARD';
  const tasks = hard
    ? [
        'rebooting',
        'reboot_pending',
        'reboot_started',
        'rebooting_hard',
        'resuming',
        'unpausing',
        'pausing',
        'suspending',
      ]
    : [];
  const rule = { what: 'reboot', states: hard ? HARD : ['active'], tasks };
  const task = hard ? 'rebooting_hard' : 'rebooting';
  return begin(
    call,
    server,
    rule,
    [
      [0.2, task],
      [0.2, hard ? 'reboot_started_hard' : 'reboot_started'],
    ],
    () => change(call.cloud, server, { vmState: 'active', taskState: null, powerState: POWER.running }),
  );
}

/** Only this response has the password of the rescue system. */
export function rescue(call: NovaCall, server: Server, given: Fields): Response {
  const rule = { what: 'rescue', states: ['active', 'stopped', 'error'] };
  if (isVolumeBacked(server) && call.minor < 87) {
    throw badRequest(`Instance ${server.id} cannot be rescued: Cannot rescue a volume-backed instance`);
  }
  begin(call, server, rule, [[0.4, 'rescuing']], () =>
    change(call.cloud, server, { vmState: 'rescued', taskState: null, powerState: POWER.running }),
  );
  return json(200, { adminPass: typeof given.adminPass === 'string' ? given.adminPass : randomText(9) });
}
