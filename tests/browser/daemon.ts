import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The real vigild, started with a data folder of its own and killed as a test wants. */

export const repository = fileURLToPath(new URL('../..', import.meta.url));

const programs = [
  process.env.VIGILD,
  ...['asan', 'release', 'debug'].map((preset) => join(repository, 'build', preset, 'vigild')),
];

export function program(): string {
  const found = programs.find((path) => path && existsSync(path));
  if (!found)
    throw new Error(`no vigild in ${programs.filter((p) => p).join(', ')}: build it, or set VIGILD`);
  return found;
}

/** A simulated device, from the build that has them. */
export function simulator(name: string): string {
  const folders = ['asan', 'debug'].map((preset) => join(repository, 'build', preset, 'simulators'));
  const places = [process.env.VIGIL_SIMULATORS ?? folders[0]!, ...folders].map((folder) =>
    join(folder, name),
  );
  const found = places.find((path) => existsSync(path));
  if (!found) throw new Error(`no ${name} in ${places.join(', ')}: build the tests`);
  return found;
}

export interface Options {
  time_scale?: number;
  args?: string[];
  /** A simulator that runs it, and what it needs: its commands are told by `tell`. */
  within?: { command: string[]; env: Record<string, string> };
}

export class Daemon {
  readonly data = mkdtempSync(join(tmpdir(), 'vigil-browser-'));
  url = '';
  #port = 0;
  #child: ChildProcess | undefined;
  #output = '';

  constructor(private readonly options: Options = {}) {}

  get output(): string {
    return this.#output;
  }

  /** Again after a stop: on the port it had. */
  async start(): Promise<void> {
    const { time_scale, args = ['--demo'], within } = this.options;
    const [first, ...rest] = [...(within?.command ?? []), program()];
    const child = spawn(
      first!,
      [
        ...rest,
        'run',
        ...args,
        '--listen',
        `127.0.0.1:${this.#port}`,
        '--data',
        this.data,
        '--web',
        join(repository, 'web', 'dist'),
        ...(time_scale ? ['--time-scale', String(time_scale)] : []),
      ],
      {
        stdio: [within ? 'pipe' : 'ignore', 'pipe', 'pipe'],
        env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0', ...within?.env },
      },
    );
    this.#child = child;
    child.stderr?.on('data', (text: Buffer) => {
      this.#output += text.toString();
    });
    this.url = await new Promise<string>((resolve, reject) => {
      child.stdout?.on('data', (text: Buffer) => {
        this.#output += text.toString();
        const address = /Vigil is at .*?(http:\/\/\S+)/.exec(
          this.#output.slice(this.#output.lastIndexOf('Vigil is at')),
        );
        if (address) resolve(address[1]!.replace(/\/$/, ''));
      });
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`vigild ended with ${code}:\n${this.#output}`)));
    });
    this.#port = Number(new URL(this.url).port);
  }

  tell(command: string): void {
    this.#child?.stdin?.write(`${command}\n`);
  }

  /** Resolves when the process is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.data, { recursive: true, force: true });
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(this.url + path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** The whole log, in pages. */
  async events(): Promise<LogLine[]> {
    const all: LogLine[] = [];
    for (;;) {
      const since = all[all.length - 1]?.seq ?? 0;
      const page = await this.get<{ events: LogLine[] }>(`/api/v1/events?since=${since}&limit=500`);
      if (page.events.length === 0) return all;
      all.push(...page.events);
    }
  }
}

export interface LogLine {
  seq: number;
  kind: string;
  bed?: string;
  client_id?: string;
  data: Record<string, unknown>;
}
