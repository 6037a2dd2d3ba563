"""Pictures as people show them to each other at work, drawn anew: charts, mock-ups of pages, landscapes.

    draw("chart", seed=7, path="/tmp/chart.png")

Drawn at twice the size and made smaller, so that lines are smooth.
"""

import math
from collections.abc import Callable
from random import Random

from PIL import Image, ImageDraw, ImageFilter

SIZES = ((480, 320), (560, 380), (420, 460), (520, 340), (860, 540))
"""Pixels; from some of them the chat makes a small picture."""

_PALETTES = (
    ("#0f766e", "#f59e0b", "#1e3a5f", "#e2e8f0"),
    ("#7c3aed", "#f97316", "#1f2937", "#ede9fe"),
    ("#0369a1", "#dc2626", "#0f172a", "#e0f2fe"),
    ("#15803d", "#ca8a04", "#14532d", "#ecfccb"),
)

_Canvas = ImageDraw.ImageDraw


def draw(kind: str, *, seed: int, path: str) -> None:
    """Write a picture of this kind, a JPEG for a landscape and a PNG otherwise; the same for the same seed."""
    random = Random(seed)  # noqa: S311 - nothing of it is a secret
    width, height = random.choice(SIZES)
    image = Image.new("RGB", (width * 2, height * 2), "#ffffff")
    _KINDS[kind](image, ImageDraw.Draw(image), random)
    image.thumbnail((width, height), Image.Resampling.LANCZOS)
    if kind == "landscape":
        image.save(path, "JPEG", quality=86)
    else:
        image.save(path, "PNG", compress_level=4)


def _chart(image: Image.Image, canvas: _Canvas, random: Random) -> None:
    """Bars or lines over a grid."""
    width, height = image.size
    left, right, top, bottom = width * 0.09, width * 0.96, height * 0.12, height * 0.88
    main, second, ink, pale = random.choice(_PALETTES)
    for line in range(6):
        y = top + (bottom - top) * line / 5
        canvas.line((left, y, right, y), fill="#e5e7eb", width=3)
        canvas.rectangle((left - 70, y - 8, left - 24, y + 8), fill="#d1d5db")
    if random.random() < 0.5:
        count = random.randint(7, 16)
        step = (right - left) / count
        for bar in range(count):
            level = 0.25 + 0.6 * abs(math.sin(bar * 0.5 + random.random()))
            box = (left + step * (bar + 0.18), bottom - (bottom - top) * level, left + step * (bar + 0.82), bottom)
            canvas.rounded_rectangle(box, 10, fill=second if bar == count - 2 else main)
    else:
        for colour, wide in ((pale, 26), (second, 9), (main, 12)):
            points = _walk(random, left, right, top, bottom)
            canvas.line(points, fill=colour, width=wide, joint="curve")
    canvas.line((left, bottom, right, bottom), fill=ink, width=5)
    canvas.rounded_rectangle((left, height * 0.04, left + width * 0.3, height * 0.07), 8, fill=ink)


def _walk(random: Random, left: float, right: float, top: float, bottom: float) -> list[tuple[float, float]]:
    level, points = random.uniform(0.3, 0.6), list[tuple[float, float]]()
    for step in range(41):
        level = min(0.95, max(0.05, level + random.gauss(0.004, 0.045)))
        points.append((left + (right - left) * step / 40, bottom - (bottom - top) * level))
    return points


def _mock_up(image: Image.Image, canvas: _Canvas, random: Random) -> None:
    """A page in boxes: a bar, a column, cards and a round thing in the middle."""
    width, height = image.size
    main, second, ink, pale = random.choice(_PALETTES)
    canvas.rectangle((0, 0, width, height), fill="#f8fafc")
    canvas.rectangle((0, 0, width, height * 0.09), fill=ink)
    canvas.ellipse((30, height * 0.03, 30 + height * 0.035, height * 0.065), fill=second)
    column = width * random.uniform(0.2, 0.28)
    canvas.rectangle((0, height * 0.09, column, height), fill=pale)
    for row in range(random.randint(5, 9)):
        y = height * (0.15 + row * 0.075)
        long = column * random.uniform(0.4, 0.8)
        canvas.rounded_rectangle((28, y, 28 + long, y + height * 0.024), 10, fill=main if row == 1 else "#94a3b8")
    middle, radius = (width + column) / 2, height * 0.2
    centre = height * 0.38
    canvas.ellipse((middle - radius, centre - radius, middle + radius, centre + radius), outline=main, width=14)
    for petal in range(16):
        angle, reach = petal * math.tau / 16, radius * random.uniform(0.25, 0.9)
        end = (middle + reach * math.cos(angle), centre + reach * math.sin(angle))
        canvas.line((middle, centre, *end), fill=second if petal % 4 == 0 else main, width=22)
    for card in range(3):
        x = column + (width - column) * (0.06 + card * 0.31)
        box = (x, height * 0.68, x + (width - column) * 0.26, height * 0.92)
        canvas.rounded_rectangle(box, 22, fill="#ffffff", outline="#cbd5e1", width=4)
        canvas.rounded_rectangle((x + 30, box[1] + 36, x + 190, box[1] + 66), 10, fill=ink)
        canvas.rounded_rectangle((x + 30, box[1] + 100, box[2] - 40, box[1] + 118), 8, fill="#cbd5e1")


def _landscape(image: Image.Image, canvas: _Canvas, random: Random) -> None:
    """A sky with a sun, and hills that are darker the nearer they are."""
    width, height = image.size
    high, low = random.choice(
        (((36, 84, 143), (251, 207, 150)), ((92, 60, 120), (253, 186, 116)), ((90, 160, 210), (236, 246, 250)))
    )
    for y in range(0, height, 4):
        part = min(1.0, y / (height * 0.75))
        colour = tuple(round(a + (b - a) * part) for a, b in zip(high, low, strict=True))
        canvas.rectangle((0, y, width, y + 4), fill=(colour[0], colour[1], colour[2]))
    x, y, radius = width * random.uniform(0.2, 0.8), height * random.uniform(0.25, 0.5), height * 0.07
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 244, 214))
    tint = random.choice(((52, 94, 88), (58, 74, 112), (88, 84, 60)))
    for layer in range(5):
        base = height * (0.5 + layer * 0.1)
        swings = [(random.uniform(0.5, 3.5), random.uniform(0, math.tau), random.uniform(10, 70)) for _ in range(4)]
        edge = [
            (
                step * width / 80,
                base + sum(high * math.sin(step / 80 * math.tau * rate + shift) for rate, shift, high in swings),
            )
            for step in range(81)
        ]
        fade = 1.9 - layer * 0.33
        fill = (min(255, round(tint[0] * fade)), min(255, round(tint[1] * fade)), min(255, round(tint[2] * fade)))
        canvas.polygon([(0, height), *edge, (width, height)], fill=fill)
    image.paste(image.filter(ImageFilter.GaussianBlur(2)))


_KINDS: dict[str, Callable[[Image.Image, _Canvas, Random], None]] = {
    "chart": _chart,
    "mock-up": _mock_up,
    "landscape": _landscape,
}
