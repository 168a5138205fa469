// promise.js tells the visitor, or the clerk, the promised time of their own basket. The piece #promise is everybody's and live: its rows say when
// an order of up to so many pizzas could be had. What is marked with data-when (a mode) and data-say (a name of the row) says it here.
(() => {
  'use strict';

  function tell() {
    const piece = document.getElementById('promise');
    if (!piece) return;
    const pizzas = document.querySelector('[data-pizzas]')?.dataset.pizzas || 1;
    const row = (mode) => [...piece.querySelectorAll(`[data-row=${mode}]`)].find((r) => Number(r.dataset.upto) >= pizzas)?.dataset;
    for (const el of document.querySelectorAll('[data-when]')) {
      const r = row(el.dataset.when);
      if (!r) continue;
      const said = r[el.dataset.say];
      if (el.matches('input')) el.value = said;
      else if (el.textContent !== said) el.textContent = said;
      if (el.dataset.promise) el.dataset.promise = Date.parse(r.at);
    }
    // What stands only while the shop takes orders for now, or only while it does not.
    for (const el of document.querySelectorAll('[data-if]')) el.hidden = el.disabled = el.dataset.if !== piece.dataset.taking;
    for (const el of document.querySelectorAll('#creneau [value^="2"]')) el.disabled = el.value < (row('delivery') ?? row('pickup'))?.at;
  }

  document.addEventListener('oc:applied', tell);
  tell();
})();
