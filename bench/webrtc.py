"""A raw WebRTC data channel between two browsers: what a page without a server in between could do here."""

from __future__ import annotations

from bench.cdp import Chromium

PAGE = """
(() => {
  const pc = new RTCPeerConnection();
  window.pc = pc;
  window.gathered = () => new Promise(done => {
    if (pc.iceGatheringState === 'complete') return done(pc.localDescription.sdp);
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done(pc.localDescription.sdp);
  });
})()
"""
OFFER = """
(async () => {
  window.channel = pc.createDataChannel('bulk');
  channel.binaryType = 'arraybuffer';
  await pc.setLocalDescription(await pc.createOffer());
  return gathered();
})()
"""
ANSWER = """
(async sdp => {
  window.got = 0;
  pc.ondatachannel = event => {
    const channel = event.channel;
    channel.binaryType = 'arraybuffer';
    channel.onmessage = message => { got += message.data.byteLength; if (got >= window.expected) channel.send('all'); };
  };
  await pc.setRemoteDescription({type: 'offer', sdp});
  await pc.setLocalDescription(await pc.createAnswer());
  return gathered();
})
"""
SEND = """
(async (total) => {
  if (channel.readyState !== 'open') await new Promise(done => channel.onopen = done);
  const piece = new Uint8Array(65536), began = performance.now();
  const all = new Promise(done => channel.onmessage = done);
  channel.bufferedAmountLowThreshold = 1 << 20;
  for (let sent = 0; sent < total; sent += piece.length) {
    if (channel.bufferedAmount > 4 << 20) await new Promise(done => channel.onbufferedamountlow = done);
    channel.send(piece);
  }
  await all;
  return (performance.now() - began) / 1000;
})
"""


def seconds(one: Chromium, two: Chromium, size: int) -> float:
    """Seconds to carry `size` bytes in 64 KiB messages through one reliable ordered channel."""
    one.page.run(PAGE)
    two.page.run(PAGE)
    two.page.run(f"window.expected = {size}")
    offer = one.page.run(OFFER)
    answer = two.page.run(f"({ANSWER})({offer!r})")
    one.page.run(f"pc.setRemoteDescription({{type: 'answer', sdp: {answer!r}}})")
    took = one.page.run(f"({SEND})({size})")
    one.page.run("pc.close()")
    two.page.run("pc.close()")
    assert isinstance(took, int | float)
    return float(took)
