'use strict';
// QR codes of the 服务号, to log in or to bind: shown when asked for, watched
// until they have been used or are over.
(() => {
  const { one, all, call, leave, lost } = shixi;
  const often = 2500; // ms between two looks at a code
  // A log-in's code is over when the server says so, one to bind after 10 minutes
  // by this clock, which need not be right: it is not compared with the server's.
  const lasts = 600000;

  for (const box of all('[data-qr]')) {
    const image = one('img', box), status = one('[role=status]', box), button = one('button', box);
    const login = box.dataset.qr === 'login', cookie = { 'X-Session': 'cookie' };
    let before; // when the binding was made that is there already; a scan by the same WeChat makes it anew

    function tell(text) {
      status.hidden = !text;
      status.textContent = text;
    }

    function over(text) {
      image.hidden = true;
      button.hidden = false;
      button.textContent = '刷新二维码';
      tell(text);
    }

    async function look(qr) {
      if (login) {
        const at = await call('GET', '/api/v1/login/qr/' + qr.id, undefined, cookie);
        if (at.state === 'confirmed') return leave(box.dataset.next), true;
        if (at.state === 'expired') return over(at.detail), true;
        tell(at.detail);
        return false;
      }
      const { follower } = await call('GET', '/api/v1/bindings');
      if (!follower.bound || follower.boundAt === before) return false;
      return leave(location.pathname, '绑定成功，消息将发送到该微信。'), true;
    }

    async function watch(qr, until) {
      if (Date.now() > until) return over('二维码已失效，请刷新');
      try {
        if (await look(qr)) return;
      } catch (problem) {
        if (lost(problem)) return;
        if (problem.status === 404) return over('二维码已失效，请刷新');
      }
      setTimeout(watch, often, qr, until);
    }

    button.addEventListener('click', async () => {
      button.disabled = true;
      try {
        if (!login) before = (await call('GET', '/api/v1/bindings')).follower.boundAt;
        const qr = await call('POST', login ? '/api/v1/login/qr' : '/api/v1/bindings/follower', undefined, cookie);
        image.src = qr.imageUrl;
        image.hidden = false;
        button.hidden = true;
        tell('请用微信扫描二维码');
        watch(qr, login ? Infinity : Date.now() + lasts);
      } catch (problem) {
        if (!lost(problem)) tell(problem.detail);
      } finally {
        button.disabled = false;
      }
    });
  }
})();
