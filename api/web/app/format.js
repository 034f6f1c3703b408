// Numbers, times and names as people read them.

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const DECIMAL = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** 1,234 or 1.25; a dash for nothing. */
export const number = (value) => (value === null || value === undefined ? '–' : (Number.isInteger(value) ? NUMBER : DECIMAL).format(value));

/** A count with its noun: `1 asset`, `3 assets`. */
export const counted = (count, noun, plural = `${noun}s`) => `${number(count)} ${count === 1 ? noun : plural}`;

const PARTS = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];

/** Seconds as the two largest parts: `24 h 16 min`, `1 min`, `0 s`; null is `never`. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return 'never';
  let rest = Math.round(Math.abs(seconds));
  if (rest === 0) return '0 s';
  if (rest % 86400 === 0) return `${seconds < 0 ? '-' : ''}${rest / 86400} d`;
  const words = [];
  for (const [size, unit] of rest < 3 * 86400 ? PARTS.slice(1) : PARTS) {
    const count = Math.floor(rest / size);
    if (count) words.push(`${count} ${unit}`);
    rest -= count * size;
  }
  return (seconds < 0 ? '-' : '') + words.slice(0, 2).join(' ');
}

const SIZES = { s: 1, m: 60, min: 60, h: 3600, d: 86400 };

/** `8h`, `1h30min`, `90` as seconds; null when empty or not a duration. */
export function seconds(text) {
  if (!text || text === 'inf') return null;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(min|s|m|h|d)/g)) sum += Number(count) * SIZES[unit];
  return sum || null;
}

/** Seconds as a duration that the API and the command line take: `2d`, `90min`, `45s`. */
export function compact(value) {
  const [size, unit] = PARTS.find(([of]) => value % of === 0 && value > 0) ?? PARTS[3];
  return `${Math.round(value / size)}${unit}`;
}

/** Whether *text* is a horizon that the API takes. */
export const isDuration = (text) => /^([0-9]{1,6}(s|min|m|h|d)){1,4}$/.test(text) || /^\d{1,15}$/.test(text);

const MOMENT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });

/** When something was made (ISO 8601) as people say it, in their own time zone: `26 Nov 2026, 12:03`. */
export const moment = (iso) => MOMENT.format(new Date(iso));

/** `power_line` as `power line`. */
export const words = (name) => name.replaceAll('_', ' ');

const UNITS = { mw: 'MW', kw: 'kW', gbps: 'Gbit/s', gpus: 'GPUs', km: 'km', kv: 'kV', s: 's' };

/** A capacity such as `capacity_mw` in words: `1,350.36 MW capacity`. */
export function capacity(name, value) {
  const parts = name.split('_');
  const unit = UNITS[parts.at(-1)];
  if (!unit) return `${number(value)} ${words(name)}`;
  const noun = parts.slice(0, -1).join(' ');
  return `${number(value)} ${unit}${noun ? ` ${noun}` : ''}`;
}

/** A property's value with its unit; durations in words. */
export function quantity(value, unit) {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'number') return String(value);
  if (unit === 's' && value >= 60) return duration(value);
  return unit ? `${number(value)} ${unit}` : number(value);
}

/** The asset's name, or its id when it has none. */
export const title = (asset) => asset.name ?? asset.id;
