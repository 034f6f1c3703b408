// A table of rows: sortable by its columns, rows that light up with the map.

import { h, put } from './dom.js';
import { hoverable } from './hover.js';

/**
 * @template T
 * @param {{title: string, value: (row: T) => any, show?: (row: T) => Node|string, number?: boolean}[]} columns
 * @param {T[]} rows
 * @param {{asset?: (row: T) => string, label: string}} given
 */
export function table(columns, rows, { asset, label }) {
  const body = h('tbody');
  let by = -1;
  let up = true;
  const headers = columns.map((column, at) => h('th', { scope: 'col', class: column.number ? 'n' : '' }, column.title ? h('button', { type: 'button', onclick: () => sort(at) }, column.title) : null));
  const fill = () => {
    const sorted = by < 0 ? rows : rows.toSorted((a, b) => compare(columns[by].value(a), columns[by].value(b)) * (up ? 1 : -1));
    put(body, ...sorted.map((row) => h('tr', asset ? hoverable(asset(row)) : {}, ...columns.map((column) => h('td', { class: column.number ? 'n' : '' }, column.show ? column.show(row) : column.value(row))))));
    headers.forEach((header, at) => (at === by ? header.setAttribute('aria-sort', up ? 'ascending' : 'descending') : header.removeAttribute('aria-sort')));
  };
  const sort = (at) => {
    up = by === at ? !up : !columns[at].number;
    by = at;
    fill();
  };
  fill();
  return h('table', { class: 'rows', 'aria-label': label }, h('thead', {}, h('tr', {}, ...headers)), body);
}

const compare = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a ?? '').localeCompare(String(b ?? '')));
