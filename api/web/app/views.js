// The views of the right panel: one line each. A view is a module `views/<id>.js` that exports
// `show(host, context)` and `keys`, the parts of the address that make it show itself anew (see README.md).

/** @type {{id: string, title: string, icon: string, key: string, says: string}[]} */
export const VIEWS = [
  { id: 'explore', title: 'Explore', icon: 'explore', key: 'e', says: 'An asset: facts, what it depends on, what it feeds' },
  { id: 'impact', title: 'Fail it', icon: 'impact', key: 'i', says: 'What is lost when assets fail, when and why' },
  { id: 'compare', title: 'Compare', icon: 'compare', key: 'c', says: 'Two events side by side' },
  { id: 'critical', title: 'Critical', icon: 'critical', key: 'r', says: 'What each single failure costs' },
  { id: 'paths', title: 'Paths', icon: 'paths', key: 'p', says: 'Routes between two assets, and what they share' },
  { id: 'findings', title: 'Findings', icon: 'findings', key: 'd', says: 'What is wrong or missing in the data' },
  { id: 'import', title: 'Import', icon: 'import', key: 'm', says: 'Files into the twin: plan, errors by row, apply' },
  { id: 'saved', title: 'Saved', icon: 'saved', key: 's', says: 'Results that were kept, to share and for QGIS' },
];

export const load = (id) => import(`./views/${id}.js`);
