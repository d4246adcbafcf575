/** Work in progress, which whoever needs the same joins. */
export interface Flight<T> {
  /** Monotonic milliseconds. */
  readonly began: number;
  readonly landed: Promise<T>;
}

/** One piece of work at a time for each name. */
export class Flights<T> {
  readonly #flights = new Map<string, Flight<T>>();

  get(name: string): Flight<T> | undefined {
    return this.#flights.get(name);
  }

  /** Begins one in place of any other of that name, which goes on for those who have joined it. */
  begin(name: string, work: () => Promise<T>, now: number): Flight<T> {
    const flight: Flight<T> = { began: now, landed: work() };
    this.#flights.set(name, flight);
    const gone = () => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    };
    flight.landed.then(gone, gone);
    return flight;
  }
}
