'use strict';
// The slide puzzle: shixi.puzzle() gives a ticket, or null where the user cancels.
(() => {
  const { one, all, call } = shixi;
  const shade = one('#puzzle');
  const picture = one('.picture', shade), tile = one('.tile', shade), slider = one('input', shade), status = one('[role=status]', shade);
  const again = one('.again', shade), cancel = one('.cancel', shade);
  let now = null;

  function place() {
    tile.style.left = slider.value / now.width * 100 + '%';
  }

  async function load(said) {
    status.textContent = '正在加载…';
    slider.disabled = true;
    now = await call('POST', '/api/v1/captcha');
    picture.src = now.picture;
    tile.src = now.tile;
    tile.style.width = now.tileWidth / now.width * 100 + '%';
    tile.style.top = now.tileY / now.height * 100 + '%';
    slider.max = now.width - now.tileWidth;
    slider.value = now.tileX;
    slider.disabled = false;
    place();
    status.textContent = said || '';
    slider.focus();
  }

  function open(open) {
    shade.hidden = !open;
    for (const part of all('header,main,footer')) part.inert = open;
  }

  shixi.puzzle = () => new Promise((resolve, reject) => {
    const before = document.activeElement;
    let byKeys = false; // each key moves the slider and "changes" it: only Enter means that it is there
    function end(settle, value) {
      document.activeElement.blur(); // which a browser does later than what follows here
      open(false);
      shade.onkeydown = slider.onpointerdown = slider.oninput = slider.onchange = again.onclick = cancel.onclick = null;
      if (before) before.focus();
      settle(value);
    }
    const fail = problem => end(reject, problem);
    async function solve() {
      if (slider.disabled) return;
      slider.disabled = true;
      status.textContent = '正在验证…';
      try {
        end(resolve, (await call('POST', '/api/v1/captcha/solve', { token: now.token, x: Number(slider.value) })).ticket);
      } catch (problem) {
        if (problem.code === 'captcha.failed') load(problem.detail).catch(fail);
        else fail(problem);
      }
    }
    shade.onkeydown = event => {
      if (event.key === 'Escape') end(resolve, null);
      else if (event.target === slider && event.key === 'Enter') solve();
      else byKeys = byKeys || event.target === slider;
    };
    slider.onpointerdown = () => { byKeys = false; };
    slider.oninput = place;
    slider.onchange = () => { if (!byKeys) solve(); };
    again.onclick = () => load().catch(fail);
    cancel.onclick = () => end(resolve, null);
    open(true);
    load().catch(fail);
  });
})();
