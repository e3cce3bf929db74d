"""Notes what a page should never do, whatever else a test looks at."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

REFUSED = "Failed to load resource"  # told for every answer from 400 on, also for those that a test asks for


class Watch:
    """Collects requests that leave the host, violations of the content security policy, and errors of scripts."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.faults: list[str] = []
        self._address = address
        context.on("request", self._look_at_request)
        context.on("response", self._look_at_response)
        context.on("console", self._look_at_console)
        context.on("weberror", lambda error: self.faults.append(f"script error: {error.error}"))

    def _look_at_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._address}/", "data:", "about:", "blob:")):
            self.faults.append(f"a request left the host: {request.url}")

    def _look_at_response(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and "/static/" in response.url):
            self.faults.append(f"{response.status} for {response.request.method} {response.url}")

    def _look_at_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(REFUSED):
            self.faults.append(f"console {message.type} on {message.location.get('url', '')}: {message.text}")
