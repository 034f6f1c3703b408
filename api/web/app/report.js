// A result on paper: the panel with everything open, under a heading, with a picture of the map, in the colours of paper.

import { isDark, SIDES, VERDICTS } from './colours.js';
import { h } from './dom.js';

const PAINTED = ['color', 'backgroundColor', 'borderColor'];

/** Colours of the dark as the elements have them -> those of the light. */
function lighter() {
  const read = (colour) => h('i', { style: { color: colour } }).style.color;
  return new Map(Object.values({ ...VERDICTS, ...SIDES }).map(({ dark, colour }) => [read(dark), colour]));
}

/** Turn the page light while it is printed. @returns {() => void} turns it back */
function onPaper(panel) {
  if (!isDark()) return () => {};
  const colours = lighter();
  const undo = [];
  for (const node of panel.querySelectorAll('[style]')) {
    for (const name of PAINTED) {
      const was = node.style[name];
      if (!colours.has(was)) continue;
      node.style[name] = colours.get(was);
      undo.push(() => { node.style[name] = was; });
    }
  }
  document.documentElement.dataset.theme = 'light';
  return () => {
    document.documentElement.dataset.theme = 'dark';
    for (const step of undo) step();
  };
}

/**
 * Print what the panel shows.
 * @param {{map: import('./map.js').TwinMap|null, revision: number}} context
 * @param {string} title
 */
export async function report({ map, revision }, title) {
  const panel = document.getElementById('panel');
  const back = onPaper(panel);
  await map?.settled();
  const folded = [...panel.querySelectorAll('details.section:not([open])')];
  const picture = map ? URL.createObjectURL(await map.picture()) : null;
  const image = picture ? h('img', { src: picture, alt: 'The map as it was shown' }) : null;
  if (image) await image.decode();
  const cover = h('div', { class: 'cover' }, h('h1', {}, title), h('p', {}, `Revision ${revision} of the twin · printed ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`), image, h('p', { class: 'where' }, location.href));
  panel.prepend(cover);
  for (const part of folded) part.open = true;
  print();
  cover.remove();
  for (const part of folded) part.open = false;
  back();
  if (picture) URL.revokeObjectURL(picture);
}
