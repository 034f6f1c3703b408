// Keeping results and events under a name, and the addresses that show them.

import { address, post } from './api.js';
import { button, copy, dialog, field, h, icon, problem, put, waiting } from './dom.js';
import { compact, words } from './format.js';
import { savedText } from './hazard.js';
import * as state from './state.js';

/** Views that show a kept answer as it was kept, by question; other questions are asked anew where a view asks them. */
export const VIEW_OF = { impact: 'impact', compare: 'compare', paths: 'paths', criticality: 'critical' };

/** Keys of the address for an event of a question; *keep*: this tab keeps a hazard that is too large for an address. */
export function keysOf(event, side = '', keep = false) {
  return {
    [`${side}fail`]: event.failed?.length ? state.joined(event.failed) : null,
    [`${side}where`]: event.where ?? null,
    [`${side}hazard`]: event.hazard ? savedText(event.hazard, keep) : null,
    [`${side}buffer`]: event.buffer_m || null,
    [`${side}crossing`]: event.min_crossing_m || null,
  };
}

const HORIZON = (value) => (value === null || value === undefined ? null : typeof value === 'number' ? compact(value) : value);

/** Values of the address as texts; those that say nothing are left out. */
const said = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '').map(([key, value]) => [key, String(value)]));

/** Keys of the address that ask a question; null where no view does. @param {string} question @param {any} asked */
export function questionKeys(question, asked, keep = false) {
  const event = () => ({ ...keysOf(asked, '', keep), horizon: HORIZON(asked.horizon_s) });
  const values = {
    impact: () => ({ view: 'impact', ...event() }),
    timeline: () => ({ view: 'impact', ...event() }),
    explain: () => ({ asset: asked.id, ...event() }),
    compare: () => ({ view: 'compare', ...keysOf(asked.a, '', keep), ...keysOf(asked.b, 'b.', keep), horizon: HORIZON(asked.horizon_s) }),
    paths: () => ({ view: 'paths', from: asked.from, to: asked.to, k: asked.k ?? 1, by: asked.by, disjoint: asked.disjoint ?? 'none' }),
    criticality: () => (asked.pairs ? null : { view: 'critical', weight: asked.weight, domain: asked.domain }),
    dependencies: () => ({ asset: asked.id }),
    dependents: () => ({ asset: asked.id }),
  }[question]?.();
  return values ? said(values) : null;
}

const EVENT = ['failed', 'where', 'hazard', 'buffer_m', 'min_crossing_m', 'saved_event'];
const ASKED = { impact: [...EVENT, 'horizon_s'], compare: ['a', 'b', 'horizon_s'], paths: ['from', 'to', 'k', 'by', 'disjoint'], criticality: ['weight', 'domain', 'limit'] };

/** Parts of a question that an address cannot say; none of them: the page can ask it. @returns {string[]} */
export const unsaid = (question, asked) => Object.entries(asked).filter(([name, value]) => value !== null && value !== undefined && value !== false && !ASKED[question]?.includes(name)).map(([name]) => name);

/**
 * The hash that shows a question's answer, without `#`; null for questions that no view asks.
 * @param {string} question @param {any} asked
 * @param {string} [result] id of the kept answer to show, where a view can
 */
export function addressOf(question, asked, result) {
  const keys = questionKeys(question, asked);
  if (!keys) return null;
  return state.hashOf(result && VIEW_OF[question] ? { ...keys, result } : keys).slice(1);
}

/** The hash that shows a saved event in *Fail it*. */
export function eventAddress({ id, event }) {
  const keys = said({ view: 'impact', ...keysOf(event) });
  return state.hashOf(keys.hazard?.startsWith('f:') ? { ...keys, event: id } : keys).slice(1);
}

/** What fails, in a few words. */
export const eventName = ({ failed = [], where, hazard }) => [failed?.length > 3 ? `${failed.length} assets` : failed?.join(', '), where, hazard && 'a hazard'].filter(Boolean).join(' and ');

/** A question in a few words, to name what is kept, watched or printed. */
export function nameOf(question, asked) {
  return {
    impact: () => `Impact of losing ${eventName(asked)}`,
    compare: () => `${eventName(asked.a)} or ${eventName(asked.b)}`,
    paths: () => `Paths from ${asked.from} to ${asked.to}`,
    criticality: () => `Critical assets by ${asked.weight ?? 'count'}`,
    dependencies: () => `What ${asked.id} depends on`,
    dependents: () => `What ${asked.id} feeds`,
  }[question]?.() ?? words(question);
}

/** A dialog that asks for a name (and what *more* fields say) and sends; what *send* gives is shown in its place. */
export function naming(title, proposed, { act = 'Save', says = 'Keeping it …', more = [], note = true }, send) {
  const name = h('input', { value: proposed.slice(0, 200), required: true, maxlength: 200 });
  const text = note ? h('textarea', { rows: 3, maxlength: 10000 }) : null;
  const form = h('form', { onsubmit: async (event) => {
    event.preventDefault();
    put(body, waiting(says));
    try {
      put(body, ...await send(name.value.trim(), text?.value ?? ''));
    } catch (error) {
      put(body, problem(error, () => put(body, form)));
    }
  } }, field('Name', name), text ? field('Note', text) : null, ...more, h('div', { class: 'row' }, button(act, null, { kind: 'primary', type: 'submit' })));
  const body = h('div', { class: 'save' }, form);
  const box = dialog(title, body);
  name.select();
  return box;
}

/** Ask for a name, keep the result, and offer what can be done with it. */
export function save(question, asked, proposed) {
  naming('Save and share', proposed, { says: 'Asking, and keeping the answer …' }, async (name, note) => {
    const { page: _, limit: __, ...lasting } = asked;
    return offers(await post('results', { name, note, question, asked: lasting }));
  });
}

/** Ask for a name, and keep what fails. */
export function saveEvent(event) {
  naming('Save this event', eventName(event), {}, async (name, note) => {
    const kept = await post('events', { name, note, event });
    return [h('p', {}, 'Saved as ', h('strong', {}, kept.name), '. It is what fails, not the answer: who opens it asks the twin as it is then.'),
      h('div', { class: 'row' }, button('Copy the link', () => copy(pageLink(eventAddress(kept)), 'Link'), { icon: 'link' }), toShelf('events'))];
  });
}

/** The address of this page with a hash. */
export const pageLink = (hash) => new URL(`#${hash}`, address('')).href;

/** A button that closes the dialog it is in, and opens a list of what is saved. */
export const toShelf = (shelf) => button('Show what is saved', ({ target }) => { target.closest('dialog')?.close(); state.set({ view: 'saved', shelf: shelf === 'results' ? null : shelf }); }, { icon: 'saved' });

/** The link to share a kept result: to its view, else to its answer. */
export function resultLink(kept) {
  const where = addressOf(kept.question, kept.asked, kept.id);
  return where ? pageLink(where) : address(`results/${kept.id}`).href;
}

/** What a kept result can become. */
function offers(kept) {
  const files = ['gpkg', 'geojson', 'fgb', 'csv', 'kml'];
  return [h('p', {}, 'Kept as ', h('strong', {}, kept.name), ' at revision ', kept.revision, '. The link shows the answer as it is now, whatever comes.'),
    h('div', { class: 'row' }, button('Copy the link', () => copy(resultLink(kept), 'Link'), { icon: 'link' }), button('Copy the answer’s address', () => copy(address(`results/${kept.id}`).href, 'Address'), { icon: 'file' }),
      h('a', { class: 'button', href: address('ogc/qgis/twin.qlr', { result: kept.id }).href, download: `twin-${kept.id}.qlr` }, icon('layers'), 'Open in QGIS')),
    h('p', { class: 'small' }, 'As files: ', ...files.flatMap((f) => [h('a', { href: address(`results/${kept.id}/export`, { f }).href, download: `${kept.question}.${f}` }, f), ' ']))];
}
