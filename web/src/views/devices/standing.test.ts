import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { DeviceSchema } from '../../wire/messages.ts';
import { age_words, in_order, newest_words, rate_words, reject_list } from './standing.ts';

const device = (more: object) =>
  v.parse(DeviceSchema, { device: 'hid_scale:usb-1-1', driver: 'hid_scale', state: 'live', ...more });

describe('devices', () => {
  it('puts those without a bed first and keeps the others in their place', () => {
    const names = in_order([
      device({ device: 'b', bed: 'bed-10' }),
      device({ device: 'c', bed: 'bed-2', state: 'lost' }),
      device({ device: 'd', state: 'refused' }),
      device({ device: 'e', state: 'unassigned' }),
    ]).map((d) => d.device);
    expect(names).toEqual(['e', 'd', 'c', 'b']);
  });

  it('tells the rate against the nominal one, and none before it has spoken', () => {
    expect(rate_words(device({}))).toBeUndefined();
    expect(rate_words(device({ samples: 9, nominal_hz: 100, measured_hz: 99.9, fitted_hz: 100.012 }))).toBe(
      '99.9 of 100.0 per second, 100.01 fitted',
    );
    expect(rate_words(device({ samples: 9, measured_hz: 2 }))).toBe('2.00 per second');
  });

  it('never makes a number of what is not known', () => {
    expect(newest_words(device({}))).toBeUndefined();
    expect(newest_words(device({ newest: { v: null, quantity: 'load', unit: 'kg' } }))).toBeUndefined();
    expect(newest_words(device({ newest: { v: 71.2, quantity: 'load', unit: 'kg' } }))).toBe('71.20 kg');
    expect(age_words(device({}))).toBe('none yet');
    expect(reject_list(device({}))).toBe('');
  });
});
