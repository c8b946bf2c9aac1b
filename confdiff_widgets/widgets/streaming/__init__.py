"""Latest-wins streaming of frames to the browser.

The sampler produces frames faster than a browser draws them. Queues would fill, and what the user
sees would fall ever further behind. So nothing is queued: what is sent is always the newest state,
and states in between are skipped.

**Who sends.** The sampler calls `RenderScheduler.changed` or `Backpressure.changed`, which only
note that something is new and return at once. A `RenderThread` reads the present state and sends it
to the browser as one numbered update.

**Who acknowledges.** After the browser has painted update n, it answers ``{"painted": n}``. At most
one update is in flight: while `Backpressure` waits for the answer, further changes set a flag, and
the next update contains the state at the time when it is sent. The last change therefore always
arrives.

**Two streams that take turns.** A page paints structures and plots in one thread. The
`RenderScheduler` sends structures only while no plots are in flight and plots only while no
structures are, so neither is outdated when it appears.

**Share and minimum interval.** Painting competes with the sampler for CPU time, especially without
a GPU. Updates are therefore in flight for at most a ``share`` of the time: an update that took long
is followed by a longer pause (`MAX_PAUSE` at most), and two updates are at least ``min_interval``
apart. An ``immediate`` change skips the pause once: use it when the run is over.

**Silent pages.** No answer arrives if the widget is not displayed, the tab is hidden, the
connection is lost, or the kernel processes no messages because a cell is running. After a timeout
of `TIMEOUT_ROUND_TRIPS` times the slowest recent answer, at least `TIMEOUT`, the next update is
sent anyway. The timeout doubles with each missing answer up to `MAX_TIMEOUT`; an answer resets it.
"""
