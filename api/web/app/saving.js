// Keeping a result under a name, and the address that asks its question again.

import { address, post } from './api.js';
import { button, copy, dialog, field, h, icon, problem, put, waiting } from './dom.js';
import { compact } from './format.js';
import { documentText } from './hazard.js';
import * as state from './state.js';

/** Keys of the address for an event of a question. */
function keysOf(event, side = '') {
  return {
    [`${side}fail`]: event.failed?.length ? state.joined(event.failed) : null,
    [`${side}where`]: event.where ?? null,
    [`${side}hazard`]: event.hazard ? documentText(event.hazard, 'hazard') : null,
    [`${side}buffer`]: event.buffer_m || null,
    [`${side}crossing`]: event.min_crossing_m || null,
  };
}

const HORIZON = (value) => (value === null || value === undefined ? null : typeof value === 'number' ? compact(value) : value);

/**
 * The hash that shows a question's answer, without `#`; null for questions that no view asks.
 * @param {string} question @param {any} asked
 */
export function addressOf(question, asked) {
  const values = {
    impact: () => ({ view: 'impact', ...keysOf(asked), horizon: HORIZON(asked.horizon_s) }),
    timeline: () => ({ view: 'impact', ...keysOf(asked), horizon: HORIZON(asked.horizon_s) }),
    explain: () => ({ asset: asked.id, ...keysOf(asked), horizon: HORIZON(asked.horizon_s) }),
    compare: () => ({ view: 'compare', ...keysOf(asked.a), ...keysOf(asked.b, 'b.'), horizon: HORIZON(asked.horizon_s) }),
    paths: () => ({ view: 'paths', from: asked.from, to: asked.to, k: asked.k, by: asked.by, disjoint: asked.disjoint ?? 'none' }),
    criticality: () => ({ view: 'critical', weight: asked.weight, domain: asked.domain }),
  }[question]?.();
  if (!values) return null;
  return state.hashOf(Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '').map(([key, value]) => [key, String(value)]))).slice(1);
}

/** Ask for a name, keep the result, and offer what can be done with it. */
export function save(question, asked, proposed) {
  const name = h('input', { value: proposed, required: true, maxlength: 200 });
  const note = h('textarea', { rows: 3, maxlength: 10000 });
  const form = h('form', { onsubmit: async (event) => {
    event.preventDefault();
    put(body, waiting('Asking, and keeping the answer …'));
    try {
      const { page: _, limit: __, ...lasting } = asked;
      const kept = await post('results', { name: name.value.trim(), note: note.value, question, asked: lasting });
      put(body, ...offers(kept));
    } catch (error) {
      put(body, problem(error, () => put(body, form)));
    }
  } }, field('Name', name), field('Note', note), h('div', { class: 'row' }, button('Save', null, { kind: 'primary', type: 'submit' })));
  const body = h('div', { class: 'save' }, form);
  dialog('Save and share', body);
  name.select();
}

/** What a kept result can become. */
function offers(kept) {
  const where = addressOf(kept.question, kept.asked);
  const link = where ? new URL(`#${where}`, address('')).href : address(`results/${kept.id}`).href;
  const files = ['gpkg', 'geojson', 'fgb', 'csv', 'kml'];
  return [h('p', {}, 'Kept as ', h('strong', {}, kept.name), ' at revision ', kept.revision, '.'),
    h('div', { class: 'row' }, button('Copy the link', () => copy(link, 'Link'), { icon: 'link' }), button('Copy the answer’s address', () => copy(address(`results/${kept.id}`).href, 'Address'), { icon: 'file' }),
      h('a', { class: 'button', href: address('ogc/qgis/twin.qlr', { result: kept.id }).href, download: `twin-${kept.id}.qlr` }, icon('layers'), 'Open in QGIS')),
    h('p', { class: 'small' }, 'As files: ', ...files.flatMap((f) => [h('a', { href: address(`results/${kept.id}/export`, { f }).href, download: `${kept.question}.${f}` }, f), ' ']))];
}
