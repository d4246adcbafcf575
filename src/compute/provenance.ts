/**
 * What serving one request has shown about its answer, noted on the way by whoever knows: how old the data is that it was told
 * from, how long it can be told again, and which instances the request changed. One per request, in its `CallContext`.
 */
export class Provenance {
  #asOf = Number.POSITIVE_INFINITY;
  #holdsFor = Number.POSITIVE_INFINITY;
  readonly #changed = new Set<string>();

  /** Part of the answer is as the cloud told it at `at`, epoch milliseconds, and not newer. */
  toldAt(at: number): void {
    this.#asOf = Math.min(this.#asOf, at);
  }

  /** Part of the answer can be told again for `milliseconds` at most after it was told, such as a state that passes. */
  holds(milliseconds: number): void {
    this.#holdsFor = Math.min(this.#holdsFor, milliseconds);
  }

  /** The cloud was asked to change this instance, whatever came of it. */
  changed(instanceId: string): void {
    this.#changed.add(instanceId);
  }

  /** Epoch milliseconds of the oldest part; infinite when all was asked for this request. */
  get asOf(): number {
    return this.#asOf;
  }

  /** Milliseconds; infinite when nothing in it is known to pass. */
  get holdsFor(): number {
    return this.#holdsFor;
  }

  get changedInstances(): ReadonlySet<string> {
    return this.#changed;
  }
}
