"""A server in a thread of the tests, and a browser without a window."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

from attraktiv.server.application import application
from attraktiv.server.served import open_served

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
HOST = "127.0.0.1"
PATIENCE = 90  # seconds: a machine may have much else to do
#: The view stands, no card is on its way, and every chart is drawn.
READY = """
const main = document.getElementById("main");
return Boolean(main.dataset.view) && !main.hasAttribute("aria-busy") && !main.querySelector(".slot")
  && [...main.querySelectorAll(".chart")].every((chart) => chart.dataset.drawn);
"""


def browser_program() -> tuple[str, str] | None:
    """Return the paths of a browser and of its driver, or None."""
    driver = shutil.which("chromedriver")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return (found, driver) if found and driver else None


@contextmanager
def serving(runs: list[Path], panel: Path) -> Iterator[str]:
    """Serve runs, and give the address."""
    app = application(open_served(runs, panel), hosts=[HOST])
    with closing(socket.socket()) as listening:
        listening.bind((HOST, 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        began = time.monotonic()
        while not server.started and time.monotonic() - began < PATIENCE:
            time.sleep(0.05)
        assert server.started
        yield f"http://{HOST}:{port}/"
        server.should_exit = True
        thread.join(PATIENCE)


class Page:
    """The page in a browser."""

    def __init__(self, address: str, downloads: Path) -> None:
        program = browser_program()
        assert program is not None
        options = webdriver.ChromeOptions()
        options.binary_location = program[0]
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
            options.add_argument(flag)
        options.add_argument("--window-size=1280,900")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        self.driver = webdriver.Chrome(options=options, service=Service(program[1]))
        self.address, self.downloads = address, downloads

    def open(self, query: str = "") -> None:
        """Open a view and wait until it is drawn."""
        self.driver.get(self.address + query)
        self.wait()

    def wait(self) -> None:
        self.until(lambda: bool(self.driver.execute_script(READY)))

    def until(self, true: Any) -> None:
        WebDriverWait(self.driver, PATIENCE, poll_frequency=0.1).until(lambda _: true())

    def screen(self, width: int, height: int, *, dark: bool = False) -> None:
        """Become a screen of a size, light or dark."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def text(self, css: str) -> str:
        return str(
            self.driver.execute_script("return document.querySelector(arguments[0]).innerText", css)
        )

    def texts(self, css: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)"
        return list(self.driver.execute_script(script, css))

    def click(self, css: str) -> None:
        """Click, as a person does, on what is there now, and wait for what comes."""
        script = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })"
        self.driver.execute_script(script, css)
        self.driver.find_element("css selector", css).click()
        self.wait()

    def choose(self, name: str, value: str) -> None:
        """Choose a value of a field."""
        self.click(f"select[name={name}] option[value='{value}']")

    def complaints(self) -> list[str]:
        """Return what the browser's console said since it was last asked."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def close(self) -> None:
        self.driver.quit()
