// Runs before anything is drawn: which theme this device chose. Kiosks are black from the first byte.
(() => {
  const root = document.documentElement;
  let chosen = 'auto';
  try {
    chosen = localStorage.getItem('vigil.theme') || 'auto';
  } catch {
    // storage may be forbidden; the device's own preference then decides
  }
  const kiosk = location.pathname.startsWith('/kiosk');
  if (kiosk && chosen !== 'red' && chosen !== 'amber' && chosen !== 'day') chosen = 'red';
  if (!['day', 'dark', 'red', 'amber'].includes(chosen)) {
    chosen = matchMedia('(prefers-color-scheme: light)').matches ? 'day' : 'dark';
  }
  root.dataset.theme = chosen;
  const ground = { day: '#F7F5F0', dark: '#0E1116', red: '#000000', amber: '#000000' }[chosen];
  document.querySelector('meta[name=theme-color]').content = ground;
  document.querySelector('meta[name=color-scheme]').content = chosen === 'day' ? 'light' : 'dark';
})();
