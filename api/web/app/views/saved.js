// Saved results: questions with their answers under a name, as links to share and layers for QGIS.

import { address, ask, request } from '../api.js';
import { button, copy, empty, h, icon, put, toast } from '../dom.js';
import { counted, words } from '../format.js';
import { head } from '../panel.js';
import { addressOf } from '../saving.js';

export const keys = [];
const FILES = ['gpkg', 'geojson', 'csv', 'fgb', 'kml'];

export async function show(host, context) {
  const page = await ask('results', { limit: 100 }, { fresh: true, signal: context.signal });
  put(host, head('Saved', `${counted(page.total, 'result')}, kept with the answer as it was.`),
    page.items.length ? null : empty('Nothing is saved yet', 'Export → Save and share, on any result.'),
    ...page.items.map((item) => one(item, () => show(host, context), context)));
}

function one(item, again, { revision }) {
  const where = addressOf(item.question, item.asked);
  const link = where ? new URL(`#${where}`, address('')).href : address(`results/${item.id}`).href;
  const remove = async () => {
    try {
      await request(`results/${item.id}`, { method: 'DELETE' });
      await again();
    } catch (error) {
      toast(error.detail ?? error.message, 'bad');
    }
  };
  return h('article', { class: 'saved', 'data-result': item.id },
    h('h3', {}, where ? h('a', { href: `#${where}` }, item.name ?? words(item.question)) : item.name ?? words(item.question)),
    item.note ? h('p', {}, item.note) : null,
    h('p', { class: 'small' }, `${words(item.question)} · revision ${item.revision}${item.revision < revision ? ' (the twin has moved on)' : ''} · ${item.made_at.slice(0, 16).replace('T', ' ')}${item.made_by ? ` · ${item.made_by}` : ''}`),
    h('div', { class: 'row' },
      button('Link', () => copy(link, 'Link'), { icon: 'link', kind: 'small' }),
      h('a', { class: 'button small', href: address('ogc/qgis/twin.qlr', { result: item.id }).href, download: `twin-${item.id}.qlr` }, icon('layers'), 'QGIS'),
      ...FILES.map((f) => h('a', { class: 'button small', href: address(`results/${item.id}/export`, { f }).href, download: `${item.question}.${f}` }, f)),
      button('Remove', remove, { kind: 'small' })));
}
