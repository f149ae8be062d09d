'use strict';
// Forms are sent as JSON to the API's address in data-send. data-puzzle asks for
// a ticket first, data-cookie for the session as a cookie, data-keeps and
// data-pass name the pass that the first step earns and the second one needs.
(() => {
  const { one, all, call, leave } = shixi;

  // values are what a form holds, as the API wants it: a.b becomes b within a.
  function values(form) {
    const out = {};
    for (const input of all('[name]', form)) {
      let value = input.type === 'password' ? input.value : input.value.trim();
      if (input.type === 'checkbox') value = input.checked;
      if (input.type === 'number' && value !== '') value = Number(value);
      if (value === '' || value === false) continue;
      const path = input.name.split('.'), last = path.pop();
      let at = out;
      for (const step of path) at = at[step] = at[step] || {};
      at[last] = value;
    }
    return out;
  }

  // missing are the fields that are empty and must not be: known without a puzzle.
  const missing = form => all('[aria-required]', form).filter(input => !input.value.trim())
    .map(input => ({ field: input.name, message: '请填写' + input.labels[0].textContent }));

  function clear(form) {
    one('[data-told]', form).hidden = true;
    for (const field of all('.field.wrong', form)) {
      field.classList.remove('wrong');
      one('em', field).textContent = '';
      for (const input of all('[aria-invalid]', field)) input.removeAttribute('aria-invalid');
    }
  }

  const inputs = 'input:not([type=hidden]),select,textarea';

  // show tells each wrong field beside it, and all else above the form.
  function show(form, problem) {
    const errors = problem.errors || [], elsewhere = [];
    for (const wrong of errors) {
      const field = all('[data-field]', form).find(f => f.dataset.field === wrong.field);
      if (wrong.field === 'code' && wrong.code === 'check_digit') {
        for (const late of all('[data-later]', form)) late.hidden = false;
      }
      if (!field) {
        elsewhere.push(wrong.message);
        continue;
      }
      field.hidden = false;
      field.classList.add('wrong');
      one('em', field).textContent = wrong.message;
      one(inputs, field).setAttribute('aria-invalid', 'true');
    }
    const told = one('[data-told]', form);
    told.textContent = errors.length ? elsewhere.join('；') : problem.detail;
    told.hidden = !told.textContent;
    const wrong = one('.field.wrong', form); // the topmost, whichever was found first
    if (wrong) one(inputs, wrong).focus();
    else told.scrollIntoView({ block: 'center' });
  }

  // A pass is kept until the tab is closed, so that a reload loses nothing but the form.
  const passes = {
    get: purpose => sessionStorage.getItem('pass.' + purpose),
    set: (purpose, pass) => pass ? sessionStorage.setItem('pass.' + purpose, pass) : sessionStorage.removeItem('pass.' + purpose)
  };

  function step(n) {
    for (const part of all('[data-step]')) part.hidden = part.dataset.step !== String(n);
    all('.steps li').forEach((li, i) => { if (i === n - 1) li.setAttribute('aria-current', 'step'); else li.removeAttribute('aria-current'); });
    scrollTo(0, 0);
  }

  // fail tells what went wrong. Where it is the pass, another is to be earned, and
  // what was uploaded with it is gone.
  function fail(form, problem) {
    const pass = form.dataset.pass;
    if (!pass || problem.code !== 'pass.invalid') return show(form, problem);
    passes.set(pass, null);
    for (const file of all('[data-upload]', form)) {
      file.value = one('[type=hidden]', file.parentNode).value = one('output', file.parentNode).textContent = '';
    }
    step(1);
    show(one('[data-step="1"] form'), problem);
  }

  // enable lets a button be pressed again, and go on by keys from there: a browser
  // takes the focus from one that is disabled.
  function enable(button) {
    button.disabled = false;
    if (document.activeElement === document.body) button.focus({ preventScroll: true });
  }

  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join('');

  // send says whether the page is being left.
  async function send(form, key) {
    const to = form.dataset, body = values(form), headers = {};
    if ('puzzle' in to) {
      const errors = missing(form);
      if (errors.length) throw { errors };
      body.ticket = await shixi.puzzle();
      if (!body.ticket) return false;
    } else {
      headers['Idempotency-Key'] = key;
    }
    if ('cookie' in to) headers['X-Session'] = 'cookie';
    if (to.pass) headers.Authorization = 'Bearer ' + passes.get(to.pass);
    const answer = await call('POST', to.send, body, headers);
    if (to.keeps) {
      passes.set(to.keeps, answer.pass);
      step(2);
      one(inputs, one('[data-step="2"]')).focus({ preventScroll: true });
      return false;
    }
    if (to.pass) passes.set(to.pass, null);
    leave(to.next, answer.wechat);
    return true;
  }

  for (const form of all('form[data-send]')) {
    const pass = form.dataset.pass;
    const button = one('button.main', form);
    button.disabled = false; // until then a browser would send the form itself, the password in the address
    let key = null; // the same form sent again is the same request
    form.addEventListener('input', () => { key = null; });
    form.addEventListener('submit', async event => {
      event.preventDefault();
      if (button.disabled) return;
      button.disabled = true;
      clear(form);
      try {
        if (await send(form, key = key || newKey())) return; // the next page is on its way
      } catch (problem) {
        fail(form, problem);
      }
      enable(button);
    });
    addEventListener('pageshow', event => { if (event.persisted) button.disabled = false; }); // back again
    if (pass && passes.get(pass)) step(2);
  }

  Object.assign(shixi, { clear, show, fail, enable, passes });
})();
