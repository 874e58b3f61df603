"""Steps that people watch: what is being done, and the seconds each took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Steps:
    """Live lines with a spinner in a terminal; elsewhere one line when a step begins to take long and one when it ends.

    Steps may run in several threads at once.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (SpinnerColumn(finished_text="[green]✓[/]"), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)

    def __enter__(self) -> Steps:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        """One line that stays."""
        self._progress.console.print(f"  {text}", highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, text: str) -> Iterator[Step]:
        """Do something under a name; it is marked as failed when an exception passes."""
        running = Step(self._progress, self._progress.add_task(text, total=1), text)
        if not self._console.is_terminal:
            self._console.print(f"  … {text}", highlight=False)
        started = time.monotonic()
        try:
            yield running
        except BaseException:
            running.tell("[red]できませんでした[/]")
            if not self._console.is_terminal:
                self._console.print(f"  ✗ {text}", highlight=False)
            raise
        running.finish()
        if not self._console.is_terminal:
            self._console.print(f"  ✓ {running.text}({time.monotonic() - started:.1f}秒)", highlight=False)


class Step:
    """One running step."""

    def __init__(self, progress: Progress, task: TaskID, text: str) -> None:
        self._progress, self._task, self._title = progress, task, text
        self.text = text

    def tell(self, state: str) -> None:
        """Say how far it is, after the step's name."""
        self.text = f"{self._title}: {state}"
        self._progress.update(self._task, description=self.text)

    def finish(self) -> None:
        self._progress.update(self._task, completed=1)
