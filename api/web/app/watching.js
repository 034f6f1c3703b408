// Answers that are watched: being told when one changes, while the page is open at once, else by webhook.

import { heard, post, request } from './api.js';
import { button, copy, field, h, toast } from './dom.js';
import { counted } from './format.js';
import { events } from './jobs.js';
import { nameOf, naming, toShelf } from './saving.js';
import * as state from './state.js';

/** Questions that the page offers to watch. */
export const WATCHABLE = ['impact', 'compare', 'paths', 'criticality', 'dependencies', 'dependents'];
/** Streams held open at once: a browser has six connections to a server, and the map needs some. */
const STREAMS = 2;
/** Milliseconds between two looks at those without a stream, and before a lost line is taken up again. */
const LOOK_MS = 20_000;
const LISTED = 100;

const listeners = new Set();
const unseen = new Set();
const watched = new Map();
let ending = new AbortController();

/** Ask for a name and perhaps a webhook, then watch. @param {string} question @param {any} asked */
export function watch(question, asked) {
  const { page: _, ...lasting } = asked;
  const webhook = h('input', { type: 'url', placeholder: 'https://…', maxlength: 2000, autocomplete: 'off' });
  naming('Tell me when this changes', nameOf(question, asked), { act: 'Watch it', says: 'Asking what the answer is now …', note: false,
    more: [field('Webhook', webhook, 'May be empty. Each change is posted to it as JSON, signed.')] }, async (name) => {
    const made = await post('subscriptions', { name, question, asked: lasting, ...(webhook.value.trim() ? { webhook: webhook.value.trim() } : {}) });
    start();
    return [h('p', {}, 'Watched as ', h('strong', {}, made.name), ` from revision ${made.revision} on. Each open page tells a change at once; Saved → Watched keeps them.`),
      ...(made.secret ? [h('div', { class: 'note warn' }, h('p', {}, 'The secret that signs what is posted (', h('code', {}, 'X-Twin-Signature'), '). It is shown here and never again.'), h('p', {}, h('code', { 'data-test': 'secret' }, made.secret))),
        h('div', { class: 'row' }, button('Copy the secret', () => copy(made.secret, 'Secret'), { icon: 'file' }), toShelf('watched'))] : [h('div', { class: 'row' }, toShelf('watched'))])];
  });
}

/** `2 added, 1 removed` of what a notice says. */
export function tally({ changed, before }) {
  if (changed.error) return `it cannot be answered any more (${changed.error})`;
  const parts = [['added', changed.added_total], ['removed', changed.removed_total], ['changed', changed.changed_total]].filter(([, count]) => count).map(([what, count]) => `${counted(count, 'row')} ${what}`);
  return [before.error ? 'it can be answered again' : null, ...parts].filter(Boolean).join(', ') || 'the same rows, other details';
}

/** Call *listener* with each notice as it comes. @param {(notice: any) => void} listener @param {AbortSignal} signal */
export function onNotice(listener, signal) {
  listeners.add(listener);
  signal.addEventListener('abort', () => listeners.delete(listener));
}

/** These notices of a subscription are looked at: they are not told again, nor counted. @param {string} id @param {any[]} notices */
export function looked(id, notices) {
  for (const notice of notices) {
    watched.get(id)?.told.add(notice.id);
    unseen.delete(notice.id);
  }
  count();
}

/** How many changes nobody has looked at, on the rail. */
function count() {
  const link = document.querySelector('#rail [data-view=saved]');
  link?.querySelector('.badge')?.remove();
  if (unseen.size) link?.append(h('span', { class: 'badge', title: `${counted(unseen.size, 'change')} of what is watched` }, unseen.size));
}

function tell(held, notice) {
  if (held.told.has(notice.id)) return;
  held.told.add(notice.id);
  held.revision = Math.max(held.revision, notice.after.revision);
  heard(notice.after.revision);
  if (state.get('view') !== 'saved' || state.get('shelf') !== 'watched') {
    unseen.add(notice.id);
    toast(h('span', {}, h('strong', {}, held.name || nameOf(held.question, held.asked)), `: ${tally(notice)}. `, h('button', { type: 'button', class: 'link', onclick: ({ target }) => { target.closest('.toast').remove(); state.set({ view: 'saved', shelf: 'watched' }); } }, 'Show')), 'told');
    count();
  }
  listeners.forEach((listener) => listener(notice));
}

/** Watch what there is, anew: at the start, and when something was added or removed. */
export async function start() {
  stop();
  if (document.hidden) return;
  const { signal } = ending;
  try {
    const rows = await look(signal);
    rows.slice(0, STREAMS).forEach((held) => stream(held, signal));
    if (rows.length > STREAMS) later(() => look(signal), signal);
  } catch { /* the server or its library does not answer: the views say so */
    if (!signal.aborted) later(start, signal);
  }
}

/** Hold no stream any more. */
export function stop() {
  ending.abort();
  ending = new AbortController();
}

/** While nobody looks at the page it holds no connection; then it is told what came meanwhile. */
document.addEventListener('visibilitychange', () => (document.hidden ? stop() : start()));

/** Call *act* now and then, also when it fails. */
function later(act, signal) {
  const again = setTimeout(async () => {
    await Promise.resolve(act()).catch(() => {});
    if (!signal.aborted) later(act, signal);
  }, LOOK_MS);
  signal.addEventListener('abort', () => clearTimeout(again));
}

/** What is watched now; tells what came since the look before. */
async function look(signal) {
  const { items } = await (await request('subscriptions', { query: { limit: LISTED }, signal })).json();
  for (const row of items) {
    const held = watched.get(row.id);
    if (!held) watched.set(row.id, { ...row, told: new Set() });
    else await catchUp(held, row.revision, signal);
  }
  return items.map(({ id }) => watched.get(id));
}

/** Tell what came since the revision that is known of one. */
async function catchUp(held, revision, signal) {
  const since = held.revision;
  if (revision === since) return;
  const { notices } = await (await request(`subscriptions/${held.id}`, { signal })).json();
  notices.map(({ notice }) => notice).filter(({ after }) => after.revision > since).reverse().forEach((notice) => tell(held, notice));
  held.revision = revision;
}

/** Tell the changes of one as they happen. */
async function stream(held, signal) {
  try {
    for await (const { event, data } of events(`subscriptions/${held.id}/events`, signal)) {
      if (event === 'changed') tell(held, data);
      else if (event === 'watching') await catchUp(held, data.revision, signal); // came before the stream was open
    }
  } catch { /* aborted, or the line is lost: then all is begun anew, and tells what came meanwhile */
    if (!signal.aborted) later(start, signal);
  }
}
