import type { LogEvent } from '../wire/events.ts';
import { baseline_of, type Facts } from './fold.ts';

/** Of the whole log; about as many as a bed makes in two nights. */
const first_step = 2_000;
const most_back = 64_000;

type Learned = Pick<Facts, 'baseline' | 'forgotten'>;

/**
 * What was learned of a bed's person may have been said before the history that this page was sent: looks for it
 * there, in longer and longer steps back from event number `before`. `get` answers with the bed's events after a
 * number, oldest first. Undefined baseline: nothing was found.
 */
export async function look_back(
  get: (since: number) => Promise<readonly LogEvent[]>,
  before: number,
): Promise<Learned> {
  let upto = before;
  for (let step = first_step; upto > 1; step *= 2) {
    const from = Math.max(0, upto - 1 - step);
    let found: Learned = { baseline: undefined, forgotten: undefined };
    for (let since = from; since < upto - 1; ) {
      const page = await get(since);
      const older = page.filter((e) => e.seq < upto);
      const learned = baseline_of(older);
      if (learned.baseline !== undefined) found = learned;
      const last = page[page.length - 1];
      if (last === undefined || last.seq >= upto || last.seq <= since) break;
      since = last.seq;
    }
    if (found.baseline !== undefined || before - from > most_back) return found;
    upto = from + 1;
  }
  return { baseline: undefined, forgotten: undefined };
}
