import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { held, launch, open } from './chromium.ts';
import { type LogLine, program, repository, simulator } from './daemon.ts';

// A real wrist night on a simulated AX3 and a simulated scale, read by the real daemon, seen in a real browser.

const night = join(repository, '../shared/data/wrist_nights/p7n1.TXT.gz');
const speed = 120;
const data = mkdtempSync(join(tmpdir(), 'vigil-night-'));
let browser: Browser;
let rig: ChildProcess | undefined;
let after: ChildProcess | undefined;
let url = '';

const address = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    const hear = (text: Buffer) => {
      said += text.toString();
      const at = /Vigil is at (http:\/\/\S+?)\/?\n/.exec(said);
      if (at) resolve(at[1]!);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('exit', (code) => reject(new Error(`ended with ${code}:\n${said}`)));
  });

/** The daemon within the rig, by the data folder it was given. */
function daemon_pid(): number {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      if (
        words.includes('run') &&
        words.some((w) => w.startsWith(data)) &&
        readlinkSync(`/proc/${entry}/exe`).endsWith('/vigild')
      )
        return Number(entry);
    } catch {
      // it has ended, or is not ours to look at
    }
  }
  throw new Error('no vigild runs in the rig');
}

async function log(): Promise<LogLine[]> {
  const all: LogLine[] = [];
  for (;;) {
    const response = await fetch(`${url}/api/v1/events?since=${all.at(-1)?.seq ?? 0}&limit=500`);
    const { events } = (await response.json()) as { events: LogLine[] };
    if (events.length === 0) return all;
    all.push(...events);
  }
}

beforeAll(async () => {
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  rig?.kill('SIGKILL');
  after?.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
});

test.skipIf(!existsSync(night))(
  'a real night is shown while it happens; a check-in outlives kill -9 in the middle of it',
  async () => {
    const vigild = program();
    rig = spawn(
      simulator('night_rig_simulator'),
      [
        '--vigild',
        vigild,
        '--data',
        data,
        '--night',
        night,
        '--minutes',
        '300',
        '--speed',
        String(speed),
        '--',
        '--listen',
        '127.0.0.1:0',
        '--web',
        join(repository, 'web/dist'),
      ],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0:verify_asan_link_order=0' },
      },
    );
    url = await address(rig);
    const { page, context, complaints } = await open(browser, `${url}/lab/bed-1`);
    await page.evaluate(() => {
      (window as unknown as { untouched: boolean }).untouched = true;
    });
    const shows = (words: string | RegExp) => page.getByText(words).first().waitFor({ timeout: 60_000 });

    // Its own words for what the two sensors say, each as it happens; and that time runs faster than it does.
    await shows(new RegExp(`time .*${speed}`, 'i'));
    await shows('Went to bed');
    await page.locator('[data-state=awake], [data-state=asleep]').first().waitFor({ timeout: 60_000 });
    await shows('Fell asleep');
    await page.locator('[data-state=asleep]').first().waitFor({ timeout: 60_000 });
    await page.locator('[data-freshness=live]').waitFor();

    await page.locator('.pad button').nth(6).click();
    await page.locator('[data-phase=noted]').waitFor({ timeout: 20_000 });
    process.kill(daemon_pid(), 'SIGKILL');
    await page.locator('[data-freshness=lost]').first().waitFor({ timeout: 30_000 });
    expect(await page.locator('[data-state]:not([data-state=unknown])').count()).toBe(0);

    after = spawn(
      vigild,
      [
        'run',
        '--data',
        data,
        '--listen',
        new URL(url).host,
        '--web',
        join(repository, 'web/dist'),
        '--time-scale',
        String(speed),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } },
    );
    expect(await address(after)).toBe(url);
    await page.locator('[data-freshness=live]').waitFor({ timeout: 30_000 });
    const told = await log();
    expect(told.filter((e) => e.kind === 'pain.checkin').map((e) => e.data.score)).toEqual([6]);
    expect(told.map((e) => e.kind)).toContain('recording.gap');
    await page.waitForFunction((n) => (window.__vigil?.seqs().at(-1) ?? 0) >= n, told.at(-1)!.seq);
    const seqs = await held(page);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => (seqs[0] ?? 0) + i));
    expect(await page.evaluate(() => (window as unknown as { untouched?: boolean }).untouched)).toBe(true);
    expect(complaints).toEqual([]);
    await context.close();
  },
  180_000,
);
