// What fails: assets by id, by what they carry, by where they are; and how long one looks.

import { choice, button, field, h, toast } from './dom.js';
import { draw } from './draw.js';
import { isDuration } from './format.js';
import { described, documentText, isLost } from './hazard.js';
import { hoverable } from './hover.js';
import { searchBox } from './search.js';

const HORIZONS = [['', 'until nothing more happens'], ['0s', 'at once'], ['1h', '1 hour'], ['8h', '8 hours'], ['1d', '1 day'], ['2d', '2 days'], ['7d', '7 days']];

/**
 * The form of one event; each change goes to the address.
 * @param {object} context as views get it
 * @param {{side?: '' | 'b.', horizon?: boolean}} [options] side: whose keys of the address it writes
 */
export function eventForm(context, { side = '', horizon = true } = {}) {
  const { state, vocabulary, event, choose, map } = context;
  const failed = state.list(`${side}fail`);
  const hazard = state.get(`${side}hazard`);
  const set = (name, value) => state.set({ [`${side}${name}`]: value, t: null });
  const drawing = (shape) => button('', () => draw(map, shape).then((text) => text && set('hazard', text)), { icon: shape, title: `Draw a ${shape} as the hazard`, disabled: !map, kind: 'quiet' });
  const file = h('input', { type: 'file', accept: '.geojson,.json,application/geo+json', hidden: true, onchange: () => file.files[0] && readHazard(file.files[0]).then((text) => text && set('hazard', text)) });
  return h('div', { class: 'form' },
    failed.length ? h('div', { class: 'chips', 'aria-label': 'Assets that fail' }, ...failed.map((id) => h('span', { class: 'chip', ...hoverable(id) },
      h('button', { type: 'button', class: 'link', title: id, onclick: () => choose(id) }, id), button('', () => event.toggle([id], side), { icon: 'close', title: `Take ${id} out of the event`, kind: 'quiet' })))) : null,
    searchBox({ vocabulary, label: 'Add an asset to the event', placeholder: 'Add an asset that fails', onPick: (id) => { if (!failed.includes(id)) event.toggle([id], side); } }),
    h('div', { class: 'row hazard' }, h('small', {}, 'Hazard'), drawing('polygon'), drawing('circle'), button('', () => file.click(), { icon: 'file', title: 'Take a GeoJSON file as the hazard; or drop one on the map', kind: 'quiet' }), file,
      hazard ? h('span', { class: 'chip' }, h('span', {}, isLost(hazard) ? `${described(hazard)}: drop the file again` : described(hazard)), button('', () => state.set({ [`${side}hazard`]: null, [`${side}buffer`]: null, [`${side}crossing`]: null }), { icon: 'close', title: 'Without the hazard', kind: 'quiet' })) : null),
    hazard && !side ? h('div', { class: 'two' }, metres(state, 'buffer', 'Widened by (m)'), metres(state, 'crossing', 'Line hit from (m inside)')) : null,
    h('details', { class: 'more', open: Boolean(state.get(`${side}where`)) }, h('summary', { class: 'small' }, 'or what matches'),
      h('input', { 'aria-label': 'Assets that match fail', placeholder: 'kind=substation and name~Nord', value: state.get(`${side}where`), spellcheck: 'false', onchange: ({ target }) => set('where', target.value.trim()) })),
    horizon ? horizonField(state) : null);
}

const metres = (state, name, label) => field(label, h('input', { type: 'number', min: 0, step: 100, value: state.get(name, '0'), onchange: ({ target }) => state.set({ [name]: Number(target.value) || null, t: null }) }));

/** How long one looks. */
export function horizonField(state) {
  const now = state.get('horizon');
  const options = HORIZONS.some(([value]) => value === now) ? HORIZONS : [...HORIZONS, [now, now]];
  const select = choice([...options, ['?', 'other …']], now, (value) => {
    if (value !== '?') state.set({ horizon: value, t: null });
    else select.replaceWith(other);
  }, { 'data-test': 'horizon' });
  const other = h('input', { value: now, placeholder: 'e.g. 36h or 2d12h', onchange: () => {
    if (!other.value || isDuration(other.value.trim())) state.set({ horizon: other.value.trim(), t: null });
    else toast('A horizon is a number with s, min, h or d: 90min, 8h, 2d.', 'bad');
  } });
  return field('Look ahead', select);
}

/** A dropped or chosen file as text of the address; says what is wrong with it. */
export async function readHazard(file) {
  try {
    const document = JSON.parse(await file.text());
    if (!document || !/^(Feature|FeatureCollection|Polygon|MultiPolygon|Point|LineString|GeometryCollection|Multi(Point|LineString))$/.test(document.type)) throw new Error('no GeoJSON');
    return documentText(document, file.name);
  } catch {
    toast(`${file.name} is not GeoJSON. Convert it: ogr2ogr -t_srs EPSG:4326 hazard.geojson ${file.name}`, 'bad');
    return null;
  }
}
