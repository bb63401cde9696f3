package lyceum.plot.render;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import lyceum.plot.Numbers;

/** Lines of equal value through values on a grid (Lorensen and Cline's idea in two dimensions), joined end to end. */
final class MarchingSquares {
    /** A line's points. */
    record Path(double[] x, double[] y) {}

    private final Numbers xs;
    private final Numbers ys;
    private final Numbers values;
    private final double level;
    private final List<long[]> segments = new ArrayList<>();

    private MarchingSquares(Numbers xs, Numbers ys, Numbers values, double level) {
        this.xs = xs;
        this.ys = ys;
        this.values = values;
        this.level = level;
    }

    static List<Path> lines(Numbers xs, Numbers ys, Numbers values, double level) {
        var m = new MarchingSquares(xs, ys, values, level);
        for (int r = 0; r + 1 < ys.size(); r++) for (int c = 0; c + 1 < xs.size(); c++) m.cell(r, c);
        return m.joined();
    }

    /** A crossing is named by the grid edge that it lies on: even numbers run along x, odd ones along y. */
    private void cell(int r, int c) {
        double a = at(r, c);
        double b = at(r, c + 1);
        double d = at(r + 1, c);
        double e = at(r + 1, c + 1);
        if (!Double.isFinite(a + b + d + e)) return;
        int n = xs.size();
        long bottom = 2L * (r * (long) n + c);
        long top = 2L * ((r + 1) * (long) n + c);
        long left = bottom + 1;
        long right = 2L * (r * (long) n + c + 1) + 1;
        int key = (a >= level ? 1 : 0) | (b >= level ? 2 : 0) | (e >= level ? 4 : 0) | (d >= level ? 8 : 0);
        boolean centre = (a + b + d + e) / 4 >= level;
        switch (key) {
            case 1, 14 -> segment(left, bottom);
            case 2, 13 -> segment(bottom, right);
            case 4, 11 -> segment(right, top);
            case 8, 7 -> segment(top, left);
            case 3, 12 -> segment(left, right);
            case 6, 9 -> segment(bottom, top);
            case 5 -> {
                segment(left, centre ? top : bottom);
                segment(right, centre ? bottom : top);
            }
            case 10 -> {
                segment(left, centre ? bottom : top);
                segment(right, centre ? top : bottom);
            }
            default -> {}
        }
    }

    private double at(int r, int c) { return values.get(r * xs.size() + c); }

    private void segment(long a, long b) { segments.add(new long[] {a, b}); }

    private List<Path> joined() {
        var ends = new HashMap<Long, List<Integer>>();
        for (int i = 0; i < segments.size(); i++) for (long e : segments.get(i)) ends.computeIfAbsent(e, _ -> new ArrayList<>(2)).add(i);
        var used = new boolean[segments.size()];
        var paths = new ArrayList<Path>();
        for (int i = 0; i < used.length; i++) {
            if (used[i]) continue;
            used[i] = true;
            var line = new ArrayDeque<Long>(List.of(segments.get(i)[0], segments.get(i)[1]));
            for (long next = follow(line.getLast(), ends, used); next >= 0; next = follow(next, ends, used)) line.addLast(next);
            for (long next = follow(line.getFirst(), ends, used); next >= 0; next = follow(next, ends, used)) line.addFirst(next);
            paths.add(path(line));
        }
        return paths;
    }

    private long follow(long end, HashMap<Long, List<Integer>> ends, boolean[] used) {
        for (int i : ends.get(end)) {
            if (used[i]) continue;
            used[i] = true;
            var s = segments.get(i);
            return s[0] == end ? s[1] : s[0];
        }
        return -1;
    }

    private Path path(ArrayDeque<Long> crossings) {
        var px = new double[crossings.size()];
        var py = new double[crossings.size()];
        int i = 0;
        for (long id : crossings) {
            long corner = id / 2;
            int r = (int) (corner / xs.size());
            int c = (int) (corner % xs.size());
            boolean alongX = id % 2 == 0;
            double from = at(r, c);
            double to = alongX ? at(r, c + 1) : at(r + 1, c);
            double t = to == from ? 0.5 : Math.clamp((level - from) / (to - from), 0, 1);
            px[i] = alongX ? xs.get(c) + t * (xs.get(c + 1) - xs.get(c)) : xs.get(c);
            py[i++] = alongX ? ys.get(r) : ys.get(r) + t * (ys.get(r + 1) - ys.get(r));
        }
        return new Path(px, py);
    }
}
