// The bottom panel: how many assets operate over time, a slider to look at a moment, and who runs on which buffer then.

import { domainStyle, paper } from './colours.js';
import { button, h, stylesheet } from './dom.js';
import { moments } from './event.js';
import { duration, number, title } from './format.js';
import { hoverable } from './hover.js';
import * as state from './state.js';

const STEP_MS = 700;
/** Names at the right side at once. */
const LISTED = 30;

/**
 * @param {HTMLElement} host @param {{map: any}} context
 * @returns {{show(impact: object, times: object): void, hide(): void}}
 */
export function timeline(host) {
  let player = 0;
  let chart = null;
  let now = null;
  const stop = () => { clearInterval(player); player = 0; draw(); };
  const end = () => now.times.at(-1);
  const at = () => Math.min(Number(state.get('t', now.until)), now.until);
  const go = (t) => state.set({ t: t >= now.until ? null : Math.round(t) }, { quiet: true });
  const step = (by) => {
    const next = by > 0 ? now.times.find((time) => time > at() + 0.5) : now.times.findLast((time) => time < at() - 0.5);
    go(next ?? (by > 0 ? now.until : 0));
  };
  const play = () => {
    if (player) return stop();
    if (at() >= end()) go(0);
    player = setInterval(() => { if (at() >= end()) stop(); else step(1); }, STEP_MS);
    return draw();
  };
  const draw = () => {
    if (!now) return;
    const t = at();
    now.slider.value = String(now.scale(t));
    now.slider.setAttribute('aria-valuetext', duration(t));
    const held = document.activeElement === now.playButton;
    now.playButton.replaceWith(now.playButton = button('', play, { icon: player ? 'pause' : 'play', title: player ? 'Pause' : 'Play (Space)', kind: 'quiet', 'data-act': 'play' }));
    if (held) now.playButton.focus();
    now.clock.replaceChildren(h('strong', {}, t >= now.until && now.open ? 'in the end' : duration(t)), h('small', {}, now.open ? '' : ` of ${duration(now.until)}`));
    now.line(t);
    now.side.replaceChildren(...aside(now, t));
  };
  state.on(['t'], draw);
  addEventListener('keydown', (event) => {
    if (!now || host.hidden || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') || event.target.matches('input, textarea, select, canvas')) return;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) { event.preventDefault(); step(by); }
    if (event.key === ' ' && !event.target.matches('button, summary, a')) { event.preventDefault(); play(); }
  });
  return {
    hide() { stop(); now = null; host.hidden = true; chart?.destroy(); chart = null; },
    async show(impact, times) {
      chart?.destroy();
      chart = null;
      clearInterval(player);
      player = 0;
      now = model(impact, times);
      now.slider = h('input', { type: 'range', min: 0, max: 1000, step: 'any', 'aria-label': 'Time', oninput: () => go(now.unscale(Number(now.slider.value))) });
      now.slider.onkeydown = (event) => {
        const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
        if (by) { event.preventDefault(); step(by); }
      };
      now.playButton = button('', play, { icon: 'play', title: 'Play (Space)', kind: 'quiet', 'data-act': 'play' });
      now.clock = h('span', { class: 'clock' });
      now.side = h('div', { class: 'now' });
      now.plot = h('div', { class: 'plot' }, h('small', { class: 'caption' }, 'operating assets, against before'));
      now.line = () => {};
      host.replaceChildren(
        h('div', { class: 'controls' }, button('', () => step(-1), { icon: 'back', title: 'The moment before', kind: 'quiet' }), now.playButton, button('', () => step(1), { icon: 'next', title: 'The next moment', kind: 'quiet' }), now.slider, now.clock),
        now.plot, now.side);
      host.hidden = false;
      draw();
      const mine = now;
      const made = await curve(mine, go).catch(() => null); // without the library the slider and the words remain
      if (now === mine) { chart = made; draw(); } else made?.destroy();
    },
  };
}

/** What the panel needs of the two answers. */
function model(impact, times) {
  const rows = impact.affected;
  const stops = [...new Set([...moments(rows), ...times.events.map((happening) => happening.time_s)])].sort((a, b) => a - b);
  const last = stops.at(-1);
  const asked = impact.event.horizon_s;
  const until = asked === null ? Math.max(last * 1.05, 60) : Math.max(asked, 1);
  const domains = Object.keys(impact.stake.by_domain).filter((name) => rows.some((row) => row.domain === name));
  // Early moments are far apart on the slider, late ones close: an hour matters as much as the first minute.
  const bend = Math.max(60, until / 200);
  const scale = (t) => (1000 * Math.asinh(t / bend)) / Math.asinh(until / bend);
  const unscale = (x) => bend * Math.sinh((x / 1000) * Math.asinh(until / bend));
  const names = new Map(times.standby.map(({ id }) => [id, id]));
  const happenings = new Map();
  for (const row of times.events) {
    if (names.has(row.id)) names.set(row.id, title(row));
    if (!happenings.has(row.time_s)) happenings.set(row.time_s, []);
    happenings.get(row.time_s).push(row);
  }
  return { names, happenings, rows, times: stops.filter((t) => t <= until), until, open: asked === null, domains, scale, unscale, told: times };
}

/** How many of *rows* operate at each of the times *xs*, against before. */
function standing(rows, xs) {
  const change = new Array(xs.length + 1).fill(0);
  const index = new Map(xs.map((t, at) => [t, at]).reverse());
  const at = (t) => index.get(t) ?? xs.findIndex((x) => x >= t);
  for (const { verdict, outages } of rows) {
    for (const [from, to] of verdict === 'failed' ? [[xs[0], null]] : outages) {
      const begins = at(from);
      if (begins < 0) continue;
      change[begins] -= 1;
      if (to !== null && at(to) >= 0) change[at(to)] += 1;
    }
  }
  let now = 0;
  return xs.map((_, i) => { now += change[i]; return now; });
}

/** Operating assets against before, per domain, as steps. */
async function curve(now, go) {
  const { default: Plot } = await import('uplot');
  await stylesheet('uplot/uplot.css');
  const look = paper();
  const xs = [...now.times, now.until];
  const series = now.domains.map((domain) => standing(now.rows.filter((row) => row.domain === domain), xs));
  const axis = { stroke: look.soft, grid: { stroke: look.line, width: 1 }, ticks: { show: false }, font: '11px system-ui' };
  const plot = new Plot({
    width: Math.max(200, now.plot.clientWidth), height: 118, padding: [8, 20, 0, 0], legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: false, distr: 100, fwd: now.scale, bwd: now.unscale, range: [0, now.until] }, y: { range: (_, low) => [Math.min(low * 1.08, -1), 0] } },
    axes: [
      { ...axis, size: 22, filter: (_, at) => at, splits: () => ticks(now), values: (_, at) => at.map((t) => (t === 0 ? '0' : duration(t))) },
      { ...axis, size: 46, label: '', values: (_, at) => at.map(number) },
    ],
    series: [{}, ...now.domains.map((domain) => ({ label: domain, stroke: domainStyle(domain).colour, width: 2, points: { show: false }, paths: Plot.paths.stepped({ align: 1 }) }))],
    hooks: { draw: [(u) => mark(u, now.shown ?? now.until, look)] },
  }, [xs, ...series], now.plot);
  now.line = (t) => { now.shown = t; plot.redraw(false); };
  plot.over.onclick = () => { if (plot.cursor.left >= 0) go(nearest(now.times, plot.posToVal(plot.cursor.left, 'x'))); };
  const watch = new ResizeObserver(() => plot.setSize({ width: Math.max(200, now.plot.clientWidth), height: 118 }));
  watch.observe(now.plot);
  const destroy = plot.destroy.bind(plot);
  plot.destroy = () => { watch.disconnect(); destroy(); };
  return plot;
}

const nearest = (times, t) => times.reduce((best, time) => (Math.abs(time - t) < Math.abs(best - t) ? time : best), times[0]);

/** Round times for the axis that do not crowd. */
function ticks(now) {
  const chosen = [0];
  for (const t of [60, 600, 3600, 6 * 3600, 86400, 2 * 86400, 4 * 86400, 8 * 86400, 16 * 86400, 32 * 86400]) {
    if (t <= now.until && now.scale(t) - now.scale(chosen.at(-1)) > 90) chosen.push(t);
  }
  return chosen;
}

function mark(u, t, look) {
  const x = u.valToPos(t, 'x', true);
  u.ctx.save();
  u.ctx.strokeStyle = look.accent;
  u.ctx.lineWidth = 2;
  u.ctx.beginPath();
  u.ctx.moveTo(x, u.bbox.top);
  u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
  u.ctx.stroke();
  u.ctx.restore();
}

/** Who runs on a buffer at *t*, and what happened last. */
function aside(now, t) {
  const running = now.told.buffers.filter(({ from_s: from, until_s: until }) => from <= t && (until === null || t < until));
  const standby = now.told.standby.filter(({ on_s: on, off_s: off }) => on !== null && on <= t && (off === null || t < off));
  const { names, happenings } = now;
  const last = [...happenings.keys()].filter((time) => time <= t).at(-1);
  const left = ({ until_s: until, spent_s: spent }) => (spent === null ? 'for ever' : `${duration(spent - t)} left${until !== null && until < spent ? ', fed again before' : ''}`);
  const hidden = Math.max(0, running.length - LISTED) + Math.max(0, standby.length - LISTED);
  return [
    h('h3', {}, now.told.untold && !standby.length ? now.told.heading ?? 'As kept' : running.length + standby.length ? `On buffers and standby (${running.length + standby.length})` : 'Nobody on a buffer or standby'),
    h('ul', { class: 'plain' }, ...running.slice(0, LISTED).map((row) => h('li', hoverable(row.id), title(row), h('small', {}, ` ${row.service}, ${left(row)}`))),
      ...standby.slice(0, LISTED).map((row) => h('li', hoverable(row.id), names.get(row.id) ?? row.id, h('small', {}, ` standby${row.off_s === null ? '' : `, fuel for ${duration(row.off_s - t)}`}`))),
      hidden ? h('li', { class: 'small' }, `and ${number(hidden)} more`) : null),
    now.told.untold ? h('p', { class: 'small' }, now.told.untold) : null,
    last === undefined ? null : h('p', { class: 'small' }, `At ${duration(last)}: `, tally(happenings.get(last))),
  ].filter(Boolean);
}

const SAYS = { failed: 'fail', called: 'standby called', standby_on: 'standby on', standby_off: 'standby off', buffer_spent: 'buffers spent', down: 'go down', back: 'are back', on_buffer: 'on a buffer', fed_again: 'fed again', degraded: 'degraded', at_risk: 'at risk' };

function tally(happened) {
  const counts = new Map();
  for (const { what } of happened) counts.set(what, (counts.get(what) ?? 0) + 1);
  return [...counts].map(([what, count]) => `${number(count)} ${SAYS[what] ?? what}`).join(', ');
}
