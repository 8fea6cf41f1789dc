import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Daemon } from './daemon.ts';
import { Firefox, firefox_program } from './firefox.ts';

describe.skipIf(firefox_program() === undefined)('in Firefox (skipped where there is none)', () => {
  let daemon: Daemon;
  let firefox: Firefox;

  beforeAll(async () => {
    daemon = new Daemon();
    firefox = new Firefox();
    await Promise.all([daemon.start(), firefox.start()]);
  });
  afterAll(async () => {
    await firefox?.close();
    await daemon?.close();
  });

  test('the wall is live, its traces move, nothing is complained of', async () => {
    await firefox.go(`${daemon.url}/lab`);
    await firefox.until(`document.querySelector('[data-freshness=live]')`);
    await firefox.until(`document.querySelectorAll('[data-bed]:not([data-state=unknown])').length === 2`);
    const picture = `[...document.querySelectorAll('canvas')].map((c) => c.toDataURL()).join()`;
    const before = await firefox.value(picture);
    await firefox.until(`${picture} !== ${JSON.stringify(before)}`);
    await firefox.until(`window.__vigil.seqs().length > 0`);
    expect(await firefox.value(`window.__vigil.holes() + window.__vigil.duplicates()`)).toBe(0);
    expect(firefox.complaints).toEqual([]);
  });

  test('one tap at the kiosk is in the log when the page says so', async () => {
    const bed = (await daemon.get<{ beds: { bed: string }[] }>('/api/v1/beds')).beds[0]!.bed;
    await firefox.go(`${daemon.url}/kiosk/${bed}`);
    await firefox.until(`document.querySelector('[data-stage=ring] button')`);
    expect(await firefox.value(`getComputedStyle(document.documentElement).backgroundColor`)).toBe(
      'rgb(0, 0, 0)',
    );
    await firefox.tap('[data-stage=ring] button');
    await firefox.until(`document.querySelectorAll('.pad button').length === 11`);
    await firefox.tap('.pad button:nth-child(6)');
    await firefox.until(`document.querySelector('[data-phase=noted]')`);
    const log = await daemon.events();
    expect(log.filter((e) => e.kind === 'pain.checkin').map((e) => e.data.score)).toEqual([5]);
    expect(firefox.complaints).toEqual([]);
  });
});
