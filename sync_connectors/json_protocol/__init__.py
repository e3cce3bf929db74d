"""The JSON protocol: the whole connector contract over HTTP, as `docs/protocol-json.md` describes it."""
