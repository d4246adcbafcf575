import type { StoredTimestamps } from './freshness.ts';

/** An answer of status 200, ready to be told again to everybody of its scope. Nothing in it belongs to one request. */
export interface CachedResponse extends StoredTimestamps {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** The `Link` to the next page. */
  readonly link: string | null;
  readonly etag: string;
  /** The project's version that was current before the cloud was asked. */
  readonly version: number;
}
