// The event that is looked at: what fails, how long one looks, and what the API says about it.

import { post } from './api.js';
import { seconds } from './format.js';
import { hazardOf } from './hazard.js';
import * as kept from './kept.js';
import * as state from './state.js';

/** Keys of the address that make up the event. */
export const KEYS = ['fail', 'where', 'hazard', 'buffer', 'crossing', 'horizon'];
const answers = new Map();

/**
 * The event as the API takes it, or null when nothing is named.
 * @param {'' | 'b.'} side '' is the event, 'b.' the one it is compared with
 */
export function body(side = '') {
  const asked = {};
  const failed = state.list(`${side}fail`);
  if (failed.length) asked.failed = failed;
  if (state.get(`${side}where`)) asked.where = state.get(`${side}where`);
  const hazard = hazardOf(state.get(`${side}hazard`));
  if (hazard) {
    asked.hazard = hazard;
    if (Number(state.get(`${side}buffer`))) asked.buffer_m = Number(state.get(`${side}buffer`));
    if (Number(state.get(`${side}crossing`))) asked.min_crossing_m = Number(state.get(`${side}crossing`));
  }
  return Object.keys(asked).length ? asked : null;
}

/** The horizon in seconds, null for no end. */
export const horizon = () => seconds(state.get('horizon'));

/** The whole question: event and horizon. */
export function asked(side = '') {
  const event = body(side);
  if (!event) return null;
  const supposed = side ? null : kept.current('impact')?.asked.what_if;
  return { ...event, ...(horizon() === null ? {} : { horizon_s: horizon() }), ...(supposed ? { what_if: supposed } : {}) };
}

/**
 * The answer of a route to a question; asked once. Where the address names a kept answer to it: that one.
 * @param {'impact'|'timeline'|'explain'|'compare'|'paths'} route
 */
export function answer(route, question, { query, keep = true } = {}) {
  if (kept.current(route)) return query?.f === 'geojson' ? kept.layer() : Promise.resolve(kept.current(route).answer);
  const key = `${route} ${JSON.stringify([question, query])}`;
  if (!answers.has(key) || !keep) {
    if (answers.size > 60) answers.clear();
    const given = post(route, question, { query });
    given.catch(() => answers.delete(key));
    answers.set(key, given);
  }
  return answers.get(key);
}

/** Forget the answers, e.g. after an import. */
export const forget = () => answers.clear();

/** What an affected asset is at *t* seconds, or null when nothing has come to it yet (or it is back). */
export function verdictAt(row, t) {
  if (row.verdict === 'failed') return 'failed';
  for (const [from, to] of row.outages) if (from <= t && (to === null || t < to)) return row.verdict === 'interrupted' ? 'interrupted' : 'down';
  if (row.verdict === 'down' || row.verdict === 'interrupted') return null;
  return (row.time_s ?? 0) <= t ? row.verdict : null;
}

/** Times at which something changes, in order. @param {any[]} affected */
export function moments(affected) {
  const times = new Set([0]);
  for (const { time_s: time, outages } of affected) {
    if (time !== null) times.add(time);
    for (const [from, to] of outages) { times.add(from); if (to !== null) times.add(to); }
  }
  return [...times].sort((a, b) => a - b);
}

/** Add or remove assets of the event. */
export function toggle(ids, side = '') {
  const now = state.list(`${side}fail`);
  const next = now.includes(ids[0]) ? now.filter((id) => !ids.includes(id)) : [...now, ...ids.filter((id) => !now.includes(id))];
  state.set({ [`${side}fail`]: state.joined(next), t: null });
}

/** Forget the event, not the horizon. */
export const clear = () => state.set({ ...Object.fromEntries(KEYS.filter((key) => key !== 'horizon').map((key) => [key, null])), result: null, event: null, t: null });
