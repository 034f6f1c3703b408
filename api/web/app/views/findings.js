// Findings: what is wrong or missing in the data, and where.

import { ask } from '../api.js';
import { choice, empty, h, put, toast, waiting } from '../dom.js';
import { exportMenu } from '../exporting.js';
import { counted, number, words } from '../format.js';
import { hoverable } from '../hover.js';
import { extent } from '../map.js';
import { head, section } from '../panel.js';

export const keys = ['severity', 'code', 'kind', 'source'];
const SEVERITIES = [['', 'every severity'], ['error', 'errors'], ['warning', 'warnings'], ['info', 'notes']];
const COLOURS = { error: '#c51b3c', warning: '#b58900', info: '#2f79c4' };
const ORDER = Object.keys(COLOURS);
const NAMED = 30;
const SHOWN = 200;
/** Rows of a layer that are asked at once, and marks on the map at most. */
const PAGE = 10_000;
const MOST = 50_000;

export async function show(host, context) {
  const { state, map, signal } = context;
  const asked = Object.fromEntries(keys.map((key) => [key, state.get(key)]));
  put(host, head('Findings', 'What is wrong or missing in the data.'), waiting('Looking through the data …'));
  const [page, ...counts] = await Promise.all([ask('findings', { ...asked, limit: SHOWN }, { signal }), ...['code', 'kind', 'source'].map((by) => ask('findings/counts', { by, limit: 1000 }, { signal }))]);
  const among = (name, at, label, every) => {
    const known = [...new Set([...counts[at].items.map((row) => row[name]), asked[name]])].filter(Boolean).sort();
    return choice([['', every], ...known.map((value) => [value, name === 'source' ? value : words(value)])], asked[name], (value) => state.set({ [name]: value }), { 'aria-label': label });
  };
  put(host, head('Findings', `What is wrong or missing in the data: ${counted(page.total, 'finding')}.`, exportMenu({ context, question: 'findings', asked, method: 'GET', formats: ['json', 'geojson', 'csv', 'parquet', 'arrow'] })),
    h('div', { class: 'filters' }, choice(SEVERITIES, asked.severity, (value) => state.set({ severity: value }), { 'aria-label': 'Severity' }),
      among('code', 0, 'Code', 'every code'), among('kind', 1, 'Kind of asset', 'every kind'), among('source', 2, 'Source', 'every source')),
    page.total ? null : empty('Nothing to find', keys.some((key) => asked[key]) ? 'No finding of this kind at this revision.' : 'The data holds together at this revision.'),
    ...page.items.map((finding) => one(finding, context)),
    page.total > page.items.length ? h('p', { class: 'small' }, `and ${number(page.total - page.items.length)} more; choose a code, or export them.`) : null);
  if (map) marks(asked, map, signal).catch((error) => { if (error.name !== 'AbortError') toast(error.detail ?? error.message, 'bad'); });
}

function one(finding, { choose }) {
  const named = finding.assets.slice(0, NAMED);
  return h('div', { class: `finding ${finding.severity}` }, h('p', {}, h('strong', {}, `${finding.severity}: ${words(finding.code)}`)),
    h('p', {}, finding.message), h('p', { class: 'fix' }, finding.fix),
    named.length ? section(counted(finding.count, 'asset'), named.length <= 5, h('ul', { class: 'plain' }, ...named.map((id) => h('li', hoverable(id), h('button', { type: 'button', class: 'link', onclick: () => choose(id) }, id))),
      finding.count > named.length ? h('li', { class: 'small' }, `and ${number(finding.count - named.length)} more`) : null)) : null);
}

/** A mark on each asset that has a finding, the worst severity on top: the API's layers of findings, as QGIS reads them. */
async function marks({ source, ...asked }, map, signal) {
  signal.addEventListener('abort', () => map.show('marks', null));
  const { collections } = await ask('ogc/collections', { f: 'json' }, { signal });
  const filter = source ? `asset LIKE '${source.replaceAll("'", "''")}:%'` : '';
  const worst = new Map();
  for (const { id } of collections.filter((layer) => /^findings(-(?!noplace)\w+)?$/.test(layer.id))) {
    let path = `ogc/collections/${id}/items`;
    let query = { ...asked, filter, limit: PAGE, f: 'json' };
    while (path && worst.size < MOST) {
      const { features, links } = await ask(path, query, { signal });
      for (const { geometry, properties } of features) {
        const rank = ORDER.indexOf(properties.severity);
        if (!geometry || (source && !properties.asset.startsWith(`${source}:`))) continue; // LIKE takes _ for any letter
        if (!(worst.get(properties.asset)?.rank <= rank)) worst.set(properties.asset, { rank, geometry });
      }
      path = links.find(({ rel }) => rel === 'next')?.href;
      query = {};
    }
  }
  if (signal.aborted) return;
  const features = [...worst].map(([id, { rank, geometry }]) => ({ type: 'Feature', properties: { id, asset: id, colour: COLOURS[ORDER[rank]], size: 1.3, order: rank }, geometry }));
  const collection = { type: 'FeatureCollection', features };
  map.show('marks', collection);
  const box = extent(collection);
  const seen = map.map.getBounds();
  if (box && !features.some((feature) => seen.contains(extent(feature).slice(0, 2)))) map.fit(box, 9);
}
