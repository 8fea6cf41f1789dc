import type { EntryBody } from '../wire/rest.ts';
import { browser_elapsed, type Elapsed, type Moment, moment, ms_since } from './clock.ts';

const least_ms = 60_000;
const answer_ms = 5_000;

/**
 * Tells the daemon that the bedside screen was touched: a sign of wake, not an entry that the person made. So it is
 * kept nowhere, tried once, and nobody is told when it fails; late it would tell of a wrong time.
 */
export class Touch {
  #told: Moment | undefined;

  constructor(
    private readonly post: (bed: string, body: EntryBody, signal: AbortSignal) => Promise<unknown>,
    private readonly elapsed: Elapsed = browser_elapsed,
  ) {}

  /** Never throws, never waits. */
  touched(bed: string): void {
    if (this.#told && ms_since(this.#told, this.elapsed) < least_ms) return;
    this.#told = moment(this.elapsed);
    try {
      const body = { id: crypto.randomUUID(), kind: 'kiosk.touched', data: {} };
      this.post(bed, body, AbortSignal.timeout(answer_ms)).catch(() => undefined);
    } catch {
      // No answer is wanted, so none is missed.
    }
  }
}
