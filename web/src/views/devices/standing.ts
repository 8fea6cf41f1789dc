import type { Device } from '../../wire/messages.ts';
import { lasting, reject_words } from '../../words.ts';

/** What the page says of a device. */

export const state_words = {
  opening: 'Opening',
  live: 'Live',
  stale: 'Silent',
  lost: 'Lost',
  refused: 'Cannot be used',
  unassigned: 'No bed yet',
} as const;

/** A shape for each state, so that none rests on colour. */
export const state_marks = {
  opening: '◌',
  live: '●',
  stale: '◐',
  lost: '○',
  refused: '✕',
  unassigned: '◇',
} as const;

const rank = { unassigned: 0, refused: 1, lost: 2, stale: 3, opening: 4, live: 5 } as const;

/** Those without a bed first, then by bed and identity: a device keeps its place while its state changes. */
export function in_order(devices: readonly Device[]): Device[] {
  const waits = (d: Device) => (d.bed === '' ? 0 : 1);
  return [...devices].sort(
    (a, b) =>
      waits(a) - waits(b) ||
      (waits(a) === 0
        ? rank[a.state] - rank[b.state]
        : a.bed.localeCompare(b.bed, 'en', { numeric: true })) ||
      a.device.localeCompare(b.device, 'en', { numeric: true }),
  );
}

const hz = (n: number) => (n >= 10 ? n.toFixed(1) : n.toFixed(2));

/** "99.98 of 100.0 per second, by its own clock 100.01"; undefined before it has spoken. */
export function rate_words(d: Device): string | undefined {
  if (d.samples === 0) return undefined;
  const nominal = d.nominal_hz > 0 ? ` of ${hz(d.nominal_hz)}` : '';
  const fitted = d.fitted_hz === null ? '' : `, ${d.fitted_hz.toFixed(2)} fitted`;
  return `${hz(d.measured_hz)}${nominal} per second${fitted}`;
}

export function reject_list(d: Device): string {
  return Object.entries(d.rejects)
    .map(([reason, n]) => `${n.toLocaleString('en-GB')} × ${reject_words[reason] ?? reason}`)
    .join(', ');
}

export function age_words(d: Device): string {
  if (d.age_s === null) return 'none yet';
  return d.age_s < 1.5 ? 'now' : `${lasting(d.age_s * 1000)} ago`;
}

/** By which two alike are told apart: press on the bed and see whose moves. */
export function newest_words(d: Device): string | undefined {
  if (!d.newest || d.newest.v === null) return undefined;
  return `${d.newest.v.toFixed(2)} ${d.newest.unit}`.trim();
}
