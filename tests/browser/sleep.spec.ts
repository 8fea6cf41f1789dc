import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launch, overflow, type Theme } from './chromium.ts';
import { definitions, epochs, figures, night, Scripted, validation } from './scripted.ts';

// Awake or asleep, how sure, why, and what the morning makes of it: before a daemon whose every word is the test's.

let browser: Browser;
let script: Scripted;

beforeAll(async () => {
  browser = await launch();
});
afterEach(() => script?.close());
afterAll(async () => {
  await browser?.close();
});

const caught_up = (page: Page) => page.waitForFunction(() => (window.__vigil?.through() ?? 0) > 0);

/** One bed within its night, another night before it. */
function one_bed(): Scripted {
  script = new Scripted([{ bed: 'bed-1', person: 'Anna', night_min: 300 }]);
  script.definitions = definitions;
  script.validation = validation;
  script.epochs['bed-1'] = epochs(script.now - 300 * 60_000, [
    { for: 20, state: 'awake' },
    { for: 279, state: 'asleep' },
  ]);
  script.event('bed-1', 'night.opened', { night: 'bed-1-open', ago_s: 0 }, 300);
  script.event('bed-1', 'bed.entered', { ago_s: 0 }, 300);
  script.event('bed-1', 'sleep.began', { ago_s: 0 }, 280);
  script.nights = [night('bed-1', script.now, 600), night('bed-1', script.now, 2040)];
  return script;
}

test('state, how sure and why stand together: on the wall, at the bed, at home in plain words', async () => {
  one_bed();
  for (const [path, sure, why] of [
    ['/lab', 'P(asleep) .98', 'still for 6 min, breath regular'],
    ['/lab/bed-1', 'P(asleep) .98', 'still for 6 min, breath regular'],
    ['/home/bed-1', '(98 %)', 'lying still for 6 min, breathing regularly'],
  ] as const) {
    const { page, context, complaints } = await script.open(browser, path);
    const told = page.locator('[data-sure="surely asleep"]').first();
    await told.waitFor();
    expect(await told.innerText()).toContain('surely asleep');
    expect(((await told.textContent()) ?? '').replace(/\s+/g, ' ')).toContain(sure);
    await page.getByText(why).first().waitFor();
    if (path === '/lab/bed-1') expect(await told.innerText()).toContain('by estimator 1');
    script.set('bed-1', { p_asleep: 0.6, why: 'moving' });
    await page.locator('[data-sure="can’t tell for sure"]').first().waitFor();
    script.set('bed-1', { p_asleep: null });
    await page
      .getByText(path.startsWith('/home') ? 'how sure that is, is not known' : 'P(asleep) not known')
      .first()
      .waitFor();
    script.set('bed-1', { p_asleep: 0.98, why: 'still for 6 min, breath regular' });
    expect(complaints).toEqual([]);
    await context.close();
  }
});

test('what is no longer heard is not sure of anything', async () => {
  one_bed();
  const { page, context } = await script.open(browser, '/lab/bed-1');
  await page.locator('[data-sure]').first().waitFor();
  script.fall_silent();
  await page.locator('[data-state=unknown]').waitFor({ timeout: 15_000 });
  expect(await page.locator('[data-sure]').count()).toBe(0);
  expect(await page.getByText('still for 6 min').count()).toBe(0);
  await context.close();
});

test('where a tile is small a bar says how sure, with words for those who do not see it', async () => {
  script = new Scripted(
    Array.from({ length: 64 }, (_, i) => ({ bed: `bed-${i + 1}`, p_asleep: i === 1 ? null : 0.83 })),
  );
  const { page, context } = await script.open(browser, '/lab', { width: 1920, height: 1080 });
  const tile = page.locator('[data-bed=bed-1]');
  await tile.getByRole('img', { name: 'probably asleep, P(asleep) .83' }).waitFor();
  const wide = (part: string) =>
    tile.locator(`.sure ${part}`).evaluate((e) => Number(e.getAttribute('width')));
  expect((await wide('.fill')) / (await wide('.frame'))).toBeCloseTo(0.83, 5);
  expect(await page.locator('[data-bed=bed-2]').innerText()).toContain('P(asleep) is not known');
  // Nothing of it is cut off.
  for (const one of await page.locator('[data-bed] [data-sure]').all()) {
    const inside = await one.evaluate((e) => {
      const a = e.getBoundingClientRect();
      const b = e.closest('article')!.getBoundingClientRect();
      return a.right <= b.right && a.left >= b.left && a.bottom <= b.bottom;
    });
    expect(inside).toBe(true);
  }
  await context.close();
});

test('a suspected awakening is a hollow mark that fills or fades, in its place', async () => {
  one_bed();
  const { page, context, complaints } = await script.open(browser, '/lab/bed-1');
  await caught_up(page);
  const strip = page.getByRole('slider', { name: /^Night of/ });
  const marks = strip.locator('[data-awakening]');
  const said = page.locator('[data-awakening-said]');
  const kinds = () => marks.evaluateAll((all) => all.map((m) => (m as SVGElement).dataset.awakening));
  const fill = (i: number) =>
    marks
      .nth(i)
      .locator('path')
      .first()
      .evaluate((p) => getComputedStyle(p).fill);
  const colour = (name: string) =>
    page.evaluate((token) => {
      const probe = document.createElement('i');
      probe.style.color = `var(${token})`;
      document.body.append(probe);
      const { color } = getComputedStyle(probe);
      probe.remove();
      return color;
    }, name);

  script.event('bed-1', 'awakening.suspected', { number: 1, ago_s: 12, cause: 'movement' });
  await page.waitForFunction(() => document.querySelectorAll('[data-awakening]').length > 0);
  expect(await kinds()).toEqual(['suspected']);
  await page.waitForTimeout(200);
  expect(await fill(0)).toBe(await colour('--card'));
  await expect.poll(() => said.innerText()).toMatch(/^Awakening of \d\d:\d\d: suspected, not yet sure$/);
  const element = await marks.first().elementHandle();

  script.event('bed-1', 'awakening.confirmed', { number: 1, ago_s: 72, cause: '60 s awake' });
  await strip.locator('[data-awakening=confirmed]').waitFor();
  expect(await element!.evaluate((m) => m.isConnected)).toBe(true);
  await page.waitForTimeout(200);
  expect(await fill(0)).toBe(await colour('--ink'));
  await expect.poll(() => said.innerText()).toMatch(/: confirmed$/);

  script.event('bed-1', 'awakening.suspected', { number: 2, ago_s: 5, cause: 'movement' });
  await page.waitForFunction(() => document.querySelectorAll('.readable [data-awakening]').length > 1);
  const seen = (i: number) =>
    marks
      .nth(i)
      .locator('path')
      .evaluateAll((all) => all.map((p) => getComputedStyle(p).opacity));
  await marks.nth(1).waitFor({ state: 'attached' });
  expect(await seen(1)).toEqual(['1', '0']);
  script.event('bed-1', 'awakening.withdrawn', { number: 2, ago_s: 120, cause: 'still again' });
  await strip.locator('[data-awakening=withdrawn]').waitFor();
  await page.waitForTimeout(200);
  expect(await seen(1)).toEqual(['0', '1']);
  await expect.poll(() => said.innerText()).toMatch(/: suspected, then withdrawn$/);
  expect(await page.locator('[data-awakenings]').first().innerText()).toMatch(
    /1 confirmed\s+1 suspected, then withdrawn/,
  );
  const longest = await marks
    .first()
    .locator('path')
    .first()
    .evaluate((p) => Math.max(...getComputedStyle(p).transitionDuration.split(', ').map(Number.parseFloat)));
  expect(longest).toBeLessThanOrEqual(0.15);
  await strip.focus();
  await page.keyboard.press('End');
  expect(await strip.getAttribute('aria-valuetext')).toContain('awakening suspected, then withdrawn');
  expect(complaints).toEqual([]);
  await context.close();
});

test.each(['/lab/bed-1', '/home/bed-1'])('%s: the last night, live and in the morning', async (path) => {
  one_bed();
  const { page, context, complaints } = await script.open(browser, path);
  const last = page.locator('[data-last-night]');
  await last.getByText('Morning scoring differs from live in 14 min').waitFor();
  expect(await last.locator('[data-differs]').innerText()).toBe(
    'Morning scoring differs from live in 14 min: 12 min taken for sleep were wake, 2 min taken for wake were sleep.',
  );
  expect(await last.locator('[data-headline]').innerText()).toContain('Asleep 6 h 10 of 8 h 00 in bed');
  expect(await last.locator('[data-coverage]').innerText()).toMatch(
    /^92 % of the night seen; longest gap 40 min, \d\d:\d\d to \d\d:\d\d\.$/,
  );

  // What is unknown is hatched over the full height, in both rows; where the two differ stands a bracket.
  const hatches = last.locator('svg path.unknown[fill^="url("]');
  const drawn = await hatches.evaluateAll((all) => all.map((p) => p.getAttribute('d') ?? ''));
  expect(drawn.filter((d) => d !== '')).toHaveLength(2);
  expect(await last.locator('.bracket').count()).toBe(2);
  const heights = await last
    .locator('svg path.asleep, svg path.awake, svg path.out')
    .evaluateAll((all) => all.map((p) => p.getBoundingClientRect().height).filter((h) => h > 0));
  expect(heights.length).toBeGreaterThanOrEqual(6);

  const slider = last.getByRole('slider', { name: /^Last night of/ });
  await slider.focus();
  await page.keyboard.press('Home');
  expect(await slider.getAttribute('aria-valuetext')).toMatch(/^\d\d:\d\d: awake in bed, P\(asleep\) \.08, /);
  // To the middle of the twelve minutes that were taken for sleep.
  for (let i = 0; i < 29; i++) await page.keyboard.press('ArrowRight');
  const there = (await slider.getAttribute('aria-valuetext')) ?? '';
  expect(there).toMatch(/: awake in bed, P\(asleep\) \.08.*; live it was said: asleep, P\(asleep\) \.70/);
  expect(await last.locator('.said').innerText()).toBe(there);
  expect(complaints).toEqual([]);
  await context.close();
});

test('figures: each with its range and, by the keyboard alone, its definition', async () => {
  one_bed();
  const { page, context, complaints } = await script.open(browser, '/lab/bed-1');
  const figure = page.locator('[data-last-night] [data-figure=tst_min]');
  await figure.waitFor();
  expect((await figure.locator('summary').innerText()).replace(/\s+/g, ' ')).toBe(
    'Total sleep time 6 h 10 (5 h 40 to 6 h 35) live: 6 h 22',
  );
  const definition = figure.getByText('The sum of the epochs scored sleep. A gap is never sleep.');
  expect(await definition.isVisible()).toBe(false);
  await figure.locator('summary').focus();
  await page.keyboard.press('Enter');
  expect(await definition.isVisible()).toBe(true);
  await page.keyboard.press('Enter');
  expect(await definition.isVisible()).toBe(false);
  await page.locator('.more > summary').focus();
  await page.keyboard.press('Space');
  expect(await page.locator('[data-figure]').count()).toBe(17);
  expect(await page.locator('[data-figure=unknown_min]').innerText()).toContain('40 min');
  expect(await page.locator('[data-validation]').first().innerText()).toMatch(
    /^In this lab \(Lab 2, 12 simulated nights of 8 people, 2026-11-28, estimator 1\): sensitivity for sleep \.93 \(\.90 to \.95\)/,
  );
  await page
    .getByText(/people in pain/)
    .first()
    .waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test('a nap is called a nap, and any night can be shown', async () => {
  one_bed();
  script.nights.unshift(
    night('bed-1', script.now, 400, {
      night: 'bed-1-nap',
      figures: {
        ...figures,
        nap: true,
        tib_min: 75,
        tst_min: 50,
        longest_gap_min: 0,
        unknown_min: 0,
        coverage_percent: 100,
      },
    }),
  );
  const { page, context } = await script.open(browser, '/lab/bed-1');
  await page.locator('[data-last-night=bed-1-last-600]').waitFor();
  const nap = page.getByRole('row', { name: /Nap/ }).getByRole('button');
  expect(await nap.getAttribute('aria-pressed')).toBe('false');
  await nap.click();
  expect(await nap.getAttribute('aria-pressed')).toBe('true');
  const shown = page.locator('[data-last-night=bed-1-nap]');
  await shown.locator('h2').getByText('Nap').waitFor();
  expect(await shown.locator('[data-coverage]').innerText()).toBe('100 % of the nap seen, without a gap.');
  await page.getByRole('button', { name: 'Back to the last' }).click();
  await page.locator('[data-last-night=bed-1-last-600]').waitFor();
  await context.close();
});

test('in the morning the night is drawn once, as the last', async () => {
  one_bed();
  script.event('bed-1', 'bed.left', { ago_s: 0, stay_s: 18_000 }, 1);
  script.event('bed-1', 'night.closed', { night: 'bed-1-open', ago_s: 0, ...figures }, 1);
  script.beds[0] = { ...script.beds[0]!, state: 'out_of_bed', p_asleep: 0, night_min: undefined };
  script.nights.unshift(night('bed-1', script.now, 1, { night: 'bed-1-open' }));
  for (const path of ['/lab/bed-1', '/home/bed-1']) {
    const { page, context } = await script.open(browser, path);
    await page.locator('[data-last-night=bed-1-open] .readable').waitFor();
    expect(await page.locator('.readable').count()).toBe(1);
    await context.close();
  }
});

test('a page before a daemon that tells no definitions and no record still tells the night', async () => {
  one_bed();
  script.definitions = [];
  script.validation = null;
  script.nights = [
    {
      ...script.nights[0],
      epochs: [],
      events: [],
      figures: { ...figures, tst_low_min: null, tst_high_min: null, live_tst_min: null },
    },
  ];
  const { page, context, complaints } = await script.open(browser, '/lab/bed-1');
  const figure = page.locator('[data-figure=tst_min]');
  await figure.locator('summary').click();
  expect(await figure.innerText()).toContain('Its definition could not be read from Vigil.');
  expect(await figure.locator('summary').innerText()).toMatch(/^Time asleep \(TST\)\s+6 h 10$/);
  expect(await page.locator('[data-validation]').count()).toBe(0);
  await page.getByText('The morning did not score this night again').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test('what was learned of a person is shown, and forgotten only after a second word', async () => {
  one_bed();
  const learned = {
    version: 3,
    nights: 9,
    heart_bpm: 54.2,
    breath_rpm: 13.4,
    moving_percent: 4.1,
    load_kg: null,
  };
  script.event('bed-1', 'baseline.learned', learned, 250);
  const { page, context, complaints } = await script.open(browser, '/lab/bed-1');
  const card = page.locator('section', { has: page.getByRole('heading', { name: 'This person’s own' }) });
  await card.getByText('Learned from 9 nights, version 3').waitFor();
  expect((await card.locator('dl').innerText()).replace(/\s+/g, ' ')).toBe(
    'Heart asleep 54 /min Breath asleep 13.4 /min Moving asleep 4.1 % of the time Load in bed not known',
  );
  const ask = card.getByRole('button', { name: /Somebody else sleeps here now/ });
  await ask.focus();
  await page.keyboard.press('Enter');
  const keep = card.getByRole('button', { name: 'Keep it' });
  await expect.poll(() => keep.evaluate((b) => b === document.activeElement)).toBe(true);
  await page.keyboard.press('Escape');
  await expect.poll(() => ask.evaluate((b) => b === document.activeElement)).toBe(true);
  expect(page.url()).toContain('/lab/bed-1');
  expect(script.posted).toEqual([]);

  await ask.click();
  await card.getByRole('button', { name: 'Forget it' }).click();
  await card.getByText(/Forgotten: in the log, number \d+/).waitFor();
  await card.getByText(/Nothing yet: it was forgotten at/).waitFor();
  expect(script.posted.map(({ bed, kind, data }) => [bed, kind, data])).toEqual([
    ['bed-1', 'baseline.reset', {}],
  ]);
  expect(complaints).toEqual([]);
  await context.close();
});

test('what was learned before the history that the page was sent is looked for', async () => {
  one_bed();
  script.older = [
    {
      ...script.event(
        'bed-1',
        'baseline.learned',
        { version: 7, nights: 30, heart_bpm: 51, breath_rpm: 12, moving_percent: 3, load_kg: 70 },
        2_000,
      ),
      seq: 1_200,
    },
  ];
  script.take_back();
  const { page, context, complaints } = await script.open(browser, '/lab/bed-1');
  await page.getByText('Learned from 30 nights, version 7').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test('forgetting waits on the device while Vigil cannot take it, and is done once', async () => {
  one_bed();
  script.answer = 503;
  const { page, context } = await script.open(browser, '/lab/bed-1');
  const ask = page.getByRole('button', { name: /Somebody else sleeps here now/ });
  await ask.click();
  await page.getByRole('button', { name: 'Forget it' }).click();
  await page.getByText('Kept on this device, will be sent. Until then the old is still used.').waitFor();
  expect(await ask.isDisabled()).toBe(true);
  script.answer = 201;
  await page.getByText(/Forgotten: in the log, number \d+/).waitFor();
  const ids = script.posted.filter((e) => e.kind === 'baseline.reset').map((e) => e.id);
  expect(ids.length).toBeGreaterThan(1);
  expect(new Set(ids).size).toBe(1);
  await context.close();
});

test('a refusal to forget is said, and stays until it is read', async () => {
  one_bed();
  script.answer = 422;
  const { page, context } = await script.open(browser, '/lab/bed-1');
  await page.getByRole('button', { name: /Somebody else sleeps here now/ }).click();
  await page.getByRole('button', { name: 'Forget it' }).click();
  await page.getByText(/Not saved: forgetting what was learned of \d\d:\d\d\. it was refused/).waitFor();
  await page.getByText('Not forgotten. it was refused').waitFor();
  await page.getByRole('button', { name: 'Let it go' }).click();
  expect(await page.getByText('Not saved:').count()).toBe(0);
  await context.close();
});

test('the first touch of the kiosk is told, once a minute, and its failure to nobody', async () => {
  one_bed();
  const { page, context } = await script.open(browser, '/kiosk/bed-1', { theme: 'red' });
  const ring = page.locator('[data-stage=ring] button');
  const touches = () => script.posted.filter((e) => e.kind === 'kiosk.touched').length;
  await ring.click();
  await page.locator('[data-stage=pad]').waitFor();
  await expect.poll(touches).toBe(1);
  await page.getByRole('button', { name: 'Not now' }).click();
  await ring.click();
  await page.locator('[data-stage=pad]').waitFor();
  await page.waitForTimeout(300);
  expect(touches()).toBe(1);
  await context.close();

  script.answer = 503;
  const again = await script.open(browser, '/kiosk/bed-1', { theme: 'red' });
  await again.page.locator('[data-stage=ring] button').click();
  await expect.poll(touches).toBe(2);
  await again.page.locator('[data-stage=pad]').waitFor();
  await again.page.waitForTimeout(300);
  await again.page.getByRole('button', { name: 'Not now' }).click();
  expect(await again.page.locator('.foot').innerText()).toBe('SIMULATED');
  await again.context.close();
});

test('it is not said at the bedside how sure anything is', async () => {
  one_bed();
  const { page, context } = await script.open(browser, '/kiosk/bed-1');
  await page.locator('[data-stage=ring]').waitFor();
  expect(await page.locator('[data-sure]').count()).toBe(0);
  expect(await page.locator('body').innerText()).not.toContain('P(asleep)');
  await context.close();
});

test.each<Theme>(['day', 'dark', 'red', 'amber'])('%s breaks no rule of accessibility', async (theme) => {
  one_bed();
  script.event('bed-1', 'awakening.suspected', { number: 1, ago_s: 12, cause: 'movement' }, 2);
  for (const path of ['/lab', '/lab/bed-1', '/home/bed-1', '/home']) {
    const { page, context } = await script.open(browser, path, { theme });
    await caught_up(page);
    if (path.endsWith('bed-1')) {
      await page.locator('[data-last-night] .readable').waitFor();
      for (const summary of await page.locator('details > summary').all()) await summary.click();
    }
    if (path === '/lab/bed-1') await page.getByRole('button', { name: /Somebody else/ }).click();
    const axe = new AxeBuilder({ page });
    const { violations } = await (theme === 'day' ? axe : axe.withRules(['color-contrast'])).analyze();
    const serious = violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
    expect(serious, `${path} in ${theme}`).toEqual([]);
    await context.close();
  }
});

test('from 320 to 1920 px nothing is wider than the screen, with all that a night has', async () => {
  one_bed();
  for (const path of ['/lab', '/lab/bed-1', '/home/bed-1']) {
    const { page, context } = await script.open(browser, path, { width: 360, height: 780 });
    await caught_up(page);
    if (path !== '/lab') {
      await page.locator('[data-last-night] .readable').waitFor();
      for (const summary of await page.locator('details > summary').all()) await summary.click();
    }
    for (const width of [320, 360, 412, 768, 1000, 1280, 1920]) {
      await page.setViewportSize({ width, height: 780 });
      await page.waitForTimeout(50);
      expect(await overflow(page), `${path} at ${width}`).toBe(0);
    }
    await context.close();
  }
});
