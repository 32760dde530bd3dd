# SPDX-License-Identifier: MIT
"""Line plots as SVG, for light and dark pages."""
import html
import math

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 78, 190, 44, 56
COLORS = ["#3b82f6", "#e8710a", "#16a34a", "#b44ce6", "#d93a6a"]
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.grid { stroke: #d0d7de }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #3d444d } }
.line { fill: none; stroke-width: 2 }
.spread { stroke-width: 1 }
</style>"""


class Axis:
    """From values to pixels; log or from zero."""

    def __init__(self, values, begin, end, log, ticks=None):
        self.log, self.begin, self.end = log, begin, end
        low, high = min(values), max(values)
        if ticks:
            self.ticks = ticks
        elif log:
            self.ticks = decades(low, high)
        else:
            self.ticks = steps(high)
        self.low, self.high = min([low, *self.ticks]), max([high, *self.ticks])
        if not log:
            self.low = 0

    def at(self, value):
        of = math.log if self.log else float
        share = (of(value) - of(self.low)) / (of(self.high) - of(self.low))
        return self.begin + share * (self.end - self.begin)


def steps(high):
    """0 to high in at most six round steps."""
    size = 10 ** math.floor(math.log10(high))
    step = next(size * k for k in (0.2, 0.5, 1, 2, 5) if high / (size * k) <= 6)
    return [i * step for i in range(math.ceil(high / step) + 1)]


def decades(low, high):
    """1, 2, 5 of each decade; whole decades alone where these are many."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    leads = (1, 2, 5) if last - first <= 3 else (1,)
    ticks = [lead * 10.0 ** e for e in range(first, last + 1) for lead in leads]
    begin = max(t for t in ticks if t <= low * 1.001)
    end = min((t for t in ticks if t >= high * 0.999), default=ticks[-1])
    return [t for t in ticks if begin <= t <= end]


def label(value):
    for size, unit in ((1e6, " M"), (1e3, " k")):
        if value >= size:
            return "%g%s" % (round(value / size, 3), unit)
    return "%g" % round(value, 6)


def text(x, y, content, anchor="middle", extra=""):
    return '<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>' % (x, y, anchor, extra,
                                                                   html.escape(content))


def grid(x, y):
    for t in x.ticks:
        yield '<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>' % (x.at(t), x.at(t), TOP,
                                                                        HEIGHT - BOTTOM)
        yield text(x.at(t), HEIGHT - BOTTOM + 18, label(t))
    for t in y.ticks:
        yield '<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>' % (LEFT, WIDTH - RIGHT,
                                                                        y.at(t), y.at(t))
        yield text(LEFT - 8, y.at(t) + 4, label(t), "end")


def name_places(ends):
    """Names beside the ends of their lines, moved apart."""
    places, last = {}, -math.inf
    for name, y in sorted(ends.items(), key=lambda e: e[1]):
        last = places[name] = max(y, last + 17)
    return places


def one_line(points, color, x, y, dots):
    yield '<polyline class="line" stroke="%s" points="%s"/>' % (
        color, " ".join("%.1f,%.1f" % (x.at(p[0]), y.at(p[1])) for p in points))
    for p in points if dots else []:
        at = x.at(p[0])
        yield '<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>' % (at, y.at(p[1]), color)
        if len(p) > 2:
            yield '<line class="spread" stroke="%s" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>' % (
                color, at, at, y.at(p[2]), y.at(p[3]))


def lines(title, x_name, y_name, series, x_log=False, y_log=False, x_ticks=None, y_ticks=None,
          dots=True):
    """series: {name: [(x, y) or (x, y, lowest, highest)]}."""
    every = [p for points in series.values() for p in points]
    x = Axis([p[0] for p in every], LEFT, WIDTH - RIGHT, x_log, x_ticks)
    y = Axis([v for p in every for v in p[1:]], HEIGHT - BOTTOM, TOP, y_log, y_ticks)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img">' % (WIDTH,
                                                                                    HEIGHT),
           "<title>%s</title>" % html.escape(title), STYLE,
           text(LEFT, 22, title, "start", ' class="title"'), *grid(x, y),
           text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x_name),
           text(0, 0, y_name, extra=' transform="translate(16 %d) rotate(-90)"' % (
               (TOP + HEIGHT - BOTTOM) / 2))]
    places = name_places({name: y.at(points[-1][1]) for name, points in series.items()})
    for (name, points), color in zip(series.items(), COLORS):
        out += one_line(points, color, x, y, dots)
        out.append('<rect x="%d" y="%.1f" width="10" height="10" fill="%s"/>' % (
            WIDTH - RIGHT + 12, places[name] - 5, color))
        out.append(text(WIDTH - RIGHT + 27, places[name] + 4, name, "start"))
    return "\n".join([*out, "</svg>", ""])
