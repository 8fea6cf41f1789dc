import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { launch, open } from './chromium.ts';
import { Daemon, simulator } from './daemon.ts';

/** A button at the bed, by umockdev: from the report on the bus to what the person and the caregiver see. */

const folder = mkdtempSync(join(tmpdir(), 'vigil-button-'));
const config = join(folder, 'vigil.toml');
let daemon: Daemon;
let browser: Browser;

/** A sanitizer's runtime has to come before umockdev's. */
function preload(): string {
  const needed = execFileSync('ldd', [simulator('button_simulator')]).toString();
  const asan = /libasan\S* => (\S+)/.exec(needed)?.[1];
  return [asan, 'libumockdev-preload.so.0'].filter((x) => x).join(':');
}

beforeAll(async () => {
  writeFileSync(
    config,
    '[[bed]]\nname = "bed-1"\nlabel = "Bed 1"\n\n[[device]]\ndriver = "button"\nbed = "bed-1"\nport = "1-1"\n',
  );
  daemon = new Daemon({
    args: ['--config', config],
    within: {
      command: [simulator('button_simulator'), '--plugged', '--keyboard', '--'],
      env: { LD_PRELOAD: preload() },
    },
  });
  [browser] = await Promise.all([launch(), daemon.start()]);
});
beforeEach(async () => {
  const states = async () =>
    (await daemon.get<{ devices: { state: string }[] }>('/api/v1/health')).devices.map((d) => d.state);
  await expect.poll(states, { timeout: 20_000 }).toContain('live');
});
afterAll(async () => {
  await browser?.close();
  daemon?.tell('kill');
  await daemon?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a flare: the kiosk says it was noted and offers the pad; the caregiver sees it on the strip and in words', async () => {
  const kiosk = await open(browser, `${daemon.url}/kiosk/bed-1`, { theme: 'red', width: 1024, height: 600 });
  const home = await open(browser, `${daemon.url}/home/bed-1`, { width: 390, height: 844 });
  await kiosk.page.locator('[data-stage=ring] button').waitFor();
  await home.page.locator('[data-freshness=live]').waitFor();

  daemon.tell('press');
  await kiosk.page.locator('[data-stage=pad]').waitFor();
  expect(await kiosk.page.locator('[data-noted=true]').innerText()).toBe('Pain flare noted.');
  expect(await kiosk.page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
    'rgb(0, 0, 0)',
  );
  expect((await new AxeBuilder({ page: kiosk.page }).analyze()).violations).toEqual([]);
  // The keyboard of the kiosk is enough for the number.
  await kiosk.page.keyboard.press('6');
  await kiosk.page.keyboard.press('Enter');
  await kiosk.page.locator('[data-phase=noted]').waitFor();
  const log = await daemon.events();
  expect(log.filter((e) => e.kind === 'pain.checkin').map((e) => e.data.score)).toEqual([6]);
  const kinds = log.map((e) => e.kind).filter((k) => /^(button|pain)\./.test(k));
  expect(kinds).toEqual(['button.pressed', 'pain.flare', 'pain.prompted', 'pain.checkin']);

  await home.page.getByText('Pain flare, by button').first().waitFor();
  await home.page.locator('path.flare').first().waitFor({ state: 'attached' });
  expect(kiosk.complaints).toEqual([]);
  await kiosk.context.close();
  await home.context.close();
});

test('a call stands on every page until somebody says seen', async () => {
  const home = await open(browser, `${daemon.url}/home/bed-1`, { width: 390, height: 844 });
  const lab = await open(browser, `${daemon.url}/lab`, { width: 1600, height: 900 });
  await Promise.all([home, lab].map(({ page }) => page.locator('[data-freshness=live]').first().waitFor()));
  daemon.tell('hold');
  await lab.page.locator('[data-call=bed-1]').getByText('Bed 1 calls.').waitFor();
  daemon.tell('release');
  await lab.page.reload();
  await lab.page.locator('[data-call=bed-1]').waitFor();
  expect((await new AxeBuilder({ page: lab.page }).include('.calls').analyze()).violations).toEqual([]);

  await home.page.getByRole('alert').getByText('calls.').waitFor();
  await home.page.getByRole('button', { name: 'Seen: the call of Bed 1' }).press('Enter');
  await home.page.locator('[data-call]').waitFor({ state: 'detached' });
  await lab.page.locator('[data-call]').waitFor({ state: 'detached' });
  expect((await daemon.events()).map((e) => e.kind).filter((k) => k.startsWith('call.'))).toEqual([
    'call.made',
    'call.seen',
  ]);
  await home.context.close();
  await lab.context.close();
});
