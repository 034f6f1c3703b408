// The ground under the map: Natural Earth from world-atlas, drawn without any tile or glyph server.

import { BASE } from './api.js';
import { paper } from './colours.js';

const ATLAS = 'web/vendor/world-atlas';
/** From this zoom on the finer coast is read. */
const FINE = 6.6;
const NOTHING = { type: 'FeatureCollection', features: [] };

/** Sources and layers of the style, empty until {@link fillBasemap}. */
export function basemapStyle() {
  const look = paper();
  return {
    sources: {
      land: { type: 'geojson', data: NOTHING, attribution: 'Natural Earth' },
      borders: { type: 'geojson', data: NOTHING },
      countries: { type: 'geojson', data: NOTHING },
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': look.sea } },
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': look.land } },
      { id: 'coast', type: 'line', source: 'land', paint: { 'line-color': look.border, 'line-width': 0.6 } },
      { id: 'borders', type: 'line', source: 'borders', paint: { 'line-color': look.border, 'line-width': ['interpolate', ['linear'], ['zoom'], 3, 0.6, 8, 1.6], 'line-dasharray': [4, 2] } },
    ],
  };
}

/** Names of countries, above the data's areas but below its points. */
export function countryLabels() {
  const look = paper();
  return {
    id: 'countries', type: 'symbol', source: 'countries', maxzoom: 7,
    layout: { 'text-field': ['get', 'name'], 'text-size': ['interpolate', ['linear'], ['zoom'], 2, 10, 6, 13], 'text-letter-spacing': 0.12, 'text-transform': 'uppercase' },
    paint: { 'text-color': look.soft, 'text-halo-color': look.land, 'text-halo-width': 1.2, 'text-opacity': 0.75 },
  };
}

/** Reads the atlas into the map, and the finer one when the user comes close. */
export async function fillBasemap(map) {
  await import('topojson-client');
  const { feature, mesh } = globalThis.topojson;
  const read = async (name) => {
    const atlas = await (await fetch(new URL(`${ATLAS}/${name}`, BASE))).json();
    map.getSource('land').setData(feature(atlas, atlas.objects.land));
    map.getSource('borders').setData({ type: 'Feature', properties: {}, geometry: mesh(atlas, atlas.objects.countries, (a, b) => a !== b) });
    return atlas;
  };
  const coarse = await read('countries-50m.json');
  map.getSource('countries').setData({ type: 'FeatureCollection', features: coarse.objects.countries.geometries.map((country) => named(feature(coarse, country))) });
  let fine = false;
  const closer = () => {
    if (fine || map.getZoom() < FINE) return;
    fine = true;
    read('countries-10m.json');
  };
  map.on('zoomend', closer);
  closer();
}

/** A point for a country's name: the middle of its largest part. */
function named(country) {
  const parts = country.geometry.type === 'Polygon' ? [country.geometry.coordinates] : country.geometry.coordinates;
  const boxes = parts.map(([ring]) => {
    const xs = ring.map(([x]) => x);
    const ys = ring.map(([, y]) => y);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  });
  const [west, south, east, north] = boxes.reduce((best, box) => (area(box) > area(best) ? box : best));
  return { type: 'Feature', properties: { name: country.properties.name }, geometry: { type: 'Point', coordinates: [(west + east) / 2, (south + north) / 2] } };
}

const area = ([west, south, east, north]) => (east - west) * (north - south);
