/** Which palette this device shows. Chosen per device; index.html sets it before the first paint by the same rules. */

export const choices = ['auto', 'day', 'dark', 'red', 'amber'] as const;
export type Choice = (typeof choices)[number];
export type Palette = Exclude<Choice, 'auto'>;

export const choice_words: Record<Choice, string> = {
  auto: 'As the device',
  day: 'Day',
  dark: 'Dark',
  red: 'Night, red',
  amber: 'Night, amber',
};

const key = 'vigil.theme';
const grounds: Record<Palette, string> = {
  day: '#F7F5F0',
  dark: '#0E1116',
  red: '#000000',
  amber: '#000000',
};

const is_choice = (text: string | null): text is Choice => choices.some((c) => c === text);

function stored(): Choice {
  try {
    const text = localStorage.getItem(key);
    return is_choice(text) ? text : 'auto';
  } catch {
    return 'auto';
  }
}

export function palette_of(choice: Choice, light_device: boolean, kiosk: boolean): Palette {
  if (kiosk && (choice === 'auto' || choice === 'dark')) return 'red';
  if (choice !== 'auto') return choice;
  return light_device ? 'day' : 'dark';
}

class Theme {
  choice = $state<Choice>(stored());
  kiosk = $state(false);
  #light = $state(matchMedia('(prefers-color-scheme: light)').matches);
  palette = $derived(palette_of(this.choice, this.#light, this.kiosk));

  constructor() {
    matchMedia('(prefers-color-scheme: light)').addEventListener('change', (e) => {
      this.#light = e.matches;
    });
  }

  choose(choice: Choice): void {
    this.choice = choice;
    try {
      localStorage.setItem(key, choice);
    } catch {
      // The choice then lasts as long as the page.
    }
  }

  /** Puts the palette on the page; called whenever it may have changed. */
  apply(): void {
    document.documentElement.dataset.theme = this.palette;
    document.querySelector('meta[name=theme-color]')?.setAttribute('content', grounds[this.palette]);
    document
      .querySelector('meta[name=color-scheme]')
      ?.setAttribute('content', this.palette === 'day' ? 'light' : 'dark');
  }
}

export const theme = new Theme();
