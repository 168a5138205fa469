// kitchen.js is what the kitchen wall adds to live.js: keys, pages of tickets instead of scrolling, sounds, and a screen
// that neither falls asleep nor burns in. Everything it presses is a button that is on the page, so what a key can do
// a finger and a mouse can do too.
(() => {
  'use strict';

  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const grid = () => byId('tickets');
  if (!grid() || !window.oc) return;

  const text = (el, words) => {
    if (el && el.textContent !== words) el.textContent = words;
  };

  // ---------------------------------------------------------------------------------------------------- settings
  // Per screen, not per person: the same account drives a tablet on the worktop and a television across the room.
  const SETTINGS = 'oc.wall';
  const defaults = { distance: 3, diagonal: 43, muted: false, view: 'tickets', warnAt: 60, ovenAfter: 30, staleEvery: 30, shiftEvery: 10, dimAfter: 20 };
  let settings = { ...defaults };
  try {
    settings = { ...defaults, ...JSON.parse(localStorage.getItem(SETTINGS)) };
  } catch { /* the defaults will do */ }

  function save(changes) {
    Object.assign(settings, changes);
    try {
      localStorage.setItem(SETTINGS, JSON.stringify(settings));
    } catch { /* then as long as the page lasts */ }
    scale();
    present();
    keepShifting();
    layout();
    paintMute();
  }

  /** What the screen shows of the same board: tickets, or the stations of each pizza. */
  const stations = () => settings.view === 'stations';
  function present() {
    root.dataset.view = stations() ? 'stations' : 'tickets';
    root.dataset.warnAt = settings.warnAt / 100;
    byId('wall-view')?.setAttribute('aria-pressed', String(stations()));
  }

  /** The same apparent size of letters at any distance, on any screen. */
  function scale() {
    const vw = 2.1 * (settings.distance / 3) * (43 / settings.diagonal);
    root.style.setProperty('--wall-font', vw.toFixed(3) + 'vw');
  }

  function openSettings() {
    const form = byId('wall-settings')?.querySelector('form');
    if (!form) return;
    for (const name of Object.keys(defaults)) if (form.elements[name]) form.elements[name].value = settings[name];
  }

  document.addEventListener('click', (e) => {
    if (e.target.closest?.('[data-open="wall-settings"]')) openSettings();
  });
  document.addEventListener('submit', (e) => {
    if (!e.target.closest('#wall-settings')) return;
    const changes = {};
    for (const name of Object.keys(defaults)) {
      const typed = e.target.elements[name]?.value;
      const n = Number(String(typed ?? '').replace(',', '.'));
      if (name === 'view' && typed) changes.view = typed;
      else if (n > 0 || (name === 'ovenAfter' && typed === '0')) changes[name] = n;
    }
    save(changes); // the form is method="dialog": closing is the browser's
  });

  // ------------------------------------------------------------------------------------------------------- pages
  // Cells have a fixed size, so what fits is arithmetic. The rest is hidden, never below an edge.
  root.dataset.paged = '';
  let page = 0;
  let pages = 1;
  let columns = 1;
  let rows = 1;
  let fit = 4; // lines of a ticket of one cell
  let chosen = ''; // id of the selected ticket
  const pageOf = new WeakMap();

  const tickets = () => [...grid().querySelectorAll(':scope > .ticket')];
  const shown = () => tickets().filter((t) => !t.hidden);

  function measure(all) {
    const box = grid();
    const one = all.find((t) => !t.hidden) ?? all[0];
    if (!one) return;
    one.hidden = false;
    const style = getComputedStyle(box);
    const inner = box.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    const gap = parseFloat(style.rowGap) || 0;
    // What is on the wall at this moment says nothing of the cell: a ticket may stand in two.
    const least = parseFloat(/[\d.]+px/.exec(style.gridAutoRows)) || one.getBoundingClientRect().height;
    columns = Math.max(1, style.gridTemplateColumns.split(' ').filter((w) => parseFloat(w) > 0).length);
    rows = Math.max(1, Math.floor((inner + gap + 1) / (least + gap)));
    const cell = (inner + gap) / rows - gap;
    const other = ['.ticket-head', '.ticket-foot'].reduce((sum, part) => sum + (one.querySelector(part)?.offsetHeight ?? 0), 0);
    const touch = 4 * parseFloat(getComputedStyle(root).fontSize) + 1; // a target, and a line between
    fit = Math.max(1, Math.floor((cell - other) / touch));
  }

  /** How many cells a ticket takes, by columns and rows: as many as the server thought, more where the cells of this screen hold less. */
  function size(t) {
    const lines = t.querySelectorAll('.task').length;
    const wanted = Number(t.dataset.cells) || 1;
    const cells = Math.min(Math.max(wanted, lines <= fit ? 1 : Math.ceil(lines / 2) <= fit ? 2 : 4), rows > 1 ? 4 : 2);
    if (cells !== wanted) t.dataset.cells = cells;
    const wide = cells > 1 && columns > 1 ? 2 : 1;
    return [wide, cells > 2 && wide > 1 && rows > 1 ? 2 : 1];
  }

  /** Sets the tickets one after the other into cells, row by row, as the grid of the style sheet does. */
  function paginate(all) {
    const taken = new Set();
    let [n, x, y] = [0, 0, 0];
    const free = (w, h) => {
      for (let i = 0; i < w; i++) for (let j = 0; j < h; j++) if (taken.has(`${x + i},${y + j}`)) return false;
      return true;
    };
    for (const t of all) {
      const [w, h] = size(t);
      while (x + w > columns || y + h > rows || !free(w, h)) {
        if (x + w > columns) {
          x = 0;
          y++;
        } else if (y + h <= rows) x++;
        if (y + h > rows) {
          taken.clear();
          [n, x, y] = [n + 1, 0, 0];
        }
      }
      for (let i = 0; i < w; i++) for (let j = 0; j < h; j++) taken.add(`${x + i},${y + j}`);
      pageOf.set(t, n);
    }
    pages = n + 1;
  }

  /** The oven stands over the tickets where that costs no row of them. */
  function rail(all) {
    root.removeAttribute('data-rail');
    if (!all.length) return root.toggleAttribute('data-rail', true);
    measure(all);
    const without = rows;
    root.dataset.rail = '';
    measure(all);
    if (rows < without) root.removeAttribute('data-rail');
  }

  function layout() {
    if (stations()) return stock();
    const all = tickets();
    rail(all);
    measure(all);
    paginate(all);
    page = Math.min(page, pages - 1);
    let late = 0;
    all.forEach((t) => {
      const away = pageOf.get(t) !== page;
      if (t.hidden !== away) t.hidden = away;
      if (away && t.dataset.age === 'late') late++;
    });
    if (chosen && !all.some((t) => t.id === chosen)) chosen = '';
    for (const t of all) {
      const is = t.id === chosen;
      t.toggleAttribute('data-selected', is);
      if (is) t.setAttribute('aria-current', 'true');
      else t.removeAttribute('aria-current');
    }
    const more = byId('more');
    if (!more) return;
    const rest = all.length - shown().length;
    more.hidden = rest === 0;
    more.toggleAttribute('data-late', late > 0);
    text(
      more.querySelector('[data-text]') ?? more,
      rest ? `+${rest} en attente` + (late ? ` · ${late} en retard` : '') + ` · page ${page + 1}/${pages}` : ''
    );
    grid().dataset.page = page + 1;
    grid().dataset.pages = pages;
  }

  function turn(by) {
    page = Math.min(pages - 1, Math.max(0, page + by));
    chosen = '';
    layout();
  }

  /** Moves the selection by so many places; the page follows it. */
  function select(by) {
    const all = tickets();
    if (!all.length) return;
    const at = all.findIndex((t) => t.id === chosen);
    const here = shown();
    go(at < 0 ? here.at(by > 0 ? 0 : -1) : all[at + by]);
  }

  /** Moves the selection to the ticket below, or above. */
  function below(down) {
    const from = chosen && byId(chosen);
    if (!from) return select(down);
    const { left, top, bottom } = from.getBoundingClientRect();
    const away = (t) => {
      const r = t.getBoundingClientRect();
      return (down > 0 ? r.top - bottom : top - r.bottom) * 10_000 + Math.abs(r.left - left);
    };
    const there = shown().filter((t) => away(t) > -10_000 && t !== from && (down > 0 ? t.getBoundingClientRect().top > top : t.getBoundingClientRect().top < top));
    go(there.sort((a, b) => away(a) - away(b))[0]);
  }

  function go(t) {
    if (!t) return;
    chosen = t.id;
    page = pageOf.get(t);
    layout();
  }

  const current = () => (chosen && byId(chosen)) || shown()[0];
  const press = (el) => el && !el.disabled && el.click();
  // As under a finger, nothing moves for a moment after a key: a key that bounces must not hit the ticket that moved up.
  const bump = (ticket) => {
    oc.hold(600);
    press(ticket?.querySelector('[data-bump]'));
  };
  const toggle = (id) => {
    const d = byId(id);
    if (!d) return;
    if (d.open) d.close();
    else d.showModal();
  };

  // ---------------------------------------------------------------------------------------------------- stations
  // A station's cards are as high as they are: a page is what fits, the rest is hidden, never below an edge.
  const pageAt = new Map(); // id of the list → its page

  /** Shows one page of a station, and what its button says of the others. */
  function fill(list) {
    const cards = [...list.children];
    const wanted = pageAt.get(list.id) ?? 0;
    const more = document.querySelector(`[data-station-more="${list.id}"]`);
    for (const c of cards) c.hidden = false;
    if (more) more.hidden = true;
    const fits = (from) => {
      const edge = list.getBoundingClientRect().bottom + 1;
      let to = from;
      while (to < cards.length && (to === from || cards[to].getBoundingClientRect().bottom <= edge)) to++;
      return to;
    };
    let to = fits(0);
    if (to === cards.length) {
      pageAt.set(list.id, 0);
      return;
    }
    if (more) more.hidden = false; // it takes room of its own
    to = fits(0);
    const starts = [0];
    for (let from = 0; to < cards.length; ) {
      for (let i = from; i < to; i++) cards[i].hidden = true;
      from = to;
      starts.push(from);
      to = fits(from);
    }
    const page = Math.min(wanted, starts.length - 1);
    pageAt.set(list.id, page);
    cards.forEach((c, i) => {
      c.hidden = i < starts[page] || i >= (starts[page + 1] ?? cards.length);
    });
    const rest = cards.filter((c) => c.hidden);
    const late = rest.filter((c) => c.dataset.age === 'late').length;
    if (!more) return;
    more.toggleAttribute('data-late', late > 0);
    text(more.querySelector('[data-text]'), `+${rest.length} ${list.dataset.pagesOf}` + (late ? ` · ${late} en retard` : '') + ` · page ${page + 1}/${starts.length}`);
  }

  const lists = () => [...document.querySelectorAll('.station-list')];
  function stock() {
    lists().forEach(fill);
    // More slots than one column holds stand in two.
    const oven = byId('station-oven');
    oven?.removeAttribute('data-dense');
    if (oven && oven.scrollHeight > oven.clientHeight + 1) oven.dataset.dense = '';
  }
  function turnStation(id, by) {
    const list = byId(id);
    if (!list) return;
    const was = pageAt.get(id) ?? 0;
    pageAt.set(id, Math.max(0, was + by));
    fill(list);
    if (by > 0 && pageAt.get(id) === was) pageAt.set(id, 0); // the button goes round
    fill(list);
  }

  /** Moves the focus between what can be pressed at the stations: within one, or to the next, at the same height. */
  function step(across, down) {
    const columns = ['make', 'oven', 'cut'].map((name) =>
      [...document.querySelectorAll(`.station-${name} :is(.news-seen, .pz-tap, .slot-tap, .cut button)`)].filter((b) => b.offsetParent && !b.disabled)
    );
    const at = columns.findIndex((c) => c.includes(document.activeElement));
    if (at < 0) return columns.find((c) => c.length)?.[0].focus();
    const here = columns[at];
    if (down) return here[here.indexOf(document.activeElement) + down]?.focus();
    const top = document.activeElement.getBoundingClientRect().top;
    const away = (b) => Math.abs(b.getBoundingClientRect().top - top);
    for (let i = at + across; columns[i]; i += across) {
      if (columns[i].length) return columns[i].toSorted((a, b) => away(a) - away(b))[0].focus();
    }
  }

  const firstToDo = () => document.querySelector('.station-make :is(.news-seen, .pz:not([hidden]) .pz-tap)');
  const touch = (b) => {
    oc.hold(600);
    press(b);
  };

  // A pizza that stays in the oven too long rings once.
  const rung = new Map(); // id of its clock → when it should have come out
  function watchOven() {
    const clocks = [...document.querySelectorAll('#station-oven [data-oven-until]')];
    for (const id of rung.keys()) if (!clocks.some((c) => c.id === id)) rung.delete(id);
    if (!settings.ovenAfter) return;
    for (const c of clocks) {
      const until = c.dataset.ovenUntil;
      if (oc.now() - until < settings.ovenAfter * 1000 || rung.get(c.id) === until) continue;
      rung.set(c.id, until);
      ring('late');
    }
  }

  // ----------------------------------------------------------------------------------------------------- recipes
  // One sheet a recipe, for all tickets. What concerns the line that it was opened from is put on it then.
  let reading = ''; // id of the line's row

  function onSheet(button) {
    const row = button.closest('.task,.pz');
    const slot = byId(button.dataset.open)?.querySelector('[data-line-slot]');
    if (!row || !slot) return;
    reading = row.id;
    const own = [...row.querySelectorAll('[data-of-line]')].flatMap((el) => (el.matches('button') ? [el] : [...el.children]));
    slot.replaceChildren(
      ...own.map((el) => {
        const b = el.cloneNode(true);
        b.removeAttribute('id');
        b.removeAttribute('class');
        if (b.hasAttribute('aria-label')) b.append(' ' + b.getAttribute('aria-label').split(' : ')[0]);
        return b;
      })
    );
    slot.hidden = !own.length;
    // What this line has otherwise than the recipe.
    const changes = byId(button.dataset.open).querySelector('[data-changes-slot]');
    const otherwise = [...(row.querySelector('[data-of-recipe]')?.children ?? [])].map((el) => el.cloneNode(true));
    changes.replaceChildren(...otherwise);
    changes.hidden = !otherwise.length;
  }

  /** Opens the recipe of the chosen ticket's first line that is not done; those of the lines after it, one by one, when one is open. */
  function read() {
    const open = document.querySelector('dialog.recipe[open]');
    const row = open && byId(reading);
    open?.close();
    const next = open ? row?.nextElementSibling : stations() ? document.querySelector('.pz:not([hidden])') : (current()?.querySelector('.task:not([data-state=done])') ?? current()?.querySelector('.task'));
    press(next?.querySelector('[data-recipe]'));
  }

  document.addEventListener('click', (e) => {
    const recipe = e.target.closest?.('[data-recipe]');
    if (recipe) onSheet(recipe);
    // What was pressed on the sheet is seen on its ticket.
    if (e.target.closest?.('[data-line-slot] button')) setTimeout(() => document.querySelector('dialog.recipe[open]')?.close());
  });

  // -------------------------------------------------------------------------------------------------------- keys
  // The table is the truth: the help dialog is filled from it.
  const keys = [
    { keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], shown: '1 – 9', help: 'Ticket suivant d’étape ; aux postes, sortir la pizza du four', run: (k) => (stations() ? touch(document.querySelectorAll('.slot-tap')[k - 1]) : bump(shown()[k - 1])) },
    { keys: ['ArrowRight'], shown: '→', help: 'Ticket suivant, puis page suivante', run: () => (stations() ? step(1, 0) : select(1)) },
    { keys: ['ArrowLeft'], shown: '←', help: 'Ticket précédent, puis page précédente', run: () => (stations() ? step(-1, 0) : select(-1)) },
    { keys: ['ArrowDown'], shown: '↓', help: 'Ticket du dessous', run: () => (stations() ? step(0, 1) : below(1)) },
    { keys: ['ArrowUp'], shown: '↑', help: 'Ticket du dessus', run: () => (stations() ? step(0, -1) : below(-1)) },
    { keys: ['Enter'], shown: 'Entrée', help: 'Étape suivante du ticket choisi, ou de la pizza choisie', run: () => (stations() ? touch(firstToDo()) : bump(current())) },
    { keys: [' '], shown: 'Espace', help: 'Première ligne à faire', run: () => (stations() ? touch(firstToDo()) : press(current()?.querySelector('[data-line]:not([aria-pressed=true])'))) },
    { keys: ['p', 'P'], shown: 'P', help: 'Tickets, ou postes : à faire, four, coupe', run: () => save({ view: stations() ? 'tickets' : 'stations' }) },
    { keys: ['i', 'I'], shown: 'I', help: 'Recette, puis celle de la ligne suivante du ticket', dialog: 'recipe', run: read },
    { keys: ['r', 'R'], shown: 'R', help: 'Rappeler le dernier ticket', run: () => press(document.querySelector('#recall [data-recall]')) },
    { keys: ['a', 'A'], shown: 'A', help: 'Total des pizzas à faire', dialog: 'all-day' },
    { keys: ['m', 'M'], shown: 'M', help: 'Couper ou remettre le son', run: () => mute(!settings.muted) },
    { keys: ['?'], shown: '?', help: 'Cette aide', dialog: 'help' },
    { keys: ['PageDown'], shown: 'Page ↓', help: 'Page suivante', run: () => (stations() ? turnStation('station-make', 1) : turn(1)) },
    { keys: ['PageUp'], shown: 'Page ↑', help: 'Page précédente', run: () => (stations() ? turnStation('station-make', -1) : turn(-1)) },
  ];
  const byKey = new Map(keys.flatMap((k) => k.keys.map((name) => [name, k])));

  document.addEventListener('keydown', (e) => {
    awake();
    // On a French keyboard the digits of the top row are capitals: there the place of the key counts.
    const digit = /^Digit([1-9])$/.exec(e.code)?.[1];
    const name = byKey.has(e.key) || !digit ? e.key : digit;
    const k = byKey.get(name);
    if (!k || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
    const at = e.target;
    if (at.matches?.('input,textarea,select,[contenteditable]')) return;
    const open = document.querySelector('dialog[open]');
    // In a dialog only the key that opened it works, and closes it.
    if (open && open.id !== k.dialog && !(k.dialog && open.classList.contains(k.dialog))) return;
    // Enter and Space belong to a button that was reached by keyboard; one that a finger touched merely kept the focus.
    if ((e.key === 'Enter' || e.key === ' ') && at.matches?.('a,button,summary') && at.matches(':focus-visible')) return;
    e.preventDefault();
    if (e.repeat) return; // a hand leaning on a key must not empty the board
    if (k.run) k.run(name);
    else toggle(k.dialog);
  });

  const list = document.querySelector('#help [data-keys]');
  if (list) {
    list.replaceChildren(
      ...keys.flatMap((k) => {
        const dt = document.createElement('dt');
        const kbd = document.createElement('kbd');
        kbd.textContent = k.shown;
        dt.append(kbd);
        const dd = document.createElement('dd');
        dd.textContent = k.help;
        return [dt, dd];
      })
    );
  }

  // Nothing moves under a finger: what arrives within 600 ms of a touch waits.
  document.addEventListener('pointerdown', (e) => {
    if (e.target.closest?.('.floor,#tickets')) oc.hold(600);
  });
  document.addEventListener('click', (e) => {
    const b = e.target.closest?.('[data-page-by]');
    if (b) turn(Number(b.dataset.pageBy));
    const more = e.target.closest?.('[data-station-more]');
    if (more) turnStation(more.dataset.stationMore, 1);
    if (e.target.closest?.('[data-view-switch]')) save({ view: stations() ? 'tickets' : 'stations' });
    if (e.target.closest?.('#mute')) mute(silenced ? false : !settings.muted);
  });

  // ------------------------------------------------------------------------------------------------------- sound
  // Notes as [start in s, frequency in Hz, length in s]: no files to load, nothing to decode.
  const tunes = {
    new: { wave: 'sine', notes: [[0, 660, 0.14], [0.16, 880, 0.24]] },
    late: { wave: 'square', notes: [[0, 440, 0.12], [0.2, 440, 0.12], [0.4, 440, 0.12]] },
    cancelled: { wave: 'triangle', notes: [[0, 784, 0.16], [0.18, 523, 0.16], [0.36, 330, 0.34]] },
    stale: { wave: 'sine', notes: [[0, 300, 0.5]] },
  };
  let audio = null;
  let silenced = false; // when this touch began the browser kept us silent: then touching the sound button means « on »

  function ready() {
    if (!audio && window.AudioContext) {
      audio = new AudioContext();
      audio.onstatechange = paintMute;
    }
    return audio;
  }

  function play(name) {
    const played = !settings.muted && ready()?.state === 'running';
    document.dispatchEvent(new CustomEvent('oc:sound', { detail: { name, played } }));
    if (!played) return paintMute();
    const { wave, notes } = tunes[name];
    for (const [at, hz, length] of notes) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const t = audio.currentTime + at;
      tone.type = wave;
      tone.frequency.value = hz;
      // A ramp at both ends, for a tone cut off hard clicks.
      volume.gain.setValueAtTime(0, t);
      volume.gain.linearRampToValueAtTime(wave === 'square' ? 0.15 : 0.4, t + 0.01);
      volume.gain.linearRampToValueAtTime(0, t + length);
      tone.connect(volume).connect(audio.destination);
      tone.start(t);
      tone.stop(t + length + 0.02);
    }
  }

  /** Rings once the ticket can be seen, and once for several that came together. */
  const waiting = new Set();
  function ring(name) {
    if (waiting.has(name)) return;
    waiting.add(name);
    let done = false;
    const go = () => {
      if (done) return;
      done = true;
      waiting.delete(name);
      play(name);
    };
    requestAnimationFrame(() => requestAnimationFrame(go));
    setTimeout(go, 200); // a hidden tab draws no frames and is heard all the same
  }

  function mute(on) {
    if (!on) ready()?.resume();
    save({ muted: on });
    if (!on) play('new');
  }

  function paintMute() {
    const b = byId('mute');
    if (!b) return;
    const suspended = !settings.muted && audio?.state === 'suspended';
    b.setAttribute('aria-pressed', String(settings.muted));
    b.toggleAttribute('data-suspended', suspended);
    text(b.querySelector('[data-text]') ?? b, suspended ? 'Son coupé – touchez' : settings.muted ? 'Son coupé' : 'Son');
  }

  document.addEventListener('oc:new-order', () => {
    awake();
    ring('new');
  });
  document.addEventListener('oc:order-cancelled', () => ring('cancelled'));
  // What is no longer to be made sounds like what is cancelled.
  document.addEventListener('oc:order-changed', () => {
    awake();
    ring('cancelled');
  });
  // A customer who does not answer keeps an order waiting.
  document.addEventListener('oc:over', (e) => {
    if (e.detail.id?.startsWith('held-')) ring('late');
  });
  document.addEventListener('oc:late', () => {
    layout(); // late tickets of other pages are counted
    ring('late');
  });

  // A stale wall beeps until somebody looks or the connection is back.
  let alarm = 0;
  document.addEventListener('oc:state', (e) => {
    clearInterval(alarm);
    alarm = 0;
    if (e.detail.state !== 'stale' && e.detail.state !== 'off') return;
    ring('stale');
    alarm = setInterval(ring, settings.staleEvery * 1000, 'stale');
  });

  // Browsers let a page sound only after somebody touched it.
  const unlock = () => {
    silenced = !settings.muted && ready()?.state === 'suspended';
    if (silenced) audio.resume();
  };
  addEventListener('pointerdown', unlock, true);
  addEventListener('keydown', unlock, true);

  // ------------------------------------------------------------------------------------------------- the screen
  let lock = null;
  async function keepAwake() {
    if (document.visibilityState !== 'visible' || lock || !navigator.wakeLock) return;
    try {
      lock = await navigator.wakeLock.request('screen');
      lock.addEventListener('release', () => {
        lock = null;
        keepAwake(); // the browser gives it up when the tab is hidden, and on low battery
      });
    } catch { /* refused on low battery; asked again at the next look */ }
  }
  document.addEventListener('visibilitychange', keepAwake);

  // Now and then the picture stands a few pixels elsewhere, so that nothing burns in.
  const places = [[0, 0], [3, 0], [3, 3], [0, 3], [-3, 3], [-3, 0], [-3, -3], [0, -3], [3, -3]];
  let place = 0;
  let shifting = 0;
  function keepShifting() {
    clearInterval(shifting);
    shifting = setInterval(shift, settings.shiftEvery * 60_000);
  }
  function shift() {
    const [x, y] = places[place++ % places.length];
    root.style.setProperty('--shift-x', x + 'px');
    root.style.setProperty('--shift-y', y + 'px');
  }

  let touched = Date.now();
  function awake() {
    touched = Date.now();
    root.removeAttribute('data-dim');
  }
  addEventListener('pointerdown', awake, true);

  function dim() {
    // An order that waits keeps the light on: a dark board would hide it.
    if (Date.now() - touched > settings.dimAfter * 60_000 && !tickets().length) root.dataset.dim = '';
  }

  // ------------------------------------------------------------------------------------------------------- start
  document.addEventListener('oc:applied', layout);
  new ResizeObserver(layout).observe(grid().parentElement);
  addEventListener('resize', layout);
  scale();
  present();
  shift();
  layout();
  ready();
  paintMute();
  keepAwake();
  oc.worker?.().catch((err) => console.warn('worker:', err)); // so that it boots without a network, too
  keepShifting();
  setInterval(dim, 30_000);
  setInterval(watchOven, 1000);

  Object.assign(oc, { layout, sound: play, keys });
})();
