import type { Principal } from '../../access/principal.ts';
import type { CloudDriver, SignedInCaller } from '../../compute/cloud.ts';
import { LruMap } from '../../lru-map.ts';
import type { ProjectVersions } from '../versions/project-versions.ts';
import type { AnswerCache, Told } from './answer-cache.ts';
import type { CacheKey } from './cache-key.ts';

/** What a request has found out on its way, that holds for the next one of the same key for the same target. */
export interface Before {
  /** It changes with the key: its scopes, its plan, its project. So does what it is allowed to be told. */
  readonly principal: Principal;
  /** The cloud tells another object once it has let the caller in anew. */
  readonly caller: SignedInCaller;
  readonly key: CacheKey;
  /** As metrics and log name it. */
  readonly route: string;
}

export interface ToldBeforePorts {
  readonly clouds: Pick<CloudDriver, 'knownCaller'>;
  readonly versions: ProjectVersions;
  readonly answers: AnswerCache;
}

const MAX_REMEMBERED = 10_000;
const LONGEST_TARGET = 500;

/** Remembers who was told what, so that the next one like it need not find out again whether it may be. */
export class ToldBefore {
  readonly #ports: ToldBeforePorts;
  readonly #remembered = new LruMap<Before>({ max: MAX_REMEMBERED });

  constructor(ports: ToldBeforePorts) {
    this.#ports = ports;
  }

  /** @param target As the client wrote it. */
  note(target: string, before: Before): void {
    if (target.length > LONGEST_TARGET) return;
    const name = nameOf(before.principal, target);
    const known = this.#remembered.get(name);
    if (known?.principal === before.principal && known.caller === before.caller) return;
    this.#remembered.set(name, before);
  }

  /**
   * What this principal would be told, had it come all the way: the key, the cloud's word and the project's version are as they
   * were, and the answer is fresh. null when any of it is not so, or would have to be asked.
   */
  find(principal: Principal, target: string): { readonly told: Told; readonly route: string } | null {
    const before = this.#remembered.get(nameOf(principal, target));
    if (before?.principal !== principal) return null;
    const { clouds, versions, answers } = this.#ports;
    if (clouds.knownCaller?.(principal.credential) !== before.caller) return null;
    const version = versions.known?.(before.key.projectId) ?? null;
    const told = version === null ? null : answers.atHand(before.key, version.number);
    return told === null ? null : { told, route: before.route };
  }
}

function nameOf({ keyId }: Principal, target: string): string {
  return `${keyId} ${target}`;
}
