const WILDCARD = /(\*\*|\*|\{[^{}]*\})/;
const SLASH = '/';
const BITS = 32;

/** A character; null: any one but a slash. */
type Step = string | null;
/** What may follow any number of times in a state. */
type Loop = 'any' | 'segment';

/**
 * The path of an access rule: `*` and `{name}` stand for at least one character of a segment, `**` for any text.
 *
 * A comparison follows all alternatives at once, as bits. It takes at most `words` steps per character of the path, whatever the
 * wildcards are; a regular expression takes exponential time for some patterns.
 */
export class PathPattern {
  readonly words: number;
  /** Characters before the first wildcard. */
  readonly #prefix: string;
  /** Of the rest. State n: n steps are done. */
  readonly #steps: readonly Step[];
  readonly #loops = new Map<number, Loop>();
  /** States in which a character is a step; of characters that no step names at null. */
  readonly #onward: ReadonlyMap<Step, Int32Array>;
  readonly #overSlash: Int32Array;
  readonly #inSegment: Int32Array;

  constructor(pattern: string) {
    const [prefix = '', ...rest] = pattern.split(WILDCARD);
    const steps: Step[] = [];
    for (const [index, part] of rest.entries()) {
      if (index % 2 === 1) steps.push(...part.split(''));
      else if (part === '**') this.#loops.set(steps.length, 'any');
      else this.#loops.set(steps.push(null), 'segment');
    }
    this.#prefix = prefix;
    this.#steps = steps;
    this.words = Math.floor(steps.length / BITS) + 1;
    this.#onward = this.#steppingStates();
    this.#overSlash = this.#staying((loop) => loop === 'any');
    this.#inSegment = this.#staying(() => true);
  }

  matches(path: string): boolean {
    if (this.#loops.size === 0) return path === this.#prefix;
    return path.startsWith(this.#prefix) && this.#matchesRest(path);
  }

  #matchesRest(path: string): boolean {
    const { words } = this;
    const others = this.#onward.get(null) ?? new Int32Array(words);
    const states = new Int32Array(words);
    states[0] = 1;
    for (let index = this.#prefix.length; index < path.length; index++) {
      const character = path.charAt(index);
      const stepping = this.#onward.get(character) ?? others;
      const staying = character === SLASH ? this.#overSlash : this.#inSegment;
      let carry = 0;
      let left = 0;
      for (let word = 0; word < words; word++) {
        const now = states[word] as number;
        const stepped = now & (stepping[word] as number);
        const next = (stepped << 1) | carry | (now & (staying[word] as number));
        states[word] = next;
        left |= next;
        carry = stepped >>> (BITS - 1);
      }
      if (left === 0) return false;
    }
    return hasBit(states, this.#steps.length);
  }

  #steppingStates(): ReadonlyMap<Step, Int32Array> {
    const any = new Int32Array(this.words);
    for (const [state, step] of this.#steps.entries()) if (step === null) setBit(any, state);
    const onward = new Map<Step, Int32Array>([[null, any]]);
    for (const character of new Set([SLASH, ...this.#steps])) {
      if (character !== null)
        onward.set(character, character === SLASH ? new Int32Array(this.words) : any.slice());
    }
    for (const [state, step] of this.#steps.entries()) {
      const states = step === null ? undefined : onward.get(step);
      if (states !== undefined) setBit(states, state);
    }
    return onward;
  }

  #staying(isLoop: (loop: Loop) => boolean): Int32Array {
    const states = new Int32Array(this.words);
    for (const [state, loop] of this.#loops) if (isLoop(loop)) setBit(states, state);
    return states;
  }
}

function setBit(words: Int32Array, bit: number): void {
  const word = Math.floor(bit / BITS);
  words[word] = (words[word] ?? 0) | (1 << (bit % BITS));
}

function hasBit(words: Int32Array, bit: number): boolean {
  return ((words[Math.floor(bit / BITS)] ?? 0) & (1 << (bit % BITS))) !== 0;
}
