import { describe, expect, test } from 'vitest';
import type { NightFigures } from '../../wire/events.ts';
import type { Night, Validation } from '../../wire/rest.ts';
import { set_zone } from '../../words.ts';
import {
  coverage_words,
  headline,
  known_bias,
  main_rows,
  more_rows,
  range_words,
  validation_words,
} from './figures.ts';
import { last_night } from './night.ts';

set_zone('Etc/UTC');
const at = (text: string) => Date.parse(`2026-11-22T${text}:00Z`);

const figures: NightFigures = {
  tib_min: 480,
  sol_min: 22,
  waso_min: 46,
  tst_min: 370,
  se_percent: 77.1,
  sol_low_min: 18,
  sol_high_min: null,
  waso_low_min: 46,
  waso_high_min: 46,
  tst_low_min: 340,
  tst_high_min: 395,
  se_low_percent: 70.8,
  se_high_percent: 82.3,
  spt_min: 448,
  maintenance_percent: 82.6,
  twak_min: null,
  twt_min: 78,
  movement_index_percent: 6.2,
  fragmentation_percent: 4.1,
  nwak_1min: 4,
  nwak_5min: 2,
  exits: 1,
  position_changes: 17,
  restless_episodes: 2,
  unknown_min: 40,
  longest_gap_min: 40,
  coverage_percent: 91.7,
  nap: false,
  live_sol_min: 22,
  live_waso_min: 34,
  live_tst_min: 382,
  live_se_percent: null,
  live_nwak_1min: 3,
  live_nwak_5min: 2,
  changed_min: 14,
};

/** As a night of an older log has them: without range, gap or live scores. */
const old: NightFigures = Object.fromEntries(
  Object.entries(figures).map(([key, value]) =>
    /low|high|live|gap|spt|maint|twa|twt|index|frag|changed/.test(key) ? [key, null] : [key, value],
  ),
) as unknown as NightFigures;

const row = (key: string, f = figures) => [...main_rows(f), ...more_rows(f)].find((r) => r.key === key)!;

test('a figure with its range, and the live one where it is another', () => {
  expect(row('tst_min')).toMatchObject({ value: '6 h 10', range: '5 h 40 to 6 h 35', live: '6 h 22' });
  expect(row('se_percent')).toMatchObject({ value: '77 %', range: '71 to 82 %', live: '' });
  expect(row('sol_min')).toMatchObject({ value: '22 min', range: 'at least 18 min', live: '' });
  expect(row('waso_min')).toMatchObject({ value: '46 min', range: '', live: '34 min' });
  expect(row('nwak_1min')).toMatchObject({ value: '4', live: '3' });
  expect(row('nwak_5min')).toMatchObject({ value: '2', live: '' });
  expect(row('twak_min')).toMatchObject({ value: 'not known', range: '', live: '' });
});

test('an older log, which has none of it, is shown without', () => {
  for (const r of [...main_rows(old), ...more_rows(old)]) {
    if (r.key !== 'se_percent') expect(r.range, r.key).toBe('');
    expect(r.live, r.key).toBe('');
  }
  expect(coverage_words(old, undefined, 'night')).toBe('92 % of the night seen; 40 min not known');
});

test('every figure stands once', () => {
  const keys = [...main_rows(figures), ...more_rows(figures)].map((r) => r.key);
  expect(new Set(keys).size).toBe(keys.length);
});

describe('range', () => {
  const min = (x: number | null) => (x === null ? 'not known' : `${x} min`);
  test.each([
    [null, null, 5, ''],
    [5, 5, 5, ''],
    [5, 7, 5, '5 to 7 min'],
    [5, null, 6, 'at least 5 min'],
    [null, 7, 6, 'at most 7 min'],
    [0.2, null, null, ''],
    [5, 5, null, '5 min'],
  ])('%s to %s about %s: %s', (low, high, value, words) => {
    expect(range_words(low, high, value, min)).toBe(words);
  });
});

test('the night in one sentence', () => {
  expect(headline(figures)).toBe('Asleep 6 h 10 of 8 h 00 in bed (5 h 40 to 6 h 35 is likely)');
  expect(headline({ ...figures, tst_low_min: null, tst_high_min: null })).toBe(
    'Asleep 6 h 10 of 8 h 00 in bed',
  );
  expect(headline({ ...figures, tst_min: null, tst_low_min: null, tst_high_min: null })).toBe(
    'In bed for 8 h 00; time asleep not known',
  );
});

test('a sensor gap of 40 min is said, with its place where the record has it', () => {
  const gap = { from: at('01:10'), to: at('01:50') };
  expect(coverage_words(figures, gap, 'night')).toBe(
    '92 % of the night seen; longest gap 40 min, 01:10 to 01:50',
  );
  expect(coverage_words(figures, undefined, 'night')).toBe('92 % of the night seen; longest gap 40 min');
  // Another stretch than the figure means is not passed off as it.
  expect(coverage_words(figures, { ...gap, to: at('03:00') }, 'night')).toBe(
    '92 % of the night seen; longest gap 40 min',
  );
  const whole = { ...figures, unknown_min: 0, longest_gap_min: 0, coverage_percent: 100 };
  expect(coverage_words(whole, undefined, 'nap')).toBe('100 % of the nap seen, without a gap');
  const nearly = { ...figures, unknown_min: 0.5, longest_gap_min: 0.5, coverage_percent: 99.9 };
  expect(coverage_words(nearly, undefined, 'night')).toBe('>99 % of the night seen; longest gap 30 s');
});

test('the known bias is told with the daemon’s caution, and without it', () => {
  expect(known_bias('Mind this.')).toMatch(/^Mind this\. .*movement awakenings.*third/);
  expect(known_bias()).toMatch(/lie awake still/);
  expect(known_bias('')).toMatch(/lie awake still/);
});

const nothing: Validation = {
  lab: 'Lab 2',
  algorithm: 'estimator 1',
  version: '1',
  program: '',
  measured: '2026-11-28',
  nights: 12,
  people: 0,
  epochs: 0,
  sensitivity: null,
  sensitivity_low: null,
  sensitivity_high: null,
  specificity: null,
  specificity_low: null,
  specificity_high: null,
  kappa: null,
  kappa_low: null,
  kappa_high: null,
  tst_bias_min: null,
  tst_low_min: null,
  tst_high_min: null,
  sol_bias_min: null,
  sol_low_min: null,
  sol_high_min: null,
  waso_bias_min: null,
  waso_low_min: null,
  waso_high_min: null,
  awakenings_true_1min: 0,
  awakenings_found_1min: 0,
  awakenings_invented_1min: 0,
  awakenings_true_5min: 0,
  awakenings_found_5min: 0,
  awakenings_invented_5min: 0,
  latency_median_s: null,
  latency_p90_s: null,
  simulated: false,
};

test('what was measured in this lab is printed, and nothing when it was withdrawn', () => {
  expect(validation_words(null)).toBe('');
  expect(validation_words({ ...nothing, lab: '' })).toBe('');
  expect(validation_words(nothing)).toBe(
    'In this lab (Lab 2, 12 nights, 2026-11-28, estimator 1): nothing could be measured.',
  );
  const measured: Validation = {
    ...nothing,
    people: 8,
    simulated: true,
    sensitivity: 0.931,
    sensitivity_low: 0.9,
    sensitivity_high: 0.953,
    kappa: -0.05,
    tst_bias_min: 12.4,
    tst_low_min: -30,
    tst_high_min: 55,
    awakenings_true_5min: 19,
    awakenings_found_5min: 17,
    awakenings_invented_5min: 2,
    latency_median_s: 74,
  };
  expect(validation_words(measured)).toBe(
    'In this lab (Lab 2, 12 simulated nights of 8 people, 2026-11-28, estimator 1): sensitivity for sleep .93 (.90 to .95); kappa −.05; time asleep +12 min (−30 to +55); awakenings of 5 min: 17 of 19 found, 2 not real; confirmed after 1 min (median).',
  );
});

test('the last night is no nap, unless nothing else is near', () => {
  const n = (night: string, closed: number | null, nap = false) =>
    ({ night, closed, figures: { nap } }) as unknown as Night;
  const now = at('20:00');
  const main = n('main', at('07:00'));
  const nap = n('nap', at('15:00'), true);
  const open = n('open', null);
  expect(last_night([open, nap, main], now)?.night).toBe('main');
  expect(last_night([nap, n('long ago', at('07:00') - 30 * 3_600_000)], now)?.night).toBe('nap');
  expect(last_night([open], now)).toBeUndefined();
});
