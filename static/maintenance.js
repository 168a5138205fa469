// maintenance.js opens the page that was asked for as soon as the maintenance is over: the answer to the same address is another one then.
// Everybody hears of it at once, so each waits for a moment of their own.
(() => {
  'use strict';

  let leaving = false;
  document.addEventListener('oc:applied', () => {
    const bar = document.getElementById('maintenance');
    if (leaving || !bar || bar.dataset.on === 'oui') return;
    leaving = true;
    setTimeout(() => location.reload(), 200 + Math.random() * 1800);
  });
})();
