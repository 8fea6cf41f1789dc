import type { Bed, Told } from '../../live/bed.svelte.ts';
import type { BedState } from '../../wire/messages.ts';

/** Who may need somebody first. The tiles keep their place; only this list is sorted. */
const order: Record<BedState, number> = { unknown: 0, out_of_bed: 1, restless: 2, awake: 3, asleep: 5 };

/** Out of bed before any night has begun needs nobody; who calls needs somebody first. */
export function need_of(bed: Bed, told: Told): number {
  if (bed.facts.calls.length > 0) return -1;
  if (told.live && told.state === 'out_of_bed' && bed.night === null) return 4;
  return order[told.state];
}

export function by_need(beds: readonly Bed[], told_of: (bed: Bed) => Told): { bed: Bed; told: Told }[] {
  return beds
    .map((bed, place) => ({ bed, told: told_of(bed), place }))
    .sort(
      (a, b) =>
        need_of(a.bed, a.told) - need_of(b.bed, b.told) ||
        (a.told.since ?? 0) - (b.told.since ?? 0) ||
        a.place - b.place,
    );
}
