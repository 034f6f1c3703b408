// Puts the page together: vocabulary, map, panel, search, keys.

import { address, ask, onRevision, request } from './api.js';
import { button, copy, h, problem, stylesheet, toast } from './dom.js';
import * as event from './event.js';
import { number } from './format.js';
import { keyedFiles } from './files.js';
import { hover, onHover } from './hover.js';
import { dropZone } from './draw.js';
import { readHazard } from './eventform.js';
import { bind, help } from './keyboard.js';
import { layers } from './layers.js';
import { extent } from './map.js';
import { open, panel, rail } from './panel.js';
import { searchBox } from './search.js';
import * as state from './state.js';
import { stage } from './stage.js';
import { VIEWS } from './views.js';
import { countKinds, Vocabulary } from './vocabulary.js';
import * as watching from './watching.js';

const $ = (id) => document.getElementById(id);
const twin = { map: null, ready: null, state, event };
window.twin = twin; // for tests, and for who opens the console

/** Choose an asset: its panel opens; with *add* it joins the event instead. */
function choose(id, add = false) {
  if (add) { event.toggle([id]); open('impact'); return; }
  state.set({ asset: id, view: null });
}

/** The map, or null where the libraries or WebGL2 are missing: then the table and the graph do its work. */
async function makeMap(vocabulary, revision) {
  if (document.documentElement.dataset.libraries === 'missing') return noMap('The map’s libraries are not installed: run `make setup` where npm is there. Everything else works.');
  try {
    const library = await import('maplibre-gl');
    const [{ TwinMap }] = await Promise.all([import('./map.js'), stylesheet('maplibre-gl/maplibre-gl.css')]);
    return new TwinMap(library, vocabulary, { revision, placed: Boolean(state.get('map')), onPick: choose, onHover: (id) => hover(id, 'map') });
  } catch (error) {
    return noMap(`This browser cannot draw the map (${String(error.message ?? error).split(/[.\n]/)[0]}). The table shows the same assets.`);
  }
}

async function noMap(says) {
  document.documentElement.dataset.map = 'none';
  const { assetTable } = await import('./assets.js');
  $('map').replaceChildren(h('p', { class: 'banner' }, says), assetTable(choose));
  return null;
}

function tools() {
  const theme = button('', () => setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'), { icon: 'moon', title: 'Dark or light (t)', kind: 'quiet', 'data-act': 'theme' });
  const setTheme = (name) => { document.documentElement.dataset.theme = name; localStorage.setItem('twin.theme', name); };
  return [button('', () => copy(location.href, 'Link'), { icon: 'link', title: 'Copy the link to this very view', kind: 'quiet' }), theme,
    button('', help, { icon: 'help', title: 'Keys (?)', kind: 'quiet' }),
    h('a', { href: 'docs', class: 'button quiet', title: 'Reference of the API' }, 'API')];
}

/** Where the data lies, when the address does not say where to look. */
async function home(map) {
  if (state.get('map')) return;
  const { bounds } = await ask('tiles.json').catch(() => ({}));
  if (bounds) map.fit(bounds, 8);
}

function keys(map) {
  bind('/', 'search', () => $('search').querySelector('input').focus());
  bind('f', 'fail the chosen asset', () => {
    const id = state.get('asset');
    if (!id) return toast('Choose an asset first: search with /, or click one.');
    if (!state.list('fail').includes(id)) event.toggle([id]);
    return open('impact');
  });
  bind('Escape', 'back: close the asset, then the event', () => {
    if (state.get('view')) open('explore');
    else if (state.get('asset')) state.set({ asset: null });
    else if (event.body()) event.clear();
  });
  bind('l', 'layers and legend', () => document.querySelector('#layers .fold')?.click());
  for (const { id, key, title } of VIEWS) bind(key, title.toLowerCase(), () => open(id));
  bind('z', 'show what the panel is about on the map', () => map && showAll(map));
  bind('t', 'dark or light', () => document.querySelector('[data-act=theme]').click());
  bind('?', 'these keys', help);
}

/** The event's extent, else the asset's, else all. */
async function showAll(map) {
  const drawn = map.event?.collection ?? (state.get('asset') ? (await map.mark('picked', state.get('asset')))?.geometry : null);
  const box = extent(drawn) ?? (await ask('tiles.json')).bounds;
  map.fit(box);
}

function status(total, revision, sources) {
  $('status').replaceChildren(h('span', { title: `${sources.length} sources: ${sources.map(({ source }) => source).join(', ')}` }, `${number(total)} assets · revision ${revision}`));
}

async function start() {
  keyedFiles();
  $('rail').replaceChildren(...rail());
  $('tools').replaceChildren(...tools());
  document.querySelector('[data-skip]').onclick = (click) => { click.preventDefault(); $('panel').focus(); };
  const vocabulary = await Vocabulary.read();
  $('search').replaceChildren(searchBox({ vocabulary, label: 'Search assets', placeholder: 'Search assets  ( / )', onPick: (id) => choose(id), onPlace: (lat, lon) => twin.map?.flyTo({ center: [lon, lat], zoom: 11 }) }));
  const { counts, total, revision, notice, sources } = await countKinds();
  status(total, revision, sources);
  if (notice) toast(notice);
  const map = await makeMap(vocabulary, revision);
  twin.map = map?.map ?? null;
  if (map) await map.ready;
  const context = { state, event, vocabulary, counts, total, revision, map, choose, open, request, address };
  const legend = layers($('layers'), vocabulary, counts, () => map?.colouring() ?? 'domain');
  if (!map) $('layers').hidden = true;
  keys(map);
  if (map) {
    onHover((id) => map.mark('hover', id));
    const mark = () => map.mark('picked', state.get('asset') || null, { fly: true });
    state.on(['asset'], mark);
    await home(map);
    dropZone($('stage'), (file) => readHazard(file).then((text) => text && state.set({ hazard: text, view: 'impact', t: null })));
    if (state.get('asset')) map.mark('picked', state.get('asset'), { fly: !state.get('map') });
  }
  const again = stage({ ...context, legend });
  const show = panel($('panel'), context);
  onRevision(async (now) => { // somebody imported or edited: everything is asked anew
    event.forget();
    const fresh = await countKinds();
    counts.clear();
    for (const [kind, count] of fresh.counts) counts.set(kind, count);
    Object.assign(context, { total: fresh.total, revision: fresh.revision });
    status(fresh.total, fresh.revision, fresh.sources);
    map?.refresh();
    legend();
    toast(`The twin is at revision ${now} now`);
    await Promise.all([again(), show()]);
  });
  await show();
  watching.start();
}

twin.ready = start().catch((error) => {
  $('panel').replaceChildren(problem(error, () => location.reload()));
  if (!error.title) throw error;
});
