// Sets the theme before the first paint; a classic script, so that nothing flashes.
document.documentElement.dataset.theme =
  localStorage.getItem('twin.theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
