import { afterEach, expect, test } from 'vitest';
import { read_event } from './wire/events.ts';
import {
  clock_hm,
  estimator_of,
  home_sentence,
  lasting,
  minutes,
  p_words,
  plain_why,
  quality_words,
  sentence,
  set_zone,
  state_title,
  sure_percent,
  sure_words,
  tell,
  the_zone,
  when,
} from './words.ts';

const now = Date.parse('2026-11-22T03:12:44Z');
const ago = (min: number) => now - min * 60_000;

set_zone('Etc/UTC');
afterEach(() => set_zone('Etc/UTC'));

test.each([
  [0, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [4_320_000, '1 h 12 min'],
  [183_600_000, '2 d 3 h'],
  [-5_000, '0 s'],
])('%i ms last %s', (ms, text) => expect(lasting(ms)).toBe(text));

test('one glance, one sentence', () => {
  expect(sentence({ state: 'asleep', since: ago(72), why: '' }, now)).toBe('Asleep for 1 h 12 min');
  expect(sentence({ state: 'awake', since: ago(31), why: '' }, now)).toBe('Awake since 02:41, in bed');
  expect(sentence({ state: 'unknown', since: ago(3), why: 'scale silent' }, now)).toBe(
    'Unknown: scale silent for 3 min',
  );
  expect(sentence({ state: 'unknown', since: undefined, why: '' }, now)).toBe('Unknown');
  expect(home_sentence('Anna', { state: 'asleep', since: ago(112), why: '' }, now)).toBe(
    'Anna has been asleep since 01:20',
  );
  expect(home_sentence('Anna', { state: 'unknown', since: ago(3), why: 'connection lost' }, now)).toBe(
    'It is not known how Anna is: connection lost, for 3 min',
  );
});

test('times are of the log’s zone, through the hour that comes twice', () => {
  set_zone('Europe/Berlin');
  expect(clock_hm(Date.parse('2026-10-25T00:30:00Z'))).toBe('02:30');
  expect(clock_hm(Date.parse('2026-10-25T01:30:00Z'))).toBe('02:30');
  expect(clock_hm(now)).toBe('04:12');
});

test('a zone the browser does not know changes nothing but itself', () => {
  set_zone('Mars/Olympus');
  expect(clock_hm(now)).toMatch(/^\d\d:\d\d$/);
  expect(the_zone()).not.toContain('Mars');
});

test('another day is named', () => {
  expect(when(ago(60), now)).toBe('02:12');
  expect(when(ago(60 * 30), now)).toBe('Fri 20 Nov 21:12');
});

test('figures that cannot be said are said to be unknown', () => {
  expect(minutes(null)).toBe('not known');
  expect(minutes(48)).toBe('48 min');
  expect(minutes(425)).toBe('7 h 05');
});

test('a rate says how sure it is, and a bed that somebody lies in says so', () => {
  expect(quality_words(0.934)).toBe('p .93');
  expect(quality_words(1)).toBe('p 1');
  expect(quality_words(null)).toBe('');
  const said = { state: 'unknown', since: now, why: 'no sensor', in_bed: true } as const;
  expect(state_title(said)).toBe('In bed');
  expect(sentence(said, now)).toBe('In bed; asleep or awake is unknown');
  expect(home_sentence('Anna', said, now)).toBe('Anna is in bed; asleep or awake is unknown');
  expect(state_title({ ...said, in_bed: false })).toBe('Unknown');
});

test('every kind of the log is told in words', () => {
  const t = new Date(now).toISOString();
  const told = (kind: string, data: Record<string, unknown>) =>
    tell(read_event({ kind, seq: 1, bed: 'b', t, data })!).text;
  expect(told('pain.checkin', { score: 7, regions: ['lower back'], qualities: ['burning'], note: '' })).toBe(
    'Pain 7, lower back, burning',
  );
  expect(told('pain.checkin', { score: 0 })).toBe('No pain (0)');
  expect(told('recording.gap', { lasted_s: 200, cause: 'daemon down', unrecorded: 0 })).toBe(
    'Nothing recorded for 3 min: daemon down',
  );
  expect(told('clock.stepped', { step_s: -3600 })).toBe('The clock was set back by 1 h');
  expect(told('pain.flare', { device: 'button:RED', press: '12', ago_s: 0.6 })).toBe('Pain flare, by button');
  expect(told('bed.tared', { tare_kg: 10.04, cells: 4 })).toBe(
    'The empty bed weighs 10.0 kg on its 4 load cells',
  );
  expect(told('call.seen', { call: 7 })).toBe('Call seen');
  expect(told('baseline.learned', { version: 3, nights: 9 })).toBe(
    'Learned how this person sleeps, from 9 nights',
  );
  expect(told('baseline.reset', {})).toBe('What was learned of this person was forgotten');
  expect(told('kiosk.touched', {})).toBe('Touched the bedside screen');
  expect(told('validation.stored', { lab: 'Lab 2', nights: 12, kappa: 0.6149 })).toBe(
    'Validated in Lab 2 on 12 nights, kappa 0.61',
  );
  expect(told('validation.stored', { lab: '' })).toBe('The figures of the validation were withdrawn');
  expect(told('bed.flooded', {})).toBe('bed.flooded (this page cannot read it)');
});

test.each([
  [1, 'surely asleep', '1'],
  [0.998, 'surely asleep', '>.99'],
  [0.95, 'surely asleep', '.95'],
  [0.9449, 'probably asleep', '.94'],
  [0.75, 'probably asleep', '.75'],
  [0.744, 'can’t tell for sure', '.74'],
  [0.5, 'can’t tell for sure', '.50'],
  [0.26, 'can’t tell for sure', '.26'],
  [0.25, 'probably awake', '.25'],
  [0.06, 'probably awake', '.06'],
  [0.05, 'surely awake', '.05'],
  [0.001, 'surely awake', '<.01'],
  [0, 'surely awake', '0'],
])('P(asleep) %s is "%s", written %s', (p, words, number) => {
  expect(sure_words(p)).toBe(words);
  expect(p_words(p)).toBe(number);
});

test('the words of how sure never say more than the number beside them', () => {
  for (let p = 0; p <= 1; p += 0.001) {
    const shown = Math.round(p * 100) / 100;
    if (sure_words(p) === 'surely asleep') expect(shown).toBeGreaterThanOrEqual(0.95);
    if (sure_words(p) === 'surely awake') expect(shown).toBeLessThanOrEqual(0.05);
  }
});

test.each([
  [1, '100 %'],
  [0.998, '>99 %'],
  [0.98, '98 %'],
  [0.6, '60 % asleep'],
  [0.4, '60 % awake'],
  [0.25, '75 %'],
  [0.03, '97 %'],
  [0.001, '>99 %'],
  [0, '100 %'],
])('P(asleep) %s for a family: %s', (p, text) => expect(sure_percent(p)).toBe(text));

test('who says so, with the version that scored last', () => {
  expect(estimator_of([])).toBe('estimator');
  const epochs = ['estimator 1', 'estimator 2', 'presence 1', ''].map((scorer) => ({ scorer }));
  expect(estimator_of(epochs)).toBe('estimator 2');
});

test('why, for a family', () => {
  expect(plain_why('still for 6 min, breath regular, heart +5')).toBe(
    'lying still for 6 min, breathing regularly, heart 5 beats a minute faster than usual asleep',
  );
  expect(plain_why('stirring for 12 s, perhaps awakening')).toBe('stirring for 12 s, perhaps waking up');
  expect(plain_why('moved just now, breath irregular, heart -4')).toBe(
    'moved just now, breathing unevenly, heart 4 beats a minute slower than usual asleep',
  );
  expect(plain_why('something new')).toBe('something new');
});
