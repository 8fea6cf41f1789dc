import { build_strip, type Strip } from '../../charts/strip.ts';
import type { Bed } from '../../live/bed.svelte.ts';
import type { Night } from '../../wire/rest.ts';

const hour_ms = 3_600_000;

/**
 * The strip of a bed's present night; without one, of its last stay or night; undefined: nothing to draw yet.
 * When nothing is live, what is known ends with the newest reading.
 */
export function strip_of(bed: Bed, now: number, live: boolean): Strip | undefined {
  const facts = bed.facts;
  const last = facts.nights[facts.nights.length - 1];
  const open = bed.night?.opened ?? (last && last.closed === undefined ? last.opened : undefined);
  const in_bed = bed.reading.state !== 'out_of_bed' && bed.reading.state !== 'unknown';
  const stay =
    in_bed && facts.entered !== undefined && facts.entered > (last?.closed ?? 0) ? facts.entered : undefined;
  const common = {
    now,
    known_until: live ? now : bed.read_at,
    least_ms: hour_ms,
    epochs: bed.epochs,
    seen: bed.seen,
    facts,
  };
  if (open !== undefined) return build_strip({ ...common, from: open });
  if (stay !== undefined) return build_strip({ ...common, from: stay });
  if (last?.closed !== undefined) return build_strip({ ...common, from: last.opened, closed: last.closed });
  const first = bed.seen[0]?.from;
  if (first === undefined) return undefined;
  return build_strip({ ...common, from: Math.max(first, now - 8 * hour_ms) });
}

/**
 * The night to show when nobody chose one: the newest that is over and no nap, unless a day has passed since it; then
 * whatever ended last.
 */
export function last_night(nights: readonly Night[], now: number): Night | undefined {
  const over = nights.filter((n) => n.closed !== null).sort((a, b) => (b.closed ?? 0) - (a.closed ?? 0));
  const main = over.find((n) => n.figures?.nap !== true);
  return main && now - (main.closed ?? 0) < 24 * 3_600_000 ? main : over[0];
}
