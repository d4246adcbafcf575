import type { Context } from 'hono';
import { KeyTokens } from '../../access/key-token.ts';
import type { Principal } from '../../access/principal.ts';
import type { GatewayEnv } from '../../context.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import { LruMap } from '../../lru-map.ts';
import type { AtHand, ToldReads } from '../../traffic/cache/at-hand.ts';
import { say } from './answer.ts';
import { requestHeaders } from './headers.ts';
import type { KeptRead, KeptReads } from './kept-reads.ts';
import type { CloudSession, PassThrough } from './pass-through.ts';
import type { PublicUrl } from './public-url.ts';

/** What a request has found out on its way, that holds for the next one of the same key in the same words. */
export interface Before {
  /** It changes with the key: its scopes, its plan, its project. */
  readonly principal: Principal;
  /** Another object once the cloud has let the caller in anew. */
  readonly session: CloudSession;
  readonly read: KeptRead;
}

export interface ToldBeforePorts {
  readonly passThrough: Pick<PassThrough, 'knownSession'>;
  readonly keptReads: Pick<KeptReads, 'atHand'>;
  readonly tokens: Pick<KeyTokens, 'known'>;
  readonly requestTarget: RequestTarget;
  readonly publicUrl: PublicUrl;
}

const MAX_REMEMBERED = 10_000;
const LONGEST_NAME = 1_000;

/** Remembers who was told what of the cloud's own answers, so that the next one need not find out again whether it may be. */
export class ToldBefore implements ToldReads {
  readonly #ports: ToldBeforePorts;
  readonly #remembered = new LruMap<Before>({ max: MAX_REMEMBERED });

  constructor(ports: ToldBeforePorts) {
    this.#ports = ports;
  }

  keyIn(c: Context<GatewayEnv>): string | undefined {
    const text = c.req.header('x-auth-token')?.trim();
    return text !== undefined && KeyTokens.isToken(text) ? this.#ports.tokens.known(text) : text;
  }

  note(c: Context<GatewayEnv>, before: Before): void {
    const name = this.#nameOf(before.principal, c);
    if (name.length > LONGEST_NAME) return;
    const known = this.#remembered.get(name);
    if (known?.principal === before.principal && known.session === before.session) return;
    this.#remembered.set(name, before);
  }

  find(principal: Principal, c: Context<GatewayEnv>): AtHand | null {
    const before = this.#remembered.get(this.#nameOf(principal, c));
    if (before?.principal !== principal) return null;
    const { passThrough, keptReads } = this.#ports;
    if (passThrough.knownSession(principal.credential) !== before.session) return null;
    const prepared = keptReads.atHand(before.read);
    if (prepared === null) return null;
    return { route: before.read.route, result: 'hit', answer: (beside) => say(beside, prepared) };
  }

  /** Whatever the answer may depend on, in the client's own words. */
  #nameOf({ keyId }: Principal, c: Context<GatewayEnv>): string {
    const { requestTarget, publicUrl } = this.#ports;
    let name = `${keyId} ${requestTarget(c)} ${publicUrl(c)}`;
    const words = requestHeaders(c.req.raw.headers, true);
    for (const word in words) if (word !== 'user-agent') name += `\n${word}: ${words[word]}`;
    return name;
  }
}
