import type { LogEvent } from '../wire/events.ts';

/**
 * The log as this page holds it: each number once, in order, without a hole. What comes twice is dropped; what comes
 * too early is refused, and the page asks again from the last it holds.
 */
export class Sequence {
  /** Up to here everything that was asked for has been received; 0: nothing yet. */
  through = 0;
  duplicates = 0;
  holes = 0;
  #begun = false;

  /** `contiguous`: all beds are followed, so that a missing number can be noticed here. */
  constructor(readonly contiguous: boolean) {}

  /** Whether to ask with `since`: something of this log has been received. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Returns the events that are new, or undefined when one is missing before them. */
  take(events: readonly LogEvent[]): LogEvent[] | undefined {
    const fresh: LogEvent[] = [];
    for (const event of events) {
      if (event.seq === 0) {
        fresh.push(event);
        continue;
      }
      if (event.seq <= this.through) {
        this.duplicates++;
        continue;
      }
      if (this.contiguous && this.#begun && event.seq !== this.through + 1) {
        this.holes++;
        return fresh.length > 0 ? fresh : undefined;
      }
      this.through = event.seq;
      this.#begun = true;
      fresh.push(event);
    }
    return fresh;
  }

  /** The server says that its history up to here has been sent. */
  reached(seq: number): void {
    this.through = Math.max(this.through, seq);
    this.#begun = true;
  }

  /** Whether this history frame ends before where it says: a hole at its end. */
  complete(seq: number): boolean {
    return !this.contiguous || this.through >= seq;
  }

  reset(): void {
    this.through = 0;
    this.#begun = false;
  }
}
