"""Makes crates/publish/data/borders.json from Natural Earth's 1:10m countries (public domain), as packed in the
npm package world-atlas 2.0.2 (ISC):  npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
  python3 scripts/borders.py package/countries-10m.json crates/publish/data/borders.json
Lines are simplified (Douglas-Peucker), finely in Central Asia, where small exclaves matter, and coarsely elsewhere;
coordinates are in hundredths of a degree, each line as a first point followed by differences."""
import json
import sys

topology = json.load(open(sys.argv[1]))
(sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]


def decode(arc):
    x = y = 0
    out = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        out.append((x * sx + tx, y * sy + ty))
    return out


def simplify(points, tolerance):
    keep = [False] * len(points)
    keep[0] = keep[-1] = True
    stack = [(0, len(points) - 1)]
    while stack:
        a, b = stack.pop()
        (ax, ay), (bx, by) = points[a], points[b]
        dx, dy = bx - ax, by - ay
        length = (dx * dx + dy * dy) ** 0.5
        worst, at = 0.0, None
        for i in range(a + 1, b):
            px, py = points[i]
            d = abs(dy * (px - ax) - dx * (py - ay)) / length if length else ((px - ax) ** 2 + (py - ay) ** 2) ** 0.5
            if d > worst:
                worst, at = d, i
        if at is not None and worst > tolerance:
            keep[at] = True
            stack += [(a, at), (at, b)]
    return [p for p, k in zip(points, keep) if k]


arcs = [decode(a) for a in topology["arcs"]]
lines = []
for arc in arcs:
    near = any(52 < x < 82 and 28 < y < 48 for x, y in arc)
    size = max(max(x for x, _ in arc) - min(x for x, _ in arc), max(y for _, y in arc) - min(y for _, y in arc))
    if not near and arc[0] == arc[-1] and size < 0.25:
        continue  # islets
    points = [(round(x * 100), round(y * 100)) for x, y in simplify(arc, 0.01 if near else 0.04)]
    flat = [*points[0]]
    for (ax, ay), (bx, by) in zip(points, points[1:]):
        if (ax, ay) != (bx, by):
            flat += [bx - ax, by - ay]
    if len(flat) > 2:
        lines.append(flat)


def ring(indices):
    out = []
    for i in indices:
        part = arcs[i] if i >= 0 else arcs[~i][::-1]
        out += part[1:] if out else part
    return out


def area_and_centre(points):
    a = cx = cy = 0.0
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1]):
        c = x0 * y1 - x1 * y0
        a, cx, cy = a + c, cx + (x0 + x1) * c, cy + (y0 + y1) * c
    return (abs(a) / 2, (cx / (3 * a), cy / (3 * a))) if a else (0.0, points[0])


names = []
for g in topology["objects"]["countries"]["geometries"]:
    rings = [g["arcs"][0]] if g["type"] == "Polygon" else [p[0] for p in g.get("arcs", [])]
    best = max((area_and_centre(ring(r)) for r in rings), default=None)
    if best and best[0] > 0.3:
        names.append([g["properties"]["name"], round(best[1][0], 2), round(best[1][1], 2), round(best[0], 1)])
json.dump({"lines": lines, "names": sorted(names)}, open(sys.argv[2], "w"), separators=(",", ":"), ensure_ascii=False)
print(len(lines), "lines", sum(len(l) // 2 for l in lines), "points", len(names), "names")
