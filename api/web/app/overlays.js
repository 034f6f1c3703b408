// What lies over the assets: an event's verdicts, the hazard, the chosen asset, routes, ranked marks.

import { ORDER, paper, SIDES, verdictColour } from './colours.js';

export const NOTHING = { type: 'FeatureCollection', features: [] };
/** Sources of overlays; each holds GeoJSON that a view sets. */
export const SOURCES = ['hazard', 'event', 'routes', 'marks', 'picked', 'hover'];
/** Overlay layers that answer a click, the topmost first. */
export const CLICKABLE = ['marks', 'event-places', 'event-lines', 'routes'];

const VERDICT = ['coalesce', ['feature-state', 'verdict'], 'none'];
const byVerdict = () => ['match', VERDICT, ...[...ORDER, ...Object.keys(SIDES)].flatMap((verdict) => [verdict, verdictColour(verdict)]), 'rgba(0,0,0,0)'];
const seen = (opacity) => ['case', ['==', VERDICT, 'none'], 0, opacity];
const line = ['==', ['geometry-type'], 'LineString'];
const point = ['==', ['geometry-type'], 'Point'];
const polygon = ['==', ['geometry-type'], 'Polygon'];

export const overlaySources = () => Object.fromEntries(SOURCES.map((name) => [name, { type: 'geojson', data: NOTHING, promoteId: 'id' }]));

/** Layers below the assets: areas of a hazard. */
export function hazardLayers() {
  const colour = '#b3261e';
  return [
    { id: 'hazard', type: 'fill', source: 'hazard', paint: { 'fill-color': ['match', ['get', 'side'], 'b', '#2f79c4', colour], 'fill-opacity': 0.14 } },
    { id: 'hazard-edge', type: 'line', source: 'hazard', paint: { 'line-color': ['match', ['get', 'side'], 'b', '#2f79c4', colour], 'line-width': 1.8, 'line-dasharray': [3, 2] } },
  ];
}

/** Layers above the assets. @param {boolean} [many] whether the event has thousands of places: far out they are drawn smaller */
export function overlayLayers(many = false) {
  const look = paper();
  const routeColour = ['coalesce', ['get', 'colour'], look.accent];
  const sized = (part) => ['interpolate', ['linear'], ['ln', ['max', 1, ['get', 'count']]], 0, 5 * part, 3, 8 * part, 6, 13 * part];
  const radius = many ? ['interpolate', ['linear'], ['zoom'], 4, sized(0.3), 10, sized(1)] : sized(1);
  return [
    { id: 'event-areas', type: 'fill', source: 'event', filter: polygon, paint: { 'fill-color': byVerdict(), 'fill-opacity': seen(0.25) } },
    { id: 'event-casing', type: 'line', source: 'event', filter: line, paint: { 'line-color': look.halo, 'line-width': 6, 'line-opacity': seen(0.9) } },
    { id: 'event-lines', type: 'line', source: 'event', filter: line, layout: { 'line-cap': 'round' }, paint: { 'line-color': byVerdict(), 'line-width': 3.2 } },
    { id: 'routes-casing', type: 'line', source: 'routes', filter: line, paint: { 'line-color': look.halo, 'line-width': 8 } },
    { id: 'routes', type: 'line', source: 'routes', filter: line, layout: { 'line-join': 'round' }, paint: { 'line-color': routeColour, 'line-width': 4, 'line-offset': ['coalesce', ['get', 'offset'], 0] } },
    { id: 'routes-points', type: 'circle', source: 'routes', filter: point, paint: { 'circle-color': routeColour, 'circle-radius': 5, 'circle-stroke-color': look.halo, 'circle-stroke-width': 1.5 } },
    { id: 'event-places', type: 'circle', source: 'event', filter: point, layout: { 'circle-sort-key': ['get', 'count'] }, paint: { 'circle-color': byVerdict(), 'circle-radius': radius, 'circle-stroke-color': look.halo, 'circle-stroke-width': many ? ['interpolate', ['linear'], ['zoom'], 4, 0.3, 10, 1.6] : 1.6, 'circle-stroke-opacity': seen(1) } },
    { id: 'event-count', type: 'symbol', source: 'event', filter: ['all', point, ['>=', ['get', 'count'], 8]], layout: { 'text-field': ['to-string', ['get', 'count']], 'text-size': 10, 'text-allow-overlap': true }, paint: { 'text-color': look.halo, 'text-opacity': seen(1) } },
    { id: 'marks-lines', type: 'line', source: 'marks', filter: line, paint: { 'line-color': ['coalesce', ['get', 'colour'], look.accent], 'line-width': 4, 'line-opacity': 0.8 } },
    { id: 'marks', type: 'symbol', source: 'marks', filter: point, layout: { 'icon-image': 'circle', 'icon-size': ['coalesce', ['get', 'size'], 2], 'icon-padding': -4, 'text-padding': 0, 'text-field': ['coalesce', ['get', 'label'], ''], 'text-size': 10.5, 'symbol-sort-key': ['coalesce', ['get', 'order'], 0] }, paint: { 'icon-color': ['coalesce', ['get', 'colour'], look.accent], 'icon-halo-color': look.halo, 'icon-halo-width': 2, 'text-color': '#ffffff' } },
    { id: 'picked-line', type: 'line', source: 'picked', layout: { 'line-cap': 'round' }, paint: { 'line-color': look.accent, 'line-width': 9, 'line-opacity': 0.4 } },
    { id: 'picked', type: 'circle', source: 'picked', filter: point, paint: { 'circle-color': 'rgba(0,0,0,0)', 'circle-radius': 13, 'circle-stroke-color': look.accent, 'circle-stroke-width': 3 } },
    { id: 'hover-line', type: 'line', source: 'hover', paint: { 'line-color': look.ink, 'line-width': 5, 'line-opacity': 0.55 } },
    { id: 'hover', type: 'circle', source: 'hover', filter: point, paint: { 'circle-color': 'rgba(0,0,0,0)', 'circle-radius': 9, 'circle-stroke-color': look.ink, 'circle-stroke-width': 2.5 } },
  ];
}

/**
 * Affected assets as the map draws them: lines and areas one by one, points summed up by place.
 * @param {any[]} features GeoJSON of the answer, `id` and `properties`
 * @returns {{collection: object, members: Map<string, string[]>}} members: drawn id -> the assets it stands for
 */
export function places(features) {
  const drawn = [];
  const members = new Map();
  const at = new Map();
  for (const { id, geometry, properties } of features) {
    if (!geometry) continue;
    const asset = id ?? properties.id;
    if (geometry.type !== 'Point') {
      drawn.push({ type: 'Feature', properties: { id: asset, count: 1 }, geometry });
      members.set(asset, [asset]);
      continue;
    }
    const key = geometry.coordinates.slice(0, 2).map((value) => value.toFixed(5)).join(',');
    if (!at.has(key)) at.set(key, { geometry, assets: [] });
    at.get(key).assets.push(asset);
  }
  for (const [key, { geometry, assets }] of at) {
    drawn.push({ type: 'Feature', properties: { id: `place:${key}`, count: assets.length }, geometry });
    members.set(`place:${key}`, assets);
  }
  return { collection: { type: 'FeatureCollection', features: drawn }, members };
}
