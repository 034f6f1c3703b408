// The map: its style, what a click means, and what views may ask of it.

import { ask, assetPath, headers } from './api.js';
import { basemapStyle, countryLabels, fillBasemap } from './basemap.js';
import { domainStyle, paper } from './colours.js';
import { h } from './dom.js';
import { title } from './format.js';
import { CLICKABLE as OVER, hazardLayers, NOTHING, overlayLayers, overlaySources } from './overlays.js';
import { addShapes } from './shapes.js';
import * as state from './state.js';
import { assetLayers, CLICKABLE, CLOSE, filterAssets, tilesSource } from './tiles.js';

/** Where the map begins without a place in the address: set to the data's own extent by {@link TwinMap.fit}. */
const HOME = { zoom: 1.5, center: [10, 30] };

/** Places of an event from which on they are drawn smaller far out. */
const CROWD = 2000;

/** The place that the address names, or null. */
function placed() {
  const [zoom, lat, lon] = state.get('map').split('/').map(Number);
  return zoom >= 0 && Math.abs(lat) < 90 && Number.isFinite(lon) ? { zoom, center: [lon, lat] } : null;
}

/** A MapLibre map of the twin. Throws where WebGL2 is missing. */
export class TwinMap {
  /**
   * @param {any} maplibre the library @param {import('./vocabulary.js').Vocabulary} vocabulary
   * @param {{revision: number, onPick: (id: string, add: boolean) => void, onHover: (id: string|null) => void}} given
   */
  constructor(maplibre, vocabulary, given) {
    this.library = maplibre;
    this.vocabulary = vocabulary;
    this.domains = [...vocabulary.domains.values()];
    this.given = given;
    /** Set by a view that wants the next click for itself. @type {((id: string) => void)|null} */
    this.pick = null;
    /** Set while something is drawn: clicks belong to the drawing. */
    this.drawing = false;
    /** What a place of the event's overlay stands for. @type {Map<string, string[]>} */
    this.members = new Map();
    /** What each of those is shown as. @type {Map<string, string>} */
    this.verdicts = new Map();
    const place = placed();
    this.map = new maplibre.Map({
      container: 'map',
      style: this.style(),
      ...(place ?? HOME),
      attributionControl: { compact: true },
      maplibreLogo: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxZoom: 17,
      canvasContextAttributes: { preserveDrawingBuffer: false },
      transformRequest: (url) => ({ url, headers: headers() }),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), 'bottom-right');
    this.map.addControl(new maplibre.ScaleControl(), 'bottom-left');
    this.rings = addShapes(this.map, () => ({ colours: ['energy', 'connectivity', 'compute'].map((name) => domainStyle(name).colour), paper: paper().halo }));
    this.ready = new Promise((resolve) => { this.map.once('load', resolve); }).then(() => this.listen());
  }

  style() {
    const ground = basemapStyle();
    return {
      version: 8,
      sources: { ...ground.sources, twin: tilesSource(), ...overlaySources() },
      layers: [...ground.layers, ...hazardLayers(), countryLabels(), ...assetLayers(this.colouring(), this.domains), ...overlayLayers(this.crowded())],
    };
  }

  /** What assets are coloured by; while an event is shown, by its verdicts unless the user chose otherwise. */
  colouring() {
    return state.get('colour') || (this.event ? 'verdict' : 'domain');
  }

  /** Whether the event that is shown has thousands of places. */
  crowded() {
    return (this.event?.collection.features.length ?? 0) > CROWD;
  }

  async listen() {
    fillBasemap(this.map);
    this.filter();
    const here = () => {
      const { lng, lat } = this.map.getCenter();
      return [this.map.getZoom().toFixed(2), lat.toFixed(4), lng.toFixed(4)].join('/');
    };
    this.map.on('moveend', () => state.set({ map: here() }, { quiet: true }));
    state.on(['map'], () => { if (placed() && state.get('map') !== here() && !this.map.isMoving()) this.map.jumpTo(placed()); });
    this.map.on('click', (event) => this.clicked(event));
    this.map.on('mousemove', (event) => this.moved(event));
    this.map.on('mouseout', () => this.given.onHover(null));
    state.on(['colour'], () => this.restyle());
    state.on(['hide'], () => this.filter());
    new MutationObserver(() => this.restyle()).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  }

  /** Give every layer the colours of now: theme, colour-by. */
  restyle() {
    for (const layer of this.style().layers) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) this.map.setPaintProperty(layer.id, name, value);
    }
    this.rings();
  }

  filter() {
    filterAssets(this.map, state.list('hide'), this.domains, this.vocabulary.kinds);
  }

  /** Read the assets' tiles anew, e.g. after an import. */
  refresh() {
    this.map.getSource('twin').setTiles(tilesSource().tiles);
  }

  /** Replace what an overlay shows; null empties it. @param {string} source @param {object|null} data */
  show(source, data) {
    this.map.getSource(source)?.setData(data ?? NOTHING);
  }

  /** Show the affected assets of an event; `verdictOf(assets)` says what a place with these is at the time that is looked at. */
  showEvent(drawn, verdictOf) {
    const before = [Boolean(this.event), this.crowded()].join();
    if (drawn !== this.event) {
      this.map.removeFeatureState({ source: 'event' });
      this.show('event', drawn?.collection ?? null);
      this.members = drawn?.members ?? new Map();
      this.verdicts = new Map();
      this.event = drawn;
    }
    if (before !== [Boolean(this.event), this.crowded()].join()) this.restyle();
    for (const [id, assets] of this.members) {
      const verdict = verdictOf(assets);
      if (this.verdicts.get(id) === verdict) continue; // most do not change from one moment to the next
      this.verdicts.set(id, verdict);
      this.map.setFeatureState({ source: 'event', id }, { verdict });
    }
  }

  /** Mark an asset by its geometry. @param {'picked'|'hover'} source */
  async mark(source, id, { fly = false } = {}) {
    this[source] = id;
    if (!id) return this.show(source, null);
    const asset = await ask(assetPath(id)).catch(() => null);
    if (this[source] !== id || !asset) return undefined;
    this.show(source, asset.geometry ? { type: 'Feature', properties: { id }, geometry: asset.geometry } : null);
    if (fly && asset.geometry) this.fly(asset.geometry);
    return asset;
  }

  /** Bring a geometry into view, unless it is. */
  fly(geometry, { always = false, zoom = CLOSE + 1 } = {}) {
    const box = extent(geometry);
    if (!box) return;
    const seen = this.map.getBounds();
    if (!always && this.map.getZoom() > CLOSE - 3 && seen.contains(box.slice(0, 2)) && seen.contains(box.slice(2))) return;
    this.fit(box, zoom);
  }

  /** Bring a box [west, south, east, north] into view. */
  fit(box, zoom = 12) {
    const card = document.querySelector('#layers:not(.closed, [hidden])'); // nothing is to be looked for below it
    const left = card && this.map.getContainer().clientWidth > 3 * card.clientWidth ? card.clientWidth + 30 : 60;
    this.map.fitBounds(box, { padding: { top: 60, right: 60, bottom: 60, left }, maxZoom: zoom, duration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 700 });
  }

  /** Ids under a point, the nearest layers first; `site` when only an aggregate was hit. */
  under({ point }, reach = 5) {
    const box = [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]];
    const layers = [...OVER, ...CLICKABLE].filter((id) => this.map.getLayer(id));
    const ids = new Set();
    const housed = new Set(); // after what houses them
    let site = null;
    for (const { properties, layer, source, geometry } of this.map.queryRenderedFeatures(box, { layers })) {
      const id = properties.asset ?? properties.id;
      if (source === 'event' && this.verdicts.get(id) === 'none') continue;
      if (this.members.has(id) && source === 'event') this.members.get(id).forEach((member) => ids.add(member));
      else if (id && layer.id !== 'twin-sites') (properties.site && properties.site !== id ? housed : ids).add(id);
      else site ??= { ...properties, at: geometry.coordinates };
    }
    return { ids: [...ids, ...housed], site };
  }

  clicked(event) {
    if (this.drawing) return;
    const { ids, site } = this.under(event);
    const choose = (id) => (this.pick ? this.pick(id) : this.given.onPick(id, event.originalEvent.shiftKey));
    if (ids.length === 1) choose(ids[0]);
    else if (ids.length) this.choice(event.lngLat, ids, choose);
    else if (site?.id && site.count === 1) choose(site.id);
    else if (site) this.map.easeTo({ center: site.at, zoom: Math.max(this.map.getZoom() + 2, Math.min(CLOSE, this.map.getZoom() + 4)) });
  }

  moved(event) {
    const { ids, site } = this.drawing ? { ids: [], site: null } : this.under(event, 3);
    this.map.getCanvas().style.cursor = this.drawing || this.pick ? 'crosshair' : ids.length || site ? 'pointer' : '';
    this.given.onHover(ids[0] ?? null);
  }

  /** Several assets in one place: let the user choose. */
  choice(at, ids, choose) {
    const shown = ids.slice(0, 40);
    const list = h('ul', { class: 'choices' });
    const popup = new this.library.Popup({ maxWidth: '320px', focusAfterOpen: false })
      .setLngLat(at).setDOMContent(h('div', {}, h('strong', {}, `${ids.length} assets here`), list, ids.length > shown.length ? h('p', { class: 'small' }, 'Search to see the others.') : null)).addTo(this.map);
    for (const id of shown) {
      const item = h('button', { type: 'button', class: 'link', onclick: () => { popup.remove(); choose(id); } }, id);
      list.append(h('li', {}, item));
      ask(assetPath(id)).then((asset) => item.replaceChildren(title(asset), h('small', {}, ` ${asset.kind.replaceAll('_', ' ')}`))).catch(() => {});
    }
  }

  /** Resolves when all that is to be seen is drawn, at the latest after some seconds. */
  settled() {
    return new Promise((resolve) => {
      setTimeout(resolve, 4000);
      this.map.once('idle', resolve);
      this.map.triggerRepaint();
    });
  }

  /** The map as a PNG picture. @returns {Promise<Blob>} */
  picture() {
    return new Promise((resolve) => {
      this.map.once('render', () => this.map.getCanvas().toBlob(resolve, 'image/png'));
      this.map.triggerRepaint();
    });
  }
}

/** [west, south, east, north] of a geometry, feature or collection; null when it has none. */
export function extent(data) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (value) => {
    if (!value) return;
    if (typeof value[0] === 'number') {
      box[0] = Math.min(box[0], value[0]);
      box[1] = Math.min(box[1], value[1]);
      box[2] = Math.max(box[2], value[0]);
      box[3] = Math.max(box[3], value[1]);
    } else if (Array.isArray(value)) value.forEach(walk);
    else if (value.features) value.features.forEach(walk);
    else walk(value.coordinates ?? value.geometry ?? value.geometries);
  };
  walk(data);
  return Number.isFinite(box[0]) ? box : null;
}
