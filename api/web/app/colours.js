// Colours and shapes: of domains (ColorBrewer Dark2, told apart by colour-blind people, and by shape), verdicts, voltages.

/** Colour and shape of the built-in domains; others take the schema's colour and a hexagon. */
const DOMAINS = {
  energy: { colour: '#d95f02', shape: 'circle', line: [1] },
  connectivity: { colour: '#1b9e77', shape: 'diamond', line: [3, 1.5] },
  compute: { colour: '#7570b3', shape: 'square', line: [1, 1] },
  place: { colour: '#8a8f98', shape: 'hexagon', line: [4, 2] },
};

/** @returns {{colour: string, shape: string, line: number[]}} */
export const domainStyle = (name, given) => DOMAINS[name] ?? { colour: given ?? '#66a61e', shape: 'hexagon', line: [2, 2] };

/** Verdicts, the worst first: colour, and what they say. */
export const VERDICTS = {
  failed: { colour: '#1f1f24', dark: '#f4f4f6', title: 'failed', says: 'fails in the event' },
  down: { colour: '#c51b3c', dark: '#ff5d73', title: 'down', says: 'does not come back before the horizon' },
  interrupted: { colour: '#e6761b', dark: '#ff9d4d', title: 'interrupted', says: 'was down and is back' },
  degraded: { colour: '#b58900', dark: '#e6c229', title: 'degraded', says: 'works, with less' },
  at_risk: { colour: '#2f79c4', dark: '#6cb2ff', title: 'at risk', says: 'works; one more loss takes it down' },
};
export const ORDER = Object.keys(VERDICTS);

/** What sets two events apart, as the map shows it. */
export const SIDES = {
  only_a: { colour: '#b3261e', dark: '#ff7a6e', title: 'only in A' },
  only_b: { colour: '#2f79c4', dark: '#6cb2ff', title: 'only in B' },
  both: { colour: '#77777f', dark: '#b4b4bd', title: 'in both, or both in one place' },
};

export const isDark = () => document.documentElement.dataset.theme === 'dark';
export const verdictColour = (verdict) => (VERDICTS[verdict] ?? SIDES[verdict])?.[isDark() ? 'dark' : 'colour'] ?? (isDark() ? '#4d5866' : '#b9c2cc');

/** Voltages as OpenInfraMap users know them: from, colour. */
export const VOLTAGES = [[0, '#7a7a85'], [10, '#6e97b8'], [25, '#55b555'], [52, '#b59f10'], [132, '#b55d00'], [220, '#c73030'], [310, '#b54eb2'], [550, '#00a5b8']];

export const STATES = { operating: '#2b8a3e', down: '#c51b3c' };

/** Colours of the page that the map and the charts draw with. */
export function paper() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return isDark()
    ? { sea: '#10151c', land: '#1b222c', border: '#3a4656', ink: '#e6eaf0', soft: '#98a4b3', line: '#313b48', halo: '#12171e', accent: read('--accent-dark') || '#6cb2ff' }
    : { sea: '#dfe7ee', land: '#f8f8f5', border: '#b9c0c8', ink: '#1c2430', soft: '#5a6675', line: '#d9dfe7', halo: '#ffffff', accent: read('--accent-light') || '#0b62a8' };
}
