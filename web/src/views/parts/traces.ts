import { around, from_zero } from '../../charts/sweep.ts';
import type { Bed } from '../../live/bed.svelte.ts';

/** How the two traces of a bed are drawn: units as wire/live.hpp states them. */
export const load_trace = { name: 'Load', unit: 'kg', per_raw: 0.01, decimals: 1, ranger: around(50) };

const activity_range = from_zero(20);
const share_range = from_zero(20);
const movement_range = from_zero(10);

/** Hundredths of a kg where the bed has load sensors, else tenths of a per cent of a mat or a motion sensor, else mg. */
export function movement_trace(bed: Bed) {
  if (!bed.weighs && bed.shares) {
    return {
      quantity: 'movement_percent',
      unit: '%',
      per_raw: 0.1,
      decimals: 0,
      ranger: share_range,
    } as const;
  }
  const worn = !bed.weighs && bed.reading.activity_mg !== null;
  return worn
    ? ({ quantity: 'activity_mg', unit: 'mg', per_raw: 1, decimals: 0, ranger: activity_range } as const)
    : ({ quantity: 'movement_kg', unit: 'kg', per_raw: 0.01, decimals: 2, ranger: movement_range } as const);
}
