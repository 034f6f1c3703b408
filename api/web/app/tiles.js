// The twin's assets as vector tiles: layers, and how they are coloured and filtered.

import { address } from './api.js';
import { domainStyle, paper, STATES, VOLTAGES } from './colours.js';

const DRAWN = ['lines', 'areas', 'points'];
/** Sites are summed up below this zoom. */
export const CLOSE = 9;
export const LAYERS = ['twin-areas', 'twin-areas-edge', 'twin-lines', 'twin-lines-hit', 'twin-sites', 'twin-sites-count', 'twin-points', 'twin-names'];
/** Layers that answer a click. */
export const CLICKABLE = ['twin-points', 'twin-sites', 'twin-lines-hit', 'twin-areas'];

/** The source: tiles of the API, ids promoted so that a feature can carry a state. */
export const tilesSource = () => ({
  type: 'vector',
  tiles: [decodeURI(address('tiles/{z}/{x}/{y}.pbf').href)],
  minzoom: 0,
  maxzoom: 14,
  promoteId: 'id',
});

/** What an asset's colour is, by the choice of the user. */
function colour(by, domains) {
  const look = paper();
  if (by === 'voltage') return ['case', ['has', 'voltage_kv'], ['step', ['to-number', ['get', 'voltage_kv'], 0], VOLTAGES[0][1], ...VOLTAGES.slice(1).flat()], look.soft];
  if (by === 'state') return ['match', ['get', 'state'], 'down', STATES.down, STATES.operating];
  if (by === 'verdict') return look.soft;
  return ['match', ['get', 'domain'], ...domains.flatMap(({ name, colour: given }) => [name, domainStyle(name, given).colour]), look.soft];
}

const shape = (domains) => ['match', ['get', 'domain'], ...domains.flatMap(({ name, colour: given }) => [name, domainStyle(name, given).shape]), 'hexagon'];
const eighths = (name) => ['to-string', ['ceil', ['*', 8, ['/', ['coalesce', ['get', name], 0], ['max', 1, ['get', 'count']]]]]];

const HOUSED = ['all', ['has', 'site'], ['!=', ['get', 'site'], ['get', 'id']]];
/** A count that fits into a ring: 144, 1.4k, 14k. */
const COUNT = ['case', ['<', ['get', 'count'], 1000], ['to-string', ['get', 'count']], ['concat', ['to-string', ['case', ['<', ['get', 'count'], 10000], ['/', ['round', ['/', ['get', 'count'], 100]], 10], ['round', ['/', ['get', 'count'], 1000]]]], 'k']];
const NAME = ['coalesce', ['get', 'name'], ['get', 'id']];

/** All layers of the assets. @param {string} by @param {import('./vocabulary.js').Domain[]} domains */
export function assetLayers(by, domains) {
  const look = paper();
  const tint = colour(by, domains);
  const muted = by === 'verdict' ? 0.35 : 1;
  const width = ['interpolate', ['linear'], ['zoom'], 4, 0.8, 8, 1.6, 12, 3];
  const part = (layer, rest) => ({ source: 'twin', 'source-layer': layer, ...rest });
  return [
    part('areas', { id: 'twin-areas', type: 'fill', paint: { 'fill-color': tint, 'fill-opacity': ['match', ['get', 'domain'], 'place', 0.02, 0.12 * muted] } }),
    part('areas', { id: 'twin-areas-edge', type: 'line', paint: { 'line-color': tint, 'line-width': 1, 'line-opacity': 0.5 * muted } }),
    ...domains.map(({ name, colour: given }) => part('lines', {
      id: `twin-lines-${name}`, type: 'line', metadata: { domain: name },
      layout: { 'line-join': 'round' },
      paint: { 'line-color': tint, 'line-opacity': 0.85 * muted, ...dashes(name, given), 'line-width': width },
    })),
    part('lines', { id: 'twin-lines-hit', type: 'line', paint: { 'line-color': '#000', 'line-opacity': 0, 'line-width': 12 } }),
    part('points', {
      id: 'twin-points', type: 'symbol',
      layout: {
        'icon-image': shape(domains), 'icon-allow-overlap': true, 'icon-ignore-placement': true,
        // What stands in a house is drawn small and below it; both show when they are apart.
        'symbol-sort-key': ['case', HOUSED, 0, 1],
        'icon-size': ['interpolate', ['linear'], ['zoom'], 4, ['case', HOUSED, 0.3, 0.45], 8, ['case', HOUSED, 0.45, 0.75], 12, ['case', HOUSED, 0.6, 1.15], 15, ['case', HOUSED, 0.9, 1.3]],
      },
      paint: { 'icon-color': tint, 'icon-halo-color': look.halo, 'icon-halo-width': 1, 'icon-opacity': muted },
    }),
    part('sites', {
      id: 'twin-sites', type: 'symbol',
      layout: {
        'icon-image': ['concat', 'ring-', eighths('energy'), '-', eighths('connectivity'), '-', eighths('compute')],
        'icon-size': ['interpolate', ['linear'], ['ln', ['max', 1, ['get', 'count']]], 0, 0.34, 2.3, 0.66, 4.6, 0.98, 6.9, 1.15, 9, 1.5],
        'icon-allow-overlap': true, 'icon-ignore-placement': true,
        'symbol-sort-key': ['get', 'count'],
      },
      paint: { 'icon-opacity': muted },
    }),
    part('sites', {
      id: 'twin-sites-count', type: 'symbol', filter: ['>=', ['get', 'count'], 10],
      layout: { 'text-field': COUNT, 'text-size': 10.5, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': look.ink, 'text-opacity': muted },
    }),
    part('points', {
      id: 'twin-names', type: 'symbol', minzoom: CLOSE + 1,
      layout: { 'text-field': ['step', ['zoom'], ['case', HOUSED, '', NAME], 15, NAME], 'symbol-sort-key': ['case', HOUSED, 1, 0], 'text-size': 11, 'text-anchor': 'top', 'text-offset': [0, 0.7], 'text-optional': true, 'text-max-width': 12 },
      paint: { 'text-color': look.ink, 'text-halo-color': look.halo, 'text-halo-width': 1.3, 'text-opacity': muted },
    }),
  ];
}

const dashes = (name, given) => {
  const { line } = domainStyle(name, given);
  return line.length > 1 ? { 'line-dasharray': line } : {};
};

/** Filter of the layers of single assets: kinds that are not hidden. */
export const kindFilter = (hidden) => (hidden.length ? ['!', ['in', ['get', 'kind'], ['literal', hidden]]] : null);

/** Shows what is not hidden; of sites those that still have something to show. */
export function filterAssets(map, hidden, domains, kinds) {
  const shown = domains.filter(({ name }) => [...kinds.values()].some((kind) => kind.domain === name && !hidden.includes(kind.name)));
  const some = ['>', ['+', 0, ...shown.map(({ name }) => ['coalesce', ['get', name], 0])], 0];
  for (const { id, metadata } of map.getStyle().layers) {
    if (!id.startsWith('twin-')) continue;
    const source = map.getLayer(id).sourceLayer;
    if (DRAWN.includes(source)) {
      const only = metadata?.domain ? [['==', ['get', 'domain'], metadata.domain]] : [];
      const not = kindFilter(hidden);
      map.setFilter(id, ['all', ...only, ...(not ? [not] : [])]);
    } else if (source === 'sites') {
      map.setFilter(id, id.endsWith('count') ? ['all', ['>=', ['get', 'count'], 10], some] : some);
    }
  }
}
