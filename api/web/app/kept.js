// A kept answer in place of a new one: `result=ID` of the address shows a saved result as it was kept.

import { ask, newest, request } from './api.js';
import { button, copy, h, icon } from './dom.js';
import { moment, words } from './format.js';
import { isLost, savedText } from './hazard.js';
import { keysOf, nameOf, pageLink, questionKeys, unsaid, VIEW_OF } from './saving.js';
import * as state from './state.js';

let reading = null;

/** Resolves when what the address names is here: the kept answer, the hazard of a saved event. @throws {Problem} */
export async function ready() {
  const id = state.get('result');
  if (!id) {
    reading = null;
    return isLost(state.get('hazard')) && state.get('event') ? hazardOfSaved(state.get('event')) : undefined;
  }
  if (reading?.id !== id) {
    const mine = { id, held: null, layer: null };
    mine.done = read(id).then((held) => { mine.held = held; }, (error) => { if (reading === mine) reading = null; throw error; });
    reading = mine;
  }
  const mine = reading;
  await mine.done;
  if (reading === mine && state.get('result') === id && mine.held.answer) complete(mine.held);
  return undefined;
}

/** A result with its answer; `{id, gone}` for one that is not there. */
async function read(id) {
  try {
    const held = await (await request(`results/${encodeURIComponent(id)}`)).json();
    const whole = async ({ saved_event: event, ...rest }) => (event ? { ...(await ask(`events/${event}`)).event, ...rest } : rest);
    const { a, b } = held.asked;
    return { ...held, asked: a && b ? { ...held.asked, a: await whole(a), b: await whole(b) } : await whole(held.asked) };
  } catch (error) {
    if (error.status === 404) return { id, gone: error };
    throw error;
  }
}

/** The address says in full what the kept answer is of: the result's id decides. */
function complete(held) {
  const keys = questionKeys(held.question, held.asked, true);
  if (!keys) return;
  const { view, asset: _, ...asking } = keys;
  state.set({ ...Object.fromEntries(state.ASKING.map((key) => [key, null])), ...asking, result: held.id,
    ...(state.get('view') || state.get('asset') ? {} : { view }) }, { quiet: true });
}

/** Bring back the hazard of a saved event that is too large for an address. */
async function hazardOfSaved(id) {
  const { event } = await ask(`events/${encodeURIComponent(id)}`);
  if (event.hazard && keysOf(event).hazard === state.get('hazard')) savedText(event.hazard);
}

/** The result that the address names, if it is here. */
const named = () => (reading?.held && reading.id === state.get('result') ? reading.held : null);

/** The kept result that answers *question* here, or null: then it is asked. @param {string} question */
export const current = (question) => (named()?.answer && named().question === question ? named() : null);

/** The problem of a result that is not there (any more), or null. */
export const gone = () => named()?.gone ?? null;

/** Forget what was read, e.g. when the result was asked again. */
export const forget = () => { reading = null; };

/** Whether the twin has moved on since, or may have. */
export const isStale = (held) => held.stale !== false || newest() > held.revision;

/** The rows of the kept answer where the twin has them now, as GeoJSON. @returns {Promise<any>} */
export function layer() {
  reading.layer ??= request(`results/${reading.id}/export`, { query: { f: 'geojson' } }).then((response) => response.json());
  return reading.layer;
}

/** `as kept at revision 3`, or null where *question* is asked. */
export const inWords = (question) => (current(question) ? `as kept at revision ${current(question).revision}` : null);

const REST = {
  impact: 'Verdicts, times, sums and the colours of the map are the kept ones. The shapes on the map, and why an asset is affected, are of the twin now; who runs on which buffer was not kept.',
  compare: 'Numbers and lists are the kept ones; the map and the timeline show event A in the twin now.',
  paths: 'The routes are the kept ones, drawn where their assets are now.',
  criticality: 'Ranks and losses are the kept ones.',
};

/** The banner of a view that shows a kept answer; null where it does not. @param {string} view */
export function banner(view) {
  const held = named()?.answer && VIEW_OF[named().question] === view ? named() : null;
  if (!held) return null;
  const now = Math.max(newest(), held.current_revision ?? 0);
  const cannot = unsaid(held.question, held.asked);
  const link = () => copy(pageLink(location.hash.slice(1)), 'Link');
  return h('div', { class: 'kept', role: 'note', 'data-test': 'kept' },
    h('p', {}, icon('saved'), h('strong', {}, held.name ?? nameOf(held.question, held.asked))),
    held.note ? h('p', { class: 'small' }, held.note) : null,
    h('p', {}, `As kept at revision ${held.revision} on ${moment(held.made_at)}; `, isStale(held) ? h('strong', {}, `the twin is at revision ${now} now.`) : 'the twin is still at this revision.'),
    isStale(held) ? h('p', { class: 'small' }, REST[held.question]) : null,
    cannot.length ? h('p', { class: 'small' }, `The question has parts that this page cannot ask (${cannot.map(words).join(', ')}). “Ask again and keep” in Saved asks all of it.`) : null,
    h('div', { class: 'row' }, cannot.length ? null : button('Ask anew', () => state.set({ result: null }), { icon: 'refresh', kind: 'small' }),
      button('Link', link, { icon: 'link', kind: 'small', title: 'Copy the link to this kept answer' }),
      button('All saved', () => state.set({ view: 'saved', shelf: null }), { icon: 'saved', kind: 'small' })));
}

/** What is shown in place of an answer that is not kept any more; nothing is asked in its stead. */
export function goneNote() {
  const asks = state.ASKING.some((key) => state.get(key)) || state.get('view') === 'critical';
  return h('div', { class: 'problem', role: 'alert', 'data-test': 'gone' }, h('strong', {}, 'This result is not kept any more'),
    h('p', {}, 'The link leads to an answer that somebody removed, or that was never kept here.'),
    h('p', { class: 'fix' }, asks ? 'The link still says what was asked. The twin’s answer of today may differ from the one that was kept.' : 'What was asked is not in the link.'),
    h('div', { class: 'row' }, asks ? button('Ask anew', () => state.set({ result: null }), { icon: 'refresh' }) : null, button('All saved', () => state.set({ view: 'saved', shelf: null, result: null }), { icon: 'saved' })));
}
