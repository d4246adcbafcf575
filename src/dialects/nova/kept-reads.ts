/**
 * Reads that are told again for a moment, as far as nobody can tell the difference by what they did themselves.
 *
 * - Whoever reads after a write of theirs, through either dialect and any gateway, hears what the cloud said after that write:
 *   what is kept belongs to the version of the project that was current before the cloud was asked, and is told only while it is.
 * - What goes on by itself is heard as it goes: no server with a task or in passing, no image that is not ready is kept, and
 *   nothing for a while after a change, for Nova shows some of it late.
 * - Administrators hear the cloud itself, for they see what is not their project's. What they change may be everybody's, and
 *   ends everything that is kept.
 * - An answer is told to the same user in the same project with the same roles, who asks in the same words.
 *
 * @module
 */

import { monotonicMs } from '../../clock.ts';
import type { CloudCredential } from '../../compute/cloud.ts';
import { LruMap } from '../../lru-map.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { CacheKey, CacheScope } from '../../traffic/cache/cache-key.ts';
import type { ProjectVersion, ProjectVersions } from '../../traffic/versions/project-versions.ts';
import type { CloudSession, ForwardRequest } from './pass-through.ts';
import { withoutProject } from './permissions.ts';
import type { ProxiedResponse } from './proxied-response.ts';
import type { Target } from './target.ts';

export interface AskedRead {
  readonly session: CloudSession;
  readonly kind: CloudCredential['kind'];
  readonly target: Target;
  readonly request: ForwardRequest;
  readonly publicUrl: string;
  /** As metrics name it. */
  readonly route: string;
}

/** A read whose answer may be kept. */
export interface KeptRead {
  /** All that the answer may depend on. */
  readonly key: string;
  readonly projectId: string;
  readonly rule: Rule;
  readonly route: string;
}

export interface KeptReadsOptions {
  /** Whether anything is kept. */
  readonly on: boolean;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** Whose version says what administrators changed: no project has this id. */
const EVERYBODY = 'everybody';
/** OpenStack's policies know the role by this name. */
const ADMIN_ROLE = 'admin';

interface Rule {
  /** Milliseconds that an answer may be old. */
  readonly lifetime: number;
  /** What an answer must not say anywhere to be kept. */
  readonly passing: RegExp | null;
  /** Whether its project's changes show in it, perhaps late. */
  readonly settles: boolean;
}

const SERVERS: Rule = {
  lifetime: 1_000,
  passing:
    /"OS-EXT-STS:task_state": ?"|"status": ?"(?!(?:ACTIVE|SHUTOFF|ERROR|PAUSED|SUSPENDED|RESCUE|VERIFY_RESIZE|SHELVED_OFFLOADED)")/,
  settles: true,
};
const IMAGES: Rule = { lifetime: 1_000, passing: /"status": ?"(?!(?:active|deactivated)")/, settles: true };
/** As in the redu dialect. */
const FLAVORS: Rule = { lifetime: 60_000, passing: null, settles: false };

const RULES: Readonly<Record<string, Rule>> = {
  'compute servers': SERVERS,
  'compute flavors': FLAVORS,
  'image images': IMAGES,
};

/** How long after a change of its project nothing is kept, milliseconds. */
const SETTLING = 5_000;
const MAX_PROJECTS = 10_000;
/** Room for all of them together, characters. */
const ROOM = 8_388_608;
const LARGEST = 131_072;
/** What an entry costs beside its texts. */
const OVERHEAD = 1_000;

interface Kept {
  /** A text. */
  readonly prepared: ProxiedResponse & { readonly body: string };
  readonly versions: string;
  /** When the cloud was asked, monotonic milliseconds. */
  readonly at: number;
}

export class KeptReads {
  readonly #versions: ProjectVersions;
  readonly #metrics: Metrics;
  readonly #on: boolean;
  readonly #now: () => number;
  readonly #kept = new LruMap<Kept>({
    weight: {
      of: ({ prepared }, key) => prepared.body.length + key.length + OVERHEAD,
      max: ROOM,
      heaviest: LARGEST,
    },
  });
  /** When a project was last changed; monotonic milliseconds. */
  readonly #changed = new LruMap<number>({ max: MAX_PROJECTS });
  #allChanged = Number.NEGATIVE_INFINITY;

  constructor(versions: ProjectVersions, metrics: Metrics, { on, now = monotonicMs }: KeptReadsOptions) {
    this.#versions = versions;
    this.#metrics = metrics;
    this.#on = on;
    this.#now = now;
    versions.onChange((change) => {
      if (change === null || change.projectId === EVERYBODY) this.#allChanged = now();
      else this.#changed.set(change.projectId, now());
    });
  }

  /** What is asked, as far as its answer may be kept; null when it may not, and the cloud has to be asked each time. */
  readOf(asked: AskedRead): KeptRead | null {
    const rule = this.#on ? ruleFor(asked) : null;
    if (rule === null) return null;
    return { key: keyOf(asked), projectId: asked.session.project.id, rule, route: asked.route };
  }

  /** @param fetch Asks the cloud. */
  async tell(read: KeptRead, fetch: () => Promise<ProxiedResponse>): Promise<ProxiedResponse> {
    const { key, projectId, rule, route } = read;
    const own = await this.#versions.current(projectId);
    const all = await this.#versions.current(EVERYBODY);
    const versions = versionsOf(own, all);
    const at = this.#now();
    const kept = this.#good(read, own, all, at);
    this.#metrics.count('cache_requests', { result: kept === null ? 'miss' : 'hit', route });
    if (kept !== null) return again(kept, at);
    const prepared = await fetch();
    const settled = !rule.settles || at - this.#changedAt(projectId) > SETTLING;
    if (settled && mayBeKept(prepared, rule)) this.#kept.set(key, { prepared, versions, at });
    return prepared;
  }

  /** What `tell` would tell without asking anybody; null when it would ask. */
  atHand(read: KeptRead): ProxiedResponse | null {
    const own = this.#versions.peek?.(read.projectId) ?? null;
    const all = own && (this.#versions.peek?.(EVERYBODY) ?? null);
    if (own === null || all === null) return null;
    const at = this.#now();
    const kept = this.#good(read, own, all, at);
    return kept === null ? null : again(kept, at);
  }

  #good({ key, rule }: KeptRead, own: ProjectVersion, all: ProjectVersion, at: number): Kept | null {
    const kept = this.#kept.get(key);
    if (kept?.versions !== versionsOf(own, all)) return null;
    const age = at - kept.at;
    const lifetime = Math.min(rule.lifetime, own.maxAge ?? rule.lifetime, all.maxAge ?? rule.lifetime);
    return age >= 0 && age < lifetime ? kept : null;
  }

  /** To be called when an administrator may have changed something, beside the change of the project. */
  async administered(): Promise<void> {
    await this.#versions.bump({ projectId: EVERYBODY, instanceIds: [] });
  }

  #changedAt(projectId: string): number {
    return Math.max(this.#allChanged, this.#changed.get(projectId) ?? Number.NEGATIVE_INFINITY);
  }
}

function versionsOf(own: ProjectVersion, all: ProjectVersion): string {
  return `${own.number} ${all.number}`;
}

export function isAdministrator({ roles }: CloudSession): boolean {
  return roles.some(({ name }) => name.toLowerCase() === ADMIN_ROLE);
}

function ruleFor({ session, target, request }: AskedRead): Rule | null {
  const { service, segments, query } = target;
  const [resource = '', id, part] = withoutProject(service, segments);
  const rule = RULES[`${service} ${resource}`];
  if (rule === undefined || request.method !== 'GET' || isAdministrator(session)) return null;
  const isWhole = part === undefined || (resource === 'flavors' && part === 'os-extra_specs');
  if (!isWhole || (resource === 'images' && id === undefined && query.has('member_status'))) return null;
  const conditional = ['range', 'if-match', 'if-none-match'].some((name) => name in request.headers);
  const ofOthers = query.has('all_tenants') || query.has('all_projects');
  return conditional || ofOthers ? null : rule;
}

/** All that the cloud's answer may depend on, and the links in it. */
function keyOf({ session, kind, request, publicUrl }: AskedRead): string {
  const { user, project, roles, accessRules } = session;
  const caller = {
    userId: user.id,
    projectId: project.id,
    roles: roles.map(({ name }) => name),
    ...(accessRules !== undefined && { accessRules }),
  };
  const { 'user-agent': _, ...words } = request.headers;
  const others = [publicUrl, ...Object.entries(words).flat()];
  return CacheKey.of(
    CacheScope.of(caller, kind, { ofUser: true, others }),
    `${request.service} ${request.path}`,
  ).text;
}

function mayBeKept(prepared: ProxiedResponse, { passing }: Rule): prepared is Kept['prepared'] {
  const { status, body } = prepared;
  return status === 200 && typeof body === 'string' && passing?.test(body) !== true;
}

function again({ prepared, at }: Kept, now: number): ProxiedResponse {
  const headers = { ...prepared.headers, age: String(Math.floor((now - at) / 1_000)), 'x-cache': 'HIT' };
  return { ...prepared, headers };
}
