// menu.js keeps the visitor's basket honest: the board is everybody's and live, the basket is one person's and is not,
// so what is left is carried from one to the other here. And closing the basket of a phone gives the place on the menu back.
(() => {
  'use strict';

  const basket = () => document.getElementById('panier');
  let count = basket()?.dataset.count;

  function compare() {
    for (const line of document.querySelectorAll('#panier [data-line]')) {
      const { product, size, quantity } = line.dataset;
      const row = document.getElementById('product-' + product)?.querySelector(`[data-size="${size}"]`);
      const added = line.dataset.added.split(' ');
      const without = [...document.querySelectorAll(`#product-${product} [data-out]`)].find((el) => added.includes(el.value));
      const left = row && !without ? Number(row.dataset.left) : 0;
      const short = left < quantity;
      const note = line.querySelector('.line-left');
      const words = !short ? '' : without ? without.dataset.out : left ? oc.tr('plus que\u00a0') + left : oc.tr('épuisée');
      const text = note.querySelector('[data-text]');
      if (text.textContent !== words) text.textContent = words;
      note.hidden = !short;
      const more = line.querySelector('[value=plus]');
      if (more) more.disabled = left <= quantity;
    }
    const now = basket()?.dataset.count;
    if (now !== count && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
      document.querySelector('.basket-bar')?.animate([{ transform: 'translateY(.75rem)' }, { transform: 'none' }], { duration: 260, easing: 'cubic-bezier(.2, 1.6, .4, 1)' });
    }
    count = now;
  }

  // What a pizza costs as it is composed; what ran out is taken off.
  function price(row) {
    const { size, price } = row.dataset;
    let sum = Number(price);
    for (const el of row.closest('form').querySelectorAll('[name=avec]:checked')) {
      if (el.disabled) el.checked = false;
      else sum += Number(el.dataset[size] ?? 0);
    }
    sum = (sum / 100).toFixed(2);
    const words = document.documentElement.lang === 'en' ? '€' + sum : sum.replace('.', ',') + '\u00a0€';
    const [shown, add] = row.querySelectorAll('.price, .add');
    shown.textContent = words;
    if (add) add.ariaLabel = add.ariaLabel.replace(/\S+.€$|€\S+$/, words);
  }
  const prices = () => document.querySelectorAll('.size').forEach(price);
  document.addEventListener('change', prices);
  document.addEventListener('reset', () => setTimeout(prices));
  document.addEventListener('oc:applied', prices);
  addEventListener('pageshow', prices); // a browser that comes back has kept what was ticked

  let opened = false;
  document.addEventListener('click', (e) => {
    if (e.target.closest?.('.basket-bar')) opened = true;
    else if (opened && e.target.closest?.('.basket-close')) {
      e.preventDefault();
      opened = false;
      history.back();
    }
  });
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Escape' && location.hash === '#panier') document.querySelector('.basket-close')?.click();
  });
  // A refusal stands on top of the basket and the button at its end: what it is about comes into sight.
  document.addEventListener('oc:refused', () => {
    if (!document.getElementById('panier-refus')) return;
    document.getElementById('toast').hidden = true; // it would say the same, on top of the form
    const field = document.querySelector('#panier [aria-invalid=true]');
    if (field) field.focus();
    (field ?? document.querySelector('#panier :is([data-bad], .refusal)'))?.scrollIntoView({ block: 'center' });
  });
  document.addEventListener('oc:applied', compare);
  compare();
})();
