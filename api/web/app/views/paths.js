// Paths: two ends, routes that share nothing, and when there are too few: what they share.

import { ask, assetPath } from '../api.js';
import { button, choice, empty, field, h, problem, put, waiting } from '../dom.js';
import { exportMenu } from '../exporting.js';
import { counted, number, title, words } from '../format.js';
import { hoverable } from '../hover.js';
import { extent } from '../map.js';
import { head, section } from '../panel.js';
import { searchBox } from '../search.js';
import { rests } from './impact.js';

export const keys = ['from', 'to', 'k', 'by', 'disjoint'];
const COLOURS = ['#0b62a8', '#c51b7d', '#e6761b', '#2b8a3e', '#6a51a3', '#8c6d31', '#17a2b8', '#555555'];
const DISJOINT = [['risk', 'no shared risk'], ['node', 'no shared asset'], ['edge', 'no shared line'], ['', 'may share']];
const BY = [['hops', 'hops'], ['length_km', 'length'], ['latency_ms', 'latency']];

export async function show(host, context) {
  const { state, vocabulary, map, event, signal } = context;
  const [from, to] = [state.get('from'), state.get('to')];
  const result = h('div', {});
  const tools = h('div', { class: 'row' });
  const end = (name, label) => {
    const box = searchBox({ vocabulary, label, placeholder: label, value: state.get(name), onPick: (id) => state.set({ [name]: id }) });
    return h('div', { class: 'row end' }, box, map ? button('', () => pick(map, (id) => state.set({ [name]: id })), { icon: 'target', title: `${label}: pick it on the map`, kind: 'quiet' }) : null);
  };
  put(host, head('Paths', 'Routes between two assets, and what they share.', tools),
    h('div', { class: 'form' }, end('from', 'From'), end('to', 'To'),
      h('div', { class: 'three' },
        field('Routes', choice([1, 2, 3, 4, 5].map((k) => [String(k), String(k)]), state.get('k', '2'), (value) => state.set({ k: value }))),
        field('Shortest by', choice(BY, state.get('by', 'hops'), (value) => state.set({ by: value }))),
        field('They', choice(DISJOINT, state.get('disjoint', 'risk'), (value) => state.set({ disjoint: value === '' ? 'none' : value })))),
      from || to ? h('div', { class: 'row' }, button('Swap', () => state.set({ from: to, to: from }), { kind: 'small' }), button('Clear', () => state.set({ from: null, to: null }), { kind: 'small' })) : null), result);
  signal.addEventListener('abort', () => { if (map) { map.pick = null; map.show('routes', null); } });
  if (!from || !to) {
    put(result, empty('Name two ends', 'Two routers, two data centres, or any assets that one service joins.'));
    return;
  }
  const disjoint = state.get('disjoint', 'risk');
  const asked = { from, to, k: Number(state.get('k', '2')), by: state.get('by', 'hops'), ...(disjoint === 'none' ? {} : { disjoint }) };
  put(result, waiting('Searching routes …'));
  event.answer('paths', asked).then((answer) => {
    if (signal.aborted) return;
    put(tools, exportMenu({ context, question: 'paths', asked, answer }));
    put(result, ...told(answer, context));
    if (map) drawn(answer, context);
  }, (error) => put(result, problem(error, () => show(host, context))));
}

/** The next click on the map names an end. */
function pick(map, take) {
  map.pick = (id) => { map.pick = null; take(id); };
}

function told(answer, context) {
  const { certificate, routes, proof } = answer;
  return [
    h('p', { class: 'lead' }, h('strong', {}, counted(answer.found, 'route')), answer.question.disjoint ? ` without a shared ${{ risk: 'risk', node: 'asset', edge: 'line' }[answer.question.disjoint]}` : ''),
    certificate ? h('div', { class: 'note warn' }, h('p', {}, certificate.says), shared('Shared risk', certificate.assets, context)) : null,
    ...routes.map((route, at) => oneRoute(route, at, context)),
    proof.says ? h('p', { class: 'small' }, proof.says) : null,
    ...rests(answer),
  ];
}

function shared(label, assets, { choose }) {
  if (!assets?.length) return null;
  return h('ul', { class: 'plain', 'aria-label': label }, ...assets.map((asset) => h('li', hoverable(asset.id), h('button', { type: 'button', class: 'link', onclick: () => choose(asset.id) }, title(asset)), h('small', {}, ` ${words(asset.kind)}${asset.takes_down ? `, takes down ${asset.takes_down.length}` : ''}`))));
}

function oneRoute(route, at, { choose }) {
  const measures = [counted(route.hops, 'hop'), route.length_km ? `${number(route.length_km)} km` : null, route.latency_ms ? `${number(route.latency_ms)} ms` : null, route.unknown ? `${route.unknown} without a known measure` : null, route.not_operating ? `${route.not_operating} not operating` : null].filter(Boolean);
  return section(h('span', {}, h('i', { class: 'swatch inline', style: { background: COLOURS[at % COLOURS.length] } }), `Route ${at + 1}: ${measures.join(', ')}`), at < 3,
    h('ol', { class: 'route' }, ...route.assets.map((asset) => h('li', hoverable(asset.id), h('button', { type: 'button', class: 'link', title: asset.id, onclick: () => choose(asset.id) }, title(asset)), h('small', {}, ` ${words(asset.kind)}`)))));
}

/** Routes as lines: through the geometries of their assets where there are any, else straight between them. */
async function drawn({ routes }, { map, signal }) {
  const features = [];
  for (const [at, route] of routes.entries()) {
    const assets = await Promise.all(route.assets.map((asset) => ask(assetPath(asset.id)).catch(() => null)));
    if (signal.aborted) return;
    const colour = COLOURS[at % COLOURS.length];
    const places = [];
    for (const asset of assets) {
      if (!asset?.geometry) continue;
      if (asset.geometry.type === 'Point') {
        places.push(asset.geometry.coordinates);
        features.push({ type: 'Feature', properties: { id: `${at}:${asset.id}`, asset: asset.id, colour }, geometry: asset.geometry });
      } else if (asset.geometry.type.endsWith('LineString')) {
        places.length = 0;
        features.push({ type: 'Feature', properties: { id: `${at}:${asset.id}`, asset: asset.id, colour, offset: (at - (routes.length - 1) / 2) * 5 }, geometry: asset.geometry });
      }
      if (places.length > 1) features.push({ type: 'Feature', properties: { id: `${at}:${asset.id}:to`, asset: asset.id, colour, offset: (at - (routes.length - 1) / 2) * 5 }, geometry: { type: 'LineString', coordinates: places.splice(0, 2, places[1]) } });
    }
  }
  const collection = { type: 'FeatureCollection', features };
  map.show('routes', collection);
  const box = extent(collection);
  if (box) map.fit(box);
}
