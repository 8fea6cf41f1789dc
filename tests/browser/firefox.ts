import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';

/** Debian's own Firefox, driven by WebDriver BiDi over its remote port: no driver program is needed. */

const places = [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'];
export const firefox_program = (): string | undefined => places.find((path) => path && existsSync(path));

interface Answer {
  id?: number;
  type?: string;
  method?: string;
  result?: Record<string, unknown>;
  error?: string;
  message?: string;
  params?: Record<string, unknown>;
}

export class Firefox {
  /** Errors the page wrote to its console. */
  readonly complaints: string[] = [];
  #child: ChildProcess | undefined;
  #profile = '';
  #socket: WebSocket | undefined;
  #context = '';
  #id = 0;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  async start(): Promise<void> {
    const program = firefox_program();
    if (!program) throw new Error('no Firefox');
    this.#profile = mkdtempSync(join(tmpdir(), 'vigil-firefox-'));
    writeFileSync(
      join(this.#profile, 'user.js'),
      [
        ['browser.shell.checkDefaultBrowser', false],
        ['browser.startup.homepage_override.mstone', 'ignore'],
        ['datareporting.policy.dataSubmissionEnabled', false],
        ['toolkit.telemetry.reportingpolicy.firstRun', false],
        ['app.update.enabled', false],
        ['network.captive-portal-service.enabled', false],
        ['network.connectivity-service.enabled', false],
      ]
        .map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});\n`)
        .join(''),
    );
    const child = spawn(
      program,
      [
        '--headless',
        '--no-remote',
        '--profile',
        this.#profile,
        '--remote-debugging-port',
        '0',
        'about:blank',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: this.#profile } },
    );
    this.#child = child;
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stderr?.on('data', (text: Buffer) => {
        said += text.toString();
        const found = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(said);
        if (found) resolve(found[1]!);
      });
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`Firefox ended with ${code}:\n${said}`)));
    });
    const socket = new WebSocket(`${address}/session`);
    this.#socket = socket;
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.on('message', (data) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
      else if (answer.method === 'log.entryAdded' && answer.params?.level === 'error') {
        this.complaints.push(String(answer.params.text));
      }
    });
    await this.#ask('session.new', { capabilities: {} });
    await this.#ask('session.subscribe', { events: ['log.entryAdded'] });
    const { contexts } = (await this.#ask('browsingContext.getTree', {})) as {
      contexts: { context: string }[];
    };
    this.#context = contexts[0]!.context;
  }

  async go(url: string): Promise<void> {
    await this.#ask('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  /** The value of an expression in the page: text, number, truth or nothing. */
  async value(expression: string): Promise<unknown> {
    const { type, result, exceptionDetails } = (await this.#ask('script.evaluate', {
      expression,
      target: { context: this.#context },
      awaitPromise: true,
      userActivation: true,
    })) as { type: string; result?: { value?: unknown }; exceptionDetails?: { text: string } };
    if (type !== 'success') throw new Error(exceptionDetails?.text ?? 'the page threw');
    return result?.value;
  }

  /** Until the expression is true. */
  async until(expression: string, within_ms = 20_000): Promise<void> {
    const end = Date.now() + within_ms;
    while (!(await this.value(`Boolean(${expression})`))) {
      if (Date.now() > end)
        throw new Error(`never true: ${expression}\n${await this.value('document.body.innerText')}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** A real tap of the pointer in the middle of the element. */
  async tap(selector: string): Promise<void> {
    const place = String(
      await this.value(`(() => {
        const { left, top, width, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
        return [left + width / 2, top + height / 2].map(Math.round).join();
      })()`),
    );
    const [x, y] = place.split(',').map(Number);
    await this.#ask('input.performActions', {
      context: this.#context,
      actions: [
        {
          type: 'pointer',
          id: 'finger',
          parameters: { pointerType: 'touch' },
          actions: [
            { type: 'pointerMove', x, y },
            { type: 'pointerDown', button: 0 },
            { type: 'pointerUp', button: 0 },
          ],
        },
      ],
    });
  }

  async close(): Promise<void> {
    this.#socket?.terminate();
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const forced = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await gone;
      clearTimeout(forced);
    }
    if (this.#profile) rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #ask(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = ++this.#id;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#socket!.send(JSON.stringify({ id, method, params }));
    const answer = await answered;
    this.#waiting.delete(id);
    if (answer.error) throw new Error(`${method}: ${answer.error}: ${answer.message}`);
    return answer.result ?? {};
  }
}
