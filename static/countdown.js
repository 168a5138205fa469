// countdown.js counts to the second, on the screens where seconds matter: a pizza in the oven, a customer who has to choose. data-countdown is the
// end, in milliseconds since 1970; the element says 3:05, then +0:01 and has data-over, and oc:over is emitted once. Without it the time stands beside.
(() => {
  'use strict';
  if (!window.oc) return;

  /** Whether each was over when it was last seen. Not read back from data-over: a morph takes that away and it is set again. */
  const over = new WeakMap();

  function tick() {
    const t = oc.now();
    for (const el of document.querySelectorAll('[data-countdown]')) {
      const left = Math.round((el.dataset.countdown - t) / 1000);
      const s = Math.abs(left);
      const text = (left < 0 ? '+' : '') + Math.floor(s / 60) + ':' + String(s % 60).padStart(2, '0');
      if (el.textContent !== text) el.textContent = text;
      el.toggleAttribute('data-over', left < 0);
      if (over.get(el) === false && left < 0) document.dispatchEvent(new CustomEvent('oc:over', { detail: { id: el.id } }));
      over.set(el, left < 0);
    }
  }

  tick();
  setInterval(tick, 1000);
  document.addEventListener('oc:applied', tick);
})();
