/** The places of the page, as values. */

export type Place =
  | { view: 'lab'; bed: string }
  | { view: 'home'; bed: string }
  | { view: 'kiosk'; bed: string }
  | { view: 'devices' }
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
  if ((view === 'about' || view === 'devices') && bed === '') return { view };
  return { view: 'nowhere', path };
}
