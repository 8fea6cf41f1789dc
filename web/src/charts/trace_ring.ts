import { wave_absent, wave_rate_hz } from '../wire/waves.ts';

/** The newest points of one trace on the absolute 10-Hz grid. A point that never came is absent, not zero. */
export class TraceRing {
  /** Grid number of the newest point; -1: nothing yet. */
  newest = -1;
  /** Grid number of the first point that ever came. */
  oldest = 0;
  #values: Int16Array;

  constructor(readonly capacity: number) {
    this.#values = new Int16Array(capacity).fill(wave_absent);
  }

  /** `first`: ms since 1970 of values[0]. Points older than the newest are dropped. */
  add(first: number, values: Int16Array): void {
    const start = Math.round((first * wave_rate_hz) / 1000);
    for (let i = 0; i < values.length; i++) {
      const k = start + i;
      if (k <= this.newest) continue;
      if (this.newest < 0) this.oldest = k;
      const gap = this.newest < 0 ? 0 : Math.min(k - this.newest - 1, this.capacity);
      for (let g = 1; g <= gap; g++) this.#values[(k - g) % this.capacity] = wave_absent;
      this.#values[k % this.capacity] = values[i]!;
      this.newest = k;
    }
  }

  /** Absent when k is not (or no longer) held. */
  at(k: number): number {
    if (k > this.newest || k <= this.newest - this.capacity || k < 0) return wave_absent;
    return this.#values[k % this.capacity]!;
  }

  /** Least and greatest of what is held; undefined: nothing is. */
  extent(): { low: number; high: number } | undefined {
    let low = 32767;
    let high = -32768;
    for (const value of this.#values) {
      if (value === wave_absent) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return low <= high ? { low, high } : undefined;
  }

  clear(): void {
    this.#values.fill(wave_absent);
    this.newest = -1;
  }
}
