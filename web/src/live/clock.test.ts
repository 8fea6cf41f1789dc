import { expect, test } from 'vitest';
import { moment, ms_since, ServerClock } from './clock.ts';

class Hands {
  s = 0;
  w = 1_000_000;
  steady = () => this.s;
  wall = () => this.w;
  pass(ms: number) {
    this.s += ms;
    this.w += ms;
  }
}

test('time that passed while the machine slept counts', () => {
  const hands = new Hands();
  const then = moment(hands);
  hands.w += 60_000;
  expect(ms_since(then, hands)).toBe(60_000);
});

test('a wall clock that was set back makes nothing younger', () => {
  const hands = new Hands();
  const then = moment(hands);
  hands.pass(5_000);
  hands.w -= 3_600_000;
  expect(ms_since(then, hands)).toBe(5_000);
});

test('the server’s time goes on from what it last said, at its scale', () => {
  const hands = new Hands();
  const clock = new ServerClock(hands);
  expect(clock.now()).toBe(1_000_000);
  clock.scale = 60;
  clock.state(5_000_000);
  hands.pass(1_000);
  expect(clock.now()).toBe(5_060_000);
});

test('a scale of nought is no scale', () => {
  const clock = new ServerClock(new Hands());
  clock.scale = 0;
  expect(clock.scale).toBe(1);
});
