import type { NightFigures } from '../../wire/events.ts';
import type { Validation } from '../../wire/rest.ts';
import { clock_hm, lasting, minutes } from '../../words.ts';

/** A night's figures in rows: what it is called, its value, what the data allow, what the live scores came to. */

export interface Row {
  /** As the daemon names it, also in its definitions. */
  key: string;
  /** Where the daemon's own title could not be read. */
  title: string;
  value: string;
  /** "5 h 40 to 6 h 35"; empty: nothing else is likely, or it is not told. */
  range: string;
  /** What the live scores alone came to, when that is another number. */
  live: string;
}

const percent = (x: number | null): string => (x === null ? 'not known' : `${x.toFixed(0)} %`);
const count = (x: number | null): string => (x === null ? 'not known' : String(x));

type Words = (x: number | null) => string;

export function range_words(
  low: number | null,
  high: number | null,
  value: number | null,
  words: Words,
): string {
  if (low === null && high === null) return '';
  if (low === null) return `at most ${words(high)}`;
  if (high === null) return low !== null && Math.round(low) <= 0 ? '' : `at least ${words(low)}`;
  if (words(low) === words(high)) return value !== null && words(value) === words(low) ? '' : words(low);
  return without_first_unit(`${words(low)} to ${words(high)}`);
}

/** "18 min to 30 min" is "18 to 30 min". */
const without_first_unit = (range: string): string =>
  range.replace(/^(\d+) (min|%) to (\d+ \2)$/, '$1 to $3');

function row(
  key: string,
  title: string,
  words: Words,
  value: number | null,
  more: { low?: number | null; high?: number | null; live?: number | null } = {},
): Row {
  const live = more.live ?? null;
  return {
    key,
    title,
    value: words(value),
    range: range_words(more.low ?? null, more.high ?? null, value, words),
    live: live === null || words(live) === words(value) ? '' : words(live),
  };
}

/** Those that answer "how was the night?". */
export const main_rows = (f: NightFigures): Row[] => [
  row('tst_min', 'Time asleep (TST)', minutes, f.tst_min, {
    low: f.tst_low_min,
    high: f.tst_high_min,
    live: f.live_tst_min,
  }),
  row('tib_min', 'Time in bed (TIB)', minutes, f.tib_min),
  row('sol_min', 'Time to fall asleep (SOL)', minutes, f.sol_min, {
    low: f.sol_low_min,
    high: f.sol_high_min,
    live: f.live_sol_min,
  }),
  row('waso_min', 'Awake after falling asleep (WASO)', minutes, f.waso_min, {
    low: f.waso_low_min,
    high: f.waso_high_min,
    live: f.live_waso_min,
  }),
  row('nwak_1min', 'Awakenings of 1 min or more (NWAK)', count, f.nwak_1min, {
    live: f.live_nwak_1min,
  }),
  row('se_percent', 'Sleep efficiency (SE)', percent, f.se_percent, {
    low: f.se_low_percent,
    high: f.se_high_percent,
    live: f.live_se_percent,
  }),
];

export const more_rows = (f: NightFigures): Row[] => [
  row('nwak_5min', 'Awakenings of 5 min or more (NWAK)', count, f.nwak_5min, {
    live: f.live_nwak_5min,
  }),
  row('spt_min', 'Sleep period (SPT)', minutes, f.spt_min),
  row('maintenance_percent', 'Sleep maintenance', percent, f.maintenance_percent),
  row('twak_min', 'Awake before getting up (TWAK)', minutes, f.twak_min),
  row('twt_min', 'Awake in all (TWT)', minutes, f.twt_min),
  row('exits', 'Times out of bed', count, f.exits),
  row('position_changes', 'Changes of position', count, f.position_changes),
  row('restless_episodes', 'Restless episodes', count, f.restless_episodes),
  row('movement_index_percent', 'Movement index', percent, f.movement_index_percent),
  row('fragmentation_percent', 'Fragmentation index', percent, f.fragmentation_percent),
  row('unknown_min', 'Unknown', minutes, f.unknown_min),
];

/** "Asleep 6 h 10 of 8 h 00 in bed (5 h 40 to 6 h 35 is likely)". */
export function headline(f: NightFigures): string {
  const range = range_words(f.tst_low_min, f.tst_high_min, f.tst_min, minutes);
  const asleep =
    f.tst_min === null
      ? `In bed for ${minutes(f.tib_min)}; time asleep not known`
      : `Asleep ${minutes(f.tst_min)} of ${minutes(f.tib_min)} in bed`;
  if (range === '') return asleep;
  return `${asleep} (${range}${range.startsWith('at ') ? '' : ' is likely'})`;
}

/** Never 100 % while something is missing. */
export const known_percent = (f: NightFigures): string =>
  f.coverage_percent >= 99.5 && f.unknown_min > 0 ? '>99 %' : percent(f.coverage_percent);

/** "92 % of the night seen; longest gap 40 min, 01:10 to 01:50". The gap's place only where it is the same gap. */
export function coverage_words(
  f: NightFigures,
  gap: { from: number; to: number } | undefined,
  what: string,
): string {
  const seen = `${known_percent(f)} of the ${what} seen`;
  const longest = f.longest_gap_min ?? (gap === undefined ? 0 : (gap.to - gap.from) / 60_000);
  if (longest <= 0)
    return f.unknown_min > 0 ? `${seen}; ${minutes(f.unknown_min)} not known` : `${seen}, without a gap`;
  const same = longest >= 1 && gap !== undefined && Math.abs((gap.to - gap.from) / 60_000 - longest) <= 1;
  const length = longest < 1 ? `${Math.round(longest * 60)} s` : minutes(longest);
  return `${seen}; longest gap ${length}${same ? `, ${clock_hm(gap.from)} to ${clock_hm(gap.to)}` : ''}`;
}

const movement_awakenings = 'Awakenings are movement awakenings.';
const as_published =
  'Published sensors of movement see about a third (wrist) to three quarters (mattress) of quiet wake.';
const own_caution =
  'People in pain lie awake still, and a sensor of movement takes that for sleep. Out of bed, a button press and a check-in are certain wake.';

/** Printed under every figure that comes of sensors: the daemon's own caution, and how large the error is elsewhere. */
export const known_bias = (caution = own_caution): string =>
  `${caution || own_caution} ${movement_awakenings} ${as_published}`;

const share = (x: number | null, low: number | null, high: number | null): string => {
  if (x === null) return '';
  const two = (y: number) => (y < 0 ? '−' : '') + Math.abs(y).toFixed(2).replace(/^0/, '');
  return `${two(x)}${low === null || high === null ? '' : ` (${two(low)} to ${two(high)})`}`;
};

const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(0)}`;
const bias = (x: number | null, low: number | null, high: number | null): string =>
  x === null
    ? ''
    : `${signed(x)} min${low === null || high === null ? '' : ` (${signed(low)} to ${signed(high)})`}`;

/** "In this lab (Lab 2, 12 nights of 8 people, 2026-11-28, estimator 1): ..."; empty: nothing was stored. */
export function validation_words(v: Validation | null | undefined): string {
  if (!v || v.lab === '') return '';
  const of = [
    v.lab,
    `${v.nights} ${v.simulated ? 'simulated ' : ''}${v.nights === 1 ? 'night' : 'nights'}${v.people > 0 ? ` of ${v.people} ${v.people === 1 ? 'person' : 'people'}` : ''}`,
    v.measured,
    v.version && !v.algorithm.endsWith(v.version) ? `${v.algorithm} ${v.version}` : v.algorithm,
  ].filter((part) => part !== '');
  const said = (name: string, text: string) => (text === '' ? '' : `${name} ${text}`);
  const parts = [
    said('sensitivity for sleep', share(v.sensitivity, v.sensitivity_low, v.sensitivity_high)),
    said('specificity for wake', share(v.specificity, v.specificity_low, v.specificity_high)),
    said('kappa', share(v.kappa, v.kappa_low, v.kappa_high)),
    said('time asleep', bias(v.tst_bias_min, v.tst_low_min, v.tst_high_min)),
    said('wake after onset', bias(v.waso_bias_min, v.waso_low_min, v.waso_high_min)),
    v.awakenings_true_5min > 0
      ? `awakenings of 5 min: ${v.awakenings_found_5min} of ${v.awakenings_true_5min} found, ${v.awakenings_invented_5min} not real`
      : '',
    v.latency_median_s === null ? '' : `confirmed after ${lasting(v.latency_median_s * 1000)} (median)`,
  ].filter((part) => part !== '');
  return `In this lab (${of.join(', ')}): ${parts.length > 0 ? parts.join('; ') : 'nothing could be measured'}.`;
}
