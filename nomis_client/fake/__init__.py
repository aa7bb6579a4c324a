"""A real implementation of the prison system's contract, for tests, demos and other people's integration tests.

`state.PrisonState` is the prison system itself: requests in, replies out, no transport. `engine.Engine` adds a clock,
the log of requests and the faults; `rest` puts it on a socket, `inprocess` behind the port without one, `control`
is the way behind the scenes. To start one: `seed.seeded`, then `server.running`.
"""
