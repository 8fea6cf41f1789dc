import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, open, overflow } from './chromium.ts';
import { program, repository, simulator } from './daemon.ts';

let browser: Browser;
let rig: ChildProcess | undefined;
const data = mkdtempSync(join(tmpdir(), 'vigil-devices-'));
const config = join(data, 'vigil.toml');

/** The real vigild with a simulated scale plugged in, that no configuration names. Resolves to its address. */
async function start(listen: string): Promise<string> {
  const scale = simulator('hid_scale_simulator');
  const words = [scale, '--plugged', '--', program(), 'run', '--config', config, '--data', join(data, 'log')];
  const child = spawn(
    'umockdev-wrapper',
    [...words, '--listen', listen, '--web', join(repository, 'web/dist')],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0:verify_asan_link_order=0' },
    },
  );
  rig = child;
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (text: Buffer) => {
      output += text.toString();
      const found = /Vigil is at (http:\/\/\S+)\//.exec(output);
      if (found) resolve(found[1]!);
    });
    child.on('exit', (code) => reject(new Error(`the rig ended with ${code}: ${output}`)));
  });
}

async function stop(): Promise<void> {
  const gone = new Promise((resolve) => rig?.once('exit', resolve));
  rig?.stdin?.write('quit\n');
  await gone;
}

beforeAll(async () => {
  writeFileSync(
    config,
    '[[bed]]\nname = "bed-1"\nlabel = "Bed 1"\n\n[[bed]]\nname = "bed-2"\nlabel = "Bed 2"\n',
  );
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  rig?.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
});

test('a new scale is given a bed on the page, speaks there, and is there after a restart', async () => {
  const url = await start('127.0.0.1:0');
  const { page, context, complaints } = await open(browser, `${url}/devices`, { theme: 'day', width: 360 });
  await page.locator('[data-standing=unassigned]').waitFor();
  await page.getByRole('button', { name: 'Bed 2' }).click();
  await page.locator('[data-standing=live]').waitFor();
  const samples = () => page.locator('.samples').innerText().then(Number);
  await page.locator('.samples').waitFor();
  const before = await samples();
  await page.waitForFunction((n) => Number(document.querySelector('.samples')?.textContent) > n, before);
  expect(await overflow(page)).toBe(0);

  await stop();
  await page.locator('[data-standing=unknown]').waitFor();
  expect(await page.locator('[data-standing=live]').count()).toBe(0);
  expect(await start(new URL(url).host)).toBe(url);
  await page.locator('[data-standing=live]').waitFor();
  expect(await page.locator('[data-device]').innerText()).toContain('Bed 2');
  if (process.env.VIGIL_PICTURES)
    await page.screenshot({ path: join(process.env.VIGIL_PICTURES, 'devices.png') });
  expect(complaints).toEqual([]);
  await context.close();
});
