// Critical assets: every single failure, ranked by what is lost with it.

import { ask, assetPath } from '../api.js';
import { domainStyle } from '../colours.js';
import { button, choice, field, h, problem, put, waiting } from '../dom.js';
import { exportMenu } from '../exporting.js';
import { number, title, words } from '../format.js';
import * as kept from '../kept.js';
import { head } from '../panel.js';
import { shapeIcon } from '../shapes.js';
import { table } from '../table.js';
import { rests } from './impact.js';

export const keys = ['weight', 'domain'];
const WEIGHTS = [['count', 'assets lost'], ['demand_mw', 'MW of demand'], ['capacity_mw', 'MW of capacity'], ['capacity_gbps', 'Gbit/s'], ['customers', 'customers'], ['gpus', 'GPUs'], ['workloads', 'workloads']];
const MOST = 50;

export async function show(host, context) {
  const { state, vocabulary, counts, map, signal } = context;
  const [weight, domain] = [state.get('weight', 'count'), state.get('domain')];
  const asked = { weight, domain, limit: MOST };
  const result = h('div', {}, waiting('Failing every asset once …'));
  const tools = h('div', { class: 'row' }, exportMenu({ context, question: 'criticality', asked, method: 'GET' }));
  const domains = [...vocabulary.domains.values()].filter(({ name }) => [...vocabulary.kinds.values()].some((kind) => kind.domain === name && counts.get(kind.name)));
  put(host, head('Critical assets', 'Each asset fails once, alone; ranked by what is lost with it.', tools),
    h('div', { class: 'form' }, h('div', { class: 'two' }, field('What counts', choice(WEIGHTS, weight, (value) => state.set({ weight: value === 'count' ? null : value }))),
      field('Failures of', choice([['', 'every domain'], ...domains.map(({ name, title: text }) => [name, text])], domain, (value) => state.set({ domain: value })))),
    ), result);
  const held = kept.current('criticality');
  (held ? Promise.resolve(held.answer) : ask('criticality', asked, { signal })).then(async (answer) => {
    if (signal.aborted) return;
    const rows = answer.items.filter((row) => row.lost > 0).slice(0, MOST);
    put(result, ranked(rows, answer, context), ...rests({ ...answer, notice: answer.notice }));
    if (map) marks(rows.slice(0, 20), map, signal);
  }, (error) => error.name === 'AbortError' || put(result, problem(error, () => show(host, context))));
}

function ranked(rows, answer, { vocabulary, event, open, choose }) {
  if (!rows.length) return h('p', { class: 'small' }, `No single failure loses any ${answer.unit}.`);
  const most = rows[0].lost;
  const rank = new Map(rows.map((row, at) => [row, at + 1]));
  return table([
    { title: '#', number: true, value: (row) => rank.get(row) },
    { title: 'asset', value: title, show: (row) => {
      const { colour, shape } = domainStyle(row.domain, vocabulary.domains.get(row.domain)?.colour);
      return h('div', { class: 'cell' }, shapeIcon(shape, colour), h('div', {}, h('button', { type: 'button', class: 'link', title: row.id, onclick: () => choose(row.id) }, title(row)), h('small', {}, words(row.kind))));
    } },
    { title: answer.unit, number: true, value: (row) => row.lost, show: (row) => h('div', { class: 'bar' }, number(row.lost), split(row, most)) },
    { title: '', value: () => '', show: (row) => button('', () => { event.clear(); event.toggle([row.id]); open('impact'); }, { icon: 'impact', title: `Fail ${row.id}`, kind: 'quiet' }) },
  ], rows, { asset: (row) => row.id, label: 'Critical assets' });
}

/** The loss as a bar, by domain. */
function split(row, most) {
  const parts = Object.entries(row).filter(([name, value]) => name.startsWith('lost_') && value > 0);
  return h('div', { class: 'meter' }, ...parts.map(([name, value]) => h('i', { title: `${number(value)} ${name.slice(5)}`, style: { width: `${(100 * value) / most}%`, background: domainStyle(name.slice(5)).colour } })));
}

/** The first ones on the map, with their rank. */
async function marks(rows, map, signal) {
  const assets = await Promise.all(rows.map((row) => ask(assetPath(row.id)).catch(() => null)));
  if (signal.aborted) return;
  const taken = new Set();
  const features = assets.map((asset, at) => ({ asset, at })).filter(({ asset }) => asset?.geometry).flatMap(({ asset, at }) => {
    const place = asset.lat === null ? asset.geometry.coordinates[0] : [asset.lon, asset.lat];
    const key = place.map((value) => value.toFixed(2)).join();
    if (taken.has(key)) return []; // a busbar and its station rank alike in one place: the worse one stands for both
    taken.add(key);
    return [{ type: 'Feature', properties: { id: asset.id, asset: asset.id, label: String(at + 1), order: at, size: 2.3 - at * 0.02, colour: domainStyle(asset.domain).colour }, geometry: { type: 'Point', coordinates: place } }];
  });
  map.show('marks', { type: 'FeatureCollection', features });
  signal.addEventListener('abort', () => map.show('marks', null));
}
