/** Where the page is. Six places, no library. */

export type Place =
  | { view: 'lab'; bed: string }
  | { view: 'home'; bed: string }
  | { view: 'kiosk'; bed: string }
  | { view: 'about' }
  | { view: 'nowhere'; path: string };

export function place_of(path: string): Place {
  const parts = path.split('/').filter((p) => p !== '');
  const view = parts[0] ?? 'lab';
  let bed = '';
  try {
    bed = decodeURIComponent(parts[1] ?? '');
  } catch {
    return { view: 'nowhere', path };
  }
  if (parts.length > 2) return { view: 'nowhere', path };
  if (view === 'lab' || view === 'home' || view === 'kiosk') return { view, bed };
  if (view === 'about' && bed === '') return { view };
  return { view: 'nowhere', path };
}

class Route {
  place = $state.raw<Place>(place_of(location.pathname));

  constructor() {
    addEventListener('popstate', () => {
      this.place = place_of(location.pathname);
    });
    document.addEventListener('click', (e) => {
      const link = e.target instanceof Element ? e.target.closest('a') : null;
      if (!link || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey)
        return;
      if (link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
      if (place_of(link.pathname).view === 'nowhere' || link.pathname.includes('.')) return;
      e.preventDefault();
      this.go(link.pathname);
    });
  }

  go(path: string): void {
    if (path !== location.pathname) history.pushState(null, '', path);
    this.place = place_of(path);
    scrollTo(0, 0);
  }
}

export const route = new Route();
