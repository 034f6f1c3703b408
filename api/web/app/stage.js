// What an event does to the page around the panel: verdicts on the map, the hazard, the bar that names it, the timeline.

import { ORDER } from './colours.js';
import { button, h, icon, toast } from './dom.js';
import * as event from './event.js';
import * as kept from './kept.js';
import { counted } from './format.js';
import { described, hazardOf, isLost } from './hazard.js';
import { extent } from './map.js';
import { places } from './overlays.js';
import * as state from './state.js';
import { timeline } from './timeline.js';

const $ = (id) => document.getElementById(id);

/** Keep map, bar and timeline in step with the event of the address, from now on. @returns {() => Promise<void>} asks again */
export function stage({ map, legend, open }) {
  let turn = 0;
  let drawn = null;
  let verdictOf = () => 'none';
  let seen = '';
  const clock = timeline($('time'), { map });
  const paint = () => map?.showEvent(drawn, verdictOf);
  const show = async () => {
    turn += 1;
    const mine = turn;
    await kept.ready().catch(() => {}); // the panel says it
    if (mine !== turn) return;
    seen = side();
    bar(open);
    hazards(map);
    const questions = kept.gone() ? [] : { b: [event.asked('b.')], diff: [event.asked(), event.asked('b.')] }[seen] ?? [event.asked()];
    if (!questions.length || questions.includes(null)) { drawn = null; paint(); clock.hide(); legend(); return; }
    busy('Running the cascade …');
    try {
      const found = await Promise.all(questions.map(async (asked) => {
        const [impact, layer] = await Promise.all([event.answer('impact', asked), event.answer('impact', asked, { query: { f: 'geojson' } })]);
        return { impact, layer, rows: new Map(impact.affected.map((row) => [row.id, row])) };
      }));
      if (mine !== turn) return;
      const [{ impact, rows, layer }, other] = found;
      const [question] = questions;
      verdictOf = other ? (assets) => sideOf(assets, rows, other.rows)
        : (assets) => { const t = Number(state.get('t', Infinity)); return worst(assets, (id) => (rows.has(id) ? event.verdictAt(rows.get(id), t) : null)); };
      drawn = places(other ? [...layer.features, ...other.layer.features.filter((feature) => !rows.has(feature.id ?? feature.properties.id))] : layer.features);
      paint();
      look(map, drawn, question);
      legend();
      if (other) { clock.hide(); return; }
      busy('Following it through time …');
      const times = await timesOf(question, impact); // of a large event far slower than what it does in the end
      if (mine === turn) clock.show(impact, times);
    } catch (error) {
      if (mine !== turn) return;
      drawn = null;
      paint();
      clock.hide();
      if (state.get('view') !== 'impact') toast(error.detail ?? error.message, 'bad');
    } finally {
      if (mine === turn) busy(null);
    }
  };
  state.on([...event.KEYS, 'result', 'event'], show);
  state.on(['t'], paint);
  state.on(['view', 'side', ...event.KEYS.map((key) => `b.${key}`)], () => { bar(open); hazards(map); if (side() || seen) show(); });
  show();
  return show;
}

/** Who runs on which buffer, and what happens when; of a kept answer only while the twin has not moved on. */
async function timesOf(question, impact) {
  const held = kept.current('impact');
  return held && kept.isStale(held) ? { events: [], buffers: [], standby: held.answer.standby, untold: 'Who runs on which buffer was not kept. Ask anew to see it in the twin now.' } : event.answer('timeline', question).catch((error) => ({ events: [], buffers: [], standby: impact.standby, heading: 'Without a timeline', untold: `${error.detail ?? error.message} ${error.fix ?? ''}` }));
}

/** Which event the map shows: '' the event, 'b' the one it is compared with, 'diff' what sets them apart. */
const side = () => (state.get('view') === 'compare' && ['b', 'diff'].includes(state.get('side')) ? state.get('side') : '');

/** Which of two events comes to a place with *assets*. */
function sideOf(assets, a, b) {
  if (assets.every((id) => !b.has(id))) return 'only_a';
  return assets.every((id) => !a.has(id)) ? 'only_b' : 'both';
}

const RANK = new Map(ORDER.map((verdict, rank) => [verdict, rank]));

/** The worst verdict among *assets*; `none` where nothing has come to any of them. */
function worst(assets, verdictOf) {
  let best = ORDER.length;
  for (const asset of assets) best = Math.min(best, RANK.get(verdictOf(asset)) ?? best);
  return ORDER[best] ?? 'none';
}

let looked = '';

/** Bring what an event does into view, when it is a new one and none of it is in view. */
function look(map, { collection }, { horizon_s: _, ...question }) {
  const box = extent(collection);
  const name = JSON.stringify(question);
  if (!map || !box || name === looked) return;
  const first = looked === '';
  looked = name;
  if (first && map.given.placed) return; // the address says where to look
  const seen = map.map.getBounds();
  const inside = collection.features.filter(({ geometry }) => { const [west, south, east, north] = extent(geometry); return seen.contains([(west + east) / 2, (south + north) / 2]); });
  if (first || inside.length * 2 < collection.features.length) map.fit(box, 8.5);
}

function hazards(map) {
  const sides = state.get('view') === 'compare' ? [['', 'a'], ['b.', 'b']] : [['', 'a']];
  const features = sides.map(([side, name]) => [hazardOf(state.get(`${side}hazard`)), name]).filter(([hazard]) => hazard)
    .flatMap(([hazard, name]) => (hazard.features ?? [hazard]).map((part) => ({ type: 'Feature', properties: { side: name }, geometry: part.geometry ?? part })));
  map?.show('hazard', { type: 'FeatureCollection', features });
}

let later = 0;

/** Say that something takes its time; at once only when it does. */
export function busy(text) {
  clearTimeout(later);
  if (text === null) { $('busy').hidden = true; return; }
  later = setTimeout(() => {
    $('busy').replaceChildren(h('i', { class: 'spinner' }), text);
    $('busy').hidden = false;
  }, 200);
}

/** The bar above the map that says which event is shown. */
function bar(open) {
  const of = side() === 'b' ? 'b.' : '';
  const failed = state.list(`${of}fail`);
  const where = state.get(`${of}where`);
  const hazard = state.get(`${of}hazard`);
  const name = { b: 'Event B', diff: 'What A and B do differently' }[side()] ?? (state.get('view') === 'compare' ? 'Event A' : 'Event');
  $('bar').hidden = !failed.length && !where && !hazard;
  if ($('bar').hidden) return;
  const parts = [failed.length === 1 ? failed[0] : failed.length ? counted(failed.length, 'asset') : null, where || null, hazard ? (isLost(hazard) ? `${described(hazard)} (not in this tab: drop the file again)` : described(hazard)) : null];
  $('bar').replaceChildren(icon('impact'), h('button', { type: 'button', class: 'link', title: 'Show what it does (i)', onclick: () => open('impact') }, h('strong', {}, `${[name, kept.inWords('impact')].filter(Boolean).join(', ')}${side() === 'diff' ? '' : ': '}`), side() === 'diff' ? '' : parts.filter(Boolean).join(' · ')),
    of ? '' : button('', event.clear, { icon: 'close', title: 'Clear the event', kind: 'quiet' }));
}
