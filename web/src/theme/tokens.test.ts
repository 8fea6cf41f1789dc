import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { contrast } from './contrast.ts';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

function tokens_of(theme: string): Record<string, string> {
  const block = new RegExp(`\\[data-theme=["']${theme}["']\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/gi)].map((m) => [m[1]!, m[2]!]),
  );
}

const text_on = [
  // Text, and how much it needs: 4.5 in any size, 3 where it is always large or bold.
  ['ink', 4.5],
  ['quiet', 4.5],
  ['asleep', 4.5],
  ['restless', 4.5],
  ['awake', 4.5],
  ['out', 4.5],
  ['unknown', 4.5],
] as const;
const shapes_on = [
  ['control', 3],
  ['trace', 3],
] as const;
const grounds = ['ground', 'card'] as const;

test('the measure itself: black on white is 21', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#5a6170', '#f7f5f0')).toBeCloseTo(5.7, 1);
});

describe.each(['day', 'dark', 'red', 'amber'])('%s', (theme) => {
  const tokens = tokens_of(theme);

  test('has every token', () => {
    expect(Object.keys(tokens).sort()).toEqual(Object.keys(tokens_of('day')).sort());
    expect(Object.keys(tokens).length).toBeGreaterThan(15);
  });

  for (const ground of grounds) {
    for (const [name, need] of [...text_on, ...shapes_on]) {
      test(`${name} on ${ground} reaches ${need}`, () => {
        expect(contrast(tokens[name]!, tokens[ground]!)).toBeGreaterThanOrEqual(need);
      });
    }
  }

  test('what is written on ink can be read', () => {
    expect(contrast(tokens.ground!, tokens.ink!)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(['high', 'medium', 'low'])('alarm %s can be read', (level) => {
    expect(contrast(tokens[`alarm-${level}`]!, tokens[`alarm-${level}-ink`]!)).toBeGreaterThanOrEqual(4.5);
  });

  test('red, yellow and cyan are for alarms alone', () => {
    if (theme === 'red' || theme === 'amber') return;
    const alarms = ['high', 'medium', 'low'].map((level) => tokens[`alarm-${level}`]!);
    for (const [name, value] of Object.entries(tokens)) {
      if (!name.startsWith('alarm')) expect(alarms, name).not.toContain(value);
    }
  });
});

test.each(['red', 'amber'])('%s is black in the first byte', (theme) => {
  expect(tokens_of(theme).ground).toBe('#000000');
  expect(tokens_of(theme).card).toBe('#000000');
});

test('what is set before the first paint is what the theme then says', () => {
  const boot = readFileSync(new URL('../../index.html', import.meta.url), 'utf8');
  for (const theme of ['day', 'dark', 'red', 'amber']) {
    const ground = new RegExp(`${theme}: '(#[0-9A-F]{6})'`).exec(boot)?.[1]?.toLowerCase();
    expect(ground).toBe(tokens_of(theme).ground);
  }
});

test('no colour is named outside the tokens', () => {
  const folder = new URL('../', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.svelte'),
  );
  expect(files.length).toBeGreaterThan(15);
  for (const name of files) {
    const style = /<style>([\s\S]*)<\/style>/.exec(readFileSync(new URL(name, folder), 'utf8'))?.[1] ?? '';
    expect(style.match(/#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(/gi) ?? [], name).toEqual([]);
  }
});
