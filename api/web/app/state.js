// The page's state is its address: everything after `#`, so that a link shows what its sender saw.

/**
 * Known keys: map (zoom/lat/lon), colour, hide (kinds), layers (0: closed), view, asset, fail, where, hazard, buffer,
 * crossing, horizon, t (seconds into the event), b.fail, b.where, b.hazard, b.buffer (the event to compare with),
 * weight, domain (critical), from, to, k, by, disjoint (paths), severity, code, kind, source (findings), side (compare: what the map shows), table (the table's filter),
 * result (id of a kept answer that is shown as it was kept), event (id of the saved event that the hazard is of),
 * shelf (which list of what is saved).
 * @typedef {Record<string, string>} Values
 */

/** Keys that say what is asked; a kept answer is of what they were: when one changes, it is no answer to it any more. */
const EVENT = ['fail', 'where', 'hazard', 'buffer', 'crossing'];
export const ASKING = [...EVENT, ...EVENT.map((key) => `b.${key}`), 'horizon', 'from', 'to', 'k', 'by', 'disjoint', 'weight', 'domain'];

const listeners = [];
let values = read();
let told = { ...values };

function read() {
  const found = {};
  for (const part of location.hash.slice(1).split('&')) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    try {
      found[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1));
    } catch { /* a broken escape: as if it were not there */ }
  }
  return found;
}

/** What the address needs escaped, and no more: links are read by people. */
const escaped = (text) => encodeURIComponent(text).replace(/%(2C|2F|3A|3B|40|7C|20)/g, (code) => (code === '%20' ? '%20' : decodeURIComponent(code)));

/** @param {Values} of */
export const hashOf = (of) => `#${Object.entries(of).map(([key, value]) => `${key}=${escaped(value)}`).join('&')}`;

/** The value of *key*, or *fallback*. */
export const get = (key, fallback = '') => values[key] ?? fallback;

/** A comma-separated value as a list. */
export const list = (key) => (values[key] ? values[key].split(',').map((item) => item.replaceAll('%2C', ',')) : []);

/** A list as such a value; commas of ids are escaped. */
export const joined = (items) => items.map((item) => item.replaceAll(',', '%2C')).join(',');

/** All values. @returns {Values} */
export const all = () => ({ ...values });

/**
 * Change values; null, undefined and '' remove one. Who listens to a key that changed is told.
 * @param {Record<string, string|number|null|undefined>} changes
 * @param {{quiet?: boolean}} [options] quiet: replaces the history entry (moving the map, playing).
 */
export function set(changes, { quiet = false } = {}) {
  const next = { ...values };
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') delete next[key];
    else next[key] = String(value);
  }
  if (changes.result === undefined && ASKING.some((key) => next[key] !== values[key])) {
    delete next.result;
    delete next.event;
  }
  if (hashOf(next) === hashOf(values)) return;
  values = next;
  history[quiet ? 'replaceState' : 'pushState'](null, '', hashOf(values));
  tell();
}

/**
 * Call *listener* whenever one of *keys* changes.
 * @param {string[]} keys
 * @param {() => void} listener
 * @param {AbortSignal} [signal] ends it.
 */
export function on(keys, listener, signal) {
  const entry = { keys, listener };
  listeners.push(entry);
  signal?.addEventListener('abort', () => listeners.splice(listeners.indexOf(entry), 1));
}

function tell() {
  const before = told;
  told = { ...values };
  for (const { keys, listener } of [...listeners]) {
    if (keys.some((key) => before[key] !== values[key])) listener();
  }
}

addEventListener('popstate', () => {
  values = read();
  tell();
});
