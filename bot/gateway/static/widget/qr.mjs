// A link as a code for a friend's camera. Fetched when it is wanted and drawn as one path: no picture to be forbidden.
import { Part, html } from './dom.mjs';
import { device } from './storage.mjs';

/** Empty modules on each side, as the standard wants them. */
const EDGE = 4;

export class Qr extends Part {
  state = { code: null, failed: false };

  async componentDidMount() {
    const { id, ctx: { options } } = this.props;
    try {
      const answer = await fetch(`${options.base}api/v1/visitor/invitations/${id}/qr`, { headers: { authorization: `Bearer ${device.get('token')}` } });
      if (!answer.ok) throw new Error(`${answer.status}`);
      this.setState({ code: await answer.json() });
    } catch {
      this.setState({ failed: true });
    }
  }

  render() {
    const { t } = this.props.ctx;
    const { code, failed } = this.state;
    if (failed) return html`<p class="failed" role="status">${t('qr_failed')}</p>`;
    const side = (code?.size ?? 0) + 2 * EDGE;
    return html`<p class="qr" role="status">${code && html`<svg viewBox=${`${-EDGE} ${-EDGE} ${side} ${side}`} role="img" aria-label=${t('qr_label')}>
      <path d=${code.path} /></svg><small>${t('qr_hint')}</small>`}</p>`;
  }
}
