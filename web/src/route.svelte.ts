import { type Place, place_of } from './place.ts';

/** Where the page is: the address bar as state, links within the page without a reload. */
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
