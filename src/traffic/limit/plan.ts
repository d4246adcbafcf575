/** What a plan admits; `LINGUANOVA_PLANS`. */
export interface Plan {
  readonly name: string;
  /** Points that one key, with all it is rotated to, may spend in a window. */
  readonly points: number;
  /** Points that all keys of a project on this plan may spend together in a window. */
  readonly projectPoints: number;
  /** How long a window is. It begins with the first request after the last one ended. */
  readonly seconds: number;
}
