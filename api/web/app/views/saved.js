// What is saved: results with their answers, events, and answers that are watched.

import { address, ask, request } from '../api.js';
import { button, copy, empty, h, icon, put, toast } from '../dom.js';
import { counted, moment, number, words } from '../format.js';
import { isLost, savedText } from '../hazard.js';
import * as kept from '../kept.js';
import { head } from '../panel.js';
import { addressOf, eventAddress, eventName, nameOf, pageLink, resultLink, VIEW_OF } from '../saving.js';
import { card, shelf } from '../shelf.js';
import { noticeList } from '../notices.js';
import { onNotice, start } from '../watching.js';

export const keys = ['shelf'];
const PAGE = 100;
const FILES = ['gpkg', 'geojson', 'csv', 'fgb', 'kml'];
const SHELVES = {
  results: { title: 'Results', path: 'results', says: 'Answers as they were when they were kept.', card: result, none: ['No result is saved yet', 'Export → Save and share, on any result.'] },
  events: { title: 'Events', path: 'events', says: 'What fails, to be asked about again.', card: event, none: ['No event is saved yet', 'Fail it → Save this event.'] },
  watched: { title: 'Watched', path: 'subscriptions', says: 'Answers that are asked again with each revision; what changed is told.', card: subscription, none: ['Nothing is watched yet', 'Export → Tell me when this changes, on any result.'] },
};

export async function show(host, context) {
  const { state, signal } = context;
  const chosen = SHELVES[state.get('shelf')] ?? SHELVES.results;
  const pages = await Promise.all(Object.values(SHELVES).map((each) => ask(each.path, { limit: each === chosen ? PAGE : 1 }, { fresh: true, signal })));
  const totals = new Map(Object.values(SHELVES).map((each, at) => [each, pages[at].total]));
  const page = pages[Object.values(SHELVES).indexOf(chosen)];
  const again = () => show(host, context);
  put(host, head('Saved', chosen.says),
    h('div', { class: 'tabs', role: 'group', 'aria-label': 'What is saved' }, ...Object.entries(SHELVES).map(([name, each]) =>
      h('button', { type: 'button', 'aria-pressed': String(each === chosen), onclick: () => state.set({ shelf: name === 'results' ? null : name }) }, each.title, h('span', { class: 'count' }, ` ${number(totals.get(each))}`)))),
    chosen === SHELVES.results && page.items.some((item) => item.name === null) ? byTheWay(host) : null,
    page.items.length ? shelf(chosen.path, page, (item) => chosen.card(item, again, context)) : empty(...chosen.none));
  if (chosen !== SHELVES.watched) return;
  onNotice(() => !signal.aborted && again(), signal);
}

const ALL = 'twin.saved.all';

/** Whether also the results without a name are listed, which watches and jobs kept. */
function byTheWay(host) {
  const mark = () => { host.classList.toggle('named', !box.checked); sessionStorage.setItem(ALL, box.checked ? '1' : ''); };
  const box = h('input', { type: 'checkbox', onchange: () => mark() });
  box.checked = Boolean(sessionStorage.getItem(ALL));
  mark();
  return h('label', { class: 'flag small' }, box, 'Also what watches and jobs kept by the way');
}

const made = (item) => `${moment(item.made_at)}${item.made_by ? ` · ${item.made_by}` : ''}`;

function result(item, removed, { revision }) {
  return card({ path: 'results', item, removed: () => { kept.forget(); return removed(); }, attributes: { 'data-result': item.id, 'data-unnamed': item.name === null }, parts: (now, { show: again, tried }) => {
    const where = addressOf(now.question, now.asked, now.id);
    const name = now.name ?? nameOf(now.question, now.asked);
    const refresh = () => tried(async () => {
      const fresh = await (await request(`results/${now.id}/refresh`, { method: 'POST' })).json();
      kept.forget();
      again(fresh);
      toast(`Kept anew, at revision ${fresh.revision}`);
    });
    return {
      title: where ? h('a', { href: `#${where}` }, name) : h('a', { href: address(`results/${now.id}`).href, target: '_blank', rel: 'noopener' }, name),
      lines: [h('p', { class: 'small' }, `${words(now.question)} · revision ${now.revision}${now.revision < revision ? ' (the twin has moved on)' : ''} · ${made(now)}`),
        VIEW_OF[now.question] && where ? null : h('p', { class: 'small' }, where ? 'No view shows this answer as it was kept: the link asks anew, the files are the kept answer.' : 'No view shows this question: the link gives the kept answer as JSON.'),
        h('p', { class: 'small files' }, 'Files ', ...FILES.map((f) => h('a', { href: address(`results/${now.id}/export`, { f }).href, download: `${now.question}.${f}` }, f)))],
      actions: [
        button('Link', () => copy(resultLink(now), 'Link'), { icon: 'link', kind: 'small' }),
        now.revision === revision ? null : button('Ask again and keep', refresh, { icon: 'refresh', kind: 'small', title: 'Ask the twin as it is now; the new answer takes the place of the kept one' }),
        h('a', { class: 'button small', href: address('ogc/qgis/twin.qlr', { result: now.id }).href, download: `twin-${now.id}.qlr` }, icon('layers'), 'QGIS')],
    };
  } });
}

function event(item, removed) {
  return card({ path: 'events', item, removed, attributes: { 'data-event': item.id }, parts: (now) => {
    const where = eventAddress(now);
    return {
      title: h('a', { href: `#${where}`, onclick: () => { if (now.event.hazard && isLost(savedText(now.event.hazard, false))) savedText(now.event.hazard); } }, now.name),
      lines: [h('p', { class: 'small' }, `fails: ${eventName(now.event)}${now.event.buffer_m ? `, widened by ${number(now.event.buffer_m)} m` : ''} · ${made(now)}`)],
      actions: [button('Link', () => copy(pageLink(where), 'Link'), { icon: 'link', kind: 'small' })],
    };
  } });
}

function subscription(item, removed, context) {
  const notices = h('div', { class: 'notices' });
  noticeList(notices, item, context);
  return card({ path: 'subscriptions', item, removed: () => { start(); return removed(); }, named: false, attributes: { 'data-watched': item.id }, parts: (now) => {
    const where = addressOf(now.question, now.asked);
    const name = now.name || nameOf(now.question, now.asked);
    return {
      title: where ? h('a', { href: `#${where}` }, name) : name,
      lines: [h('p', { class: 'small' }, `${words(now.question)} · looked at last at revision ${now.revision} · since ${made(now)}`),
        now.webhook ? h('p', { class: 'small' }, 'posted to ', h('code', {}, now.webhook)) : null,
        now.error ? h('p', { class: 'small fault' }, `It cannot be answered any more: ${now.error}`) : null,
        now.trouble ? h('p', { class: 'small fault' }, `It could not be asked last, and is tried again: ${now.trouble}`) : null, notices],
    };
  } });
}
