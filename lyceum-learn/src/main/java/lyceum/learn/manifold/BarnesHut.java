package lyceum.learn.manifold;

import java.util.Arrays;
import lyceum.backend.Parallel;

/**
 * Repulsion by a tree of cells, each split in {@code 2^d}: a cell whose box is seen under an angle below {@code angle} acts as if all its points were at
 * their mean. With angle 0 no cell does.
 *
 * @see <a href="https://jmlr.org/papers/v15/vandermaaten14a.html">van der Maaten (2014), Accelerating t-SNE using tree-based algorithms</a>
 */
record BarnesHut(double angle) implements Repulsion {
    private static final int LEAF = 8, DEPTH = 60;

    @Override public double forces(double[] y, int d, double[] out) {
        var tree = new Tree(y, d);
        var sums = new double[y.length / d];
        Parallel.range(sums.length, 64, 3000, (from, to) -> {
            var stack = new int[DEPTH << d];
            var force = new double[d];
            for (int i = (int) from; i < to; i++) {
                sums[tree.order[i]] = d == 2 ? tree.force2(i, angle * angle, stack, out) : tree.force(i, angle * angle, stack, force, out);
            }
        });
        return Repulsion.sum(sums);
    }

    /** Cells are numbered so that the children of one stand together; its points are {@code points[starts .. ends]} in tree order. */
    private static final class Tree {
        final int d;
        final int[] order;
        final double[] points;
        int cells = 1;
        int[] starts, ends, first, children;
        /** Of each cell: its points' mean, then the square of its widest side. */
        double[] summary;

        Tree(double[] y, int d) {
            this.d = d;
            int n = y.length / d, room = Math.max(16, n);
            order = new int[n];
            for (int i = 0; i < n; i++) order[i] = i;
            starts = new int[room];
            ends = new int[room];
            first = new int[room];
            children = new int[room];
            summary = new double[room * (d + 1)];
            ends[0] = n;
            var spare = new int[n];
            double[] low = new double[d], high = new double[d];
            // Depths of cells are bounded by the length of the queue between two of its marks.
            for (int cell = 0, depth = 0, level = 1; cell < cells; cell++) {
                if (cell == level) {
                    depth++;
                    level = cells;
                }
                double width = summarise(y, cell, low, high);
                if (ends[cell] - starts[cell] > LEAF && width > 0 && depth < DEPTH - 2) split(y, cell, low, high, spare);
            }
            points = new double[n * d];
            for (int i = 0; i < n; i++) System.arraycopy(y, order[i] * d, points, i * d, d);
        }

        private double summarise(double[] y, int cell, double[] low, double[] high) {
            Arrays.fill(low, Double.POSITIVE_INFINITY);
            Arrays.fill(high, Double.NEGATIVE_INFINITY);
            int at = cell * (d + 1), count = ends[cell] - starts[cell];
            Arrays.fill(summary, at, at + d, 0);
            for (int i = starts[cell]; i < ends[cell]; i++) {
                for (int c = 0, from = order[i] * d; c < d; c++) {
                    double v = y[from + c];
                    low[c] = Math.min(low[c], v);
                    high[c] = Math.max(high[c], v);
                    summary[at + c] += v;
                }
            }
            double width = 0;
            for (int c = 0; c < d; c++) {
                summary[at + c] /= count;
                width = Math.max(width, high[c] - low[c]);
            }
            summary[at + d] = width * width;
            return width;
        }

        /** Sorts the points by the half of the box that they lie in along each axis. */
        private void split(double[] y, int cell, double[] low, double[] high, int[] spare) {
            int parts = 1 << d, from = starts[cell], to = ends[cell];
            var counts = new int[parts + 1];
            for (int i = from; i < to; i++) {
                int part = part(y, order[i], low, high);
                spare[i] = part;
                counts[part + 1]++;
            }
            for (int p = 0; p < parts; p++) counts[p + 1] += counts[p];
            int[] at = Arrays.copyOf(counts, parts), old = Arrays.copyOfRange(order, from, to);
            for (int i = from; i < to; i++) order[from + at[spare[i]]++] = old[i - from];
            first[cell] = cells;
            for (int p = 0; p < parts; p++) {
                if (counts[p] == counts[p + 1]) continue;
                if (cells == starts.length) grow();
                starts[cells] = from + counts[p];
                ends[cells++] = from + counts[p + 1];
                children[cell]++;
            }
        }

        private int part(double[] y, int i, double[] low, double[] high) {
            int part = 0;
            for (int c = 0; c < d; c++) if (y[i * d + c] > (low[c] + high[c]) / 2) part |= 1 << c;
            return part;
        }

        private void grow() {
            int room = 2 * starts.length;
            starts = Arrays.copyOf(starts, room);
            ends = Arrays.copyOf(ends, room);
            first = Arrays.copyOf(first, room);
            children = Arrays.copyOf(children, room);
            summary = Arrays.copyOf(summary, room * (d + 1));
        }

        /** A cell with the point itself in it is opened: nothing repels itself. */
        private boolean holds(int cell, int i) { return i >= starts[cell] && i < ends[cell]; }

        /** Of the i-th point in tree order. @return the sum of its q */
        double force2(int i, double angle, int[] stack, double[] out) {
            double a = points[2 * i], b = points[2 * i + 1], sum = 0, f = 0, g = 0;
            int top = 1;
            stack[0] = 0;
            while (top > 0) {
                int cell = stack[--top];
                double u = a - summary[3 * cell], v = b - summary[3 * cell + 1], square = u * u + v * v;
                if (summary[3 * cell + 2] < angle * square && !holds(cell, i)) {
                    double q = 1 / (1 + square), mass = (ends[cell] - starts[cell]) * q;
                    sum += mass;
                    f += mass * q * u;
                    g += mass * q * v;
                } else if (children[cell] > 0) {
                    for (int c = 0; c < children[cell]; c++) stack[top++] = first[cell] + c;
                } else {
                    for (int j = starts[cell]; j < ends[cell]; j++) {
                        double x = a - points[2 * j], y = b - points[2 * j + 1], q = j == i ? 0 : 1 / (1 + x * x + y * y);
                        sum += q;
                        f += q * q * x;
                        g += q * q * y;
                    }
                }
            }
            out[2 * order[i]] = f;
            out[2 * order[i] + 1] = g;
            return sum;
        }

        double force(int i, double angle, int[] stack, double[] force, double[] out) {
            Arrays.fill(force, 0);
            double sum = 0;
            int top = 1;
            stack[0] = 0;
            while (top > 0) {
                int cell = stack[--top], at = cell * (d + 1);
                double square = square(i, summary, at);
                if (summary[at + d] < angle * square && !holds(cell, i)) {
                    double q = 1 / (1 + square), mass = (ends[cell] - starts[cell]) * q;
                    sum += mass;
                    for (int c = 0; c < d; c++) force[c] += mass * q * (points[i * d + c] - summary[at + c]);
                } else if (children[cell] > 0) {
                    for (int c = 0; c < children[cell]; c++) stack[top++] = first[cell] + c;
                } else {
                    for (int j = starts[cell]; j < ends[cell]; j++) {
                        if (j == i) continue;
                        double q = 1 / (1 + square(i, points, j * d));
                        sum += q;
                        for (int c = 0; c < d; c++) force[c] += q * q * (points[i * d + c] - points[j * d + c]);
                    }
                }
            }
            System.arraycopy(force, 0, out, order[i] * d, d);
            return sum;
        }

        private double square(int i, double[] other, int at) {
            double sum = 0;
            for (int c = 0; c < d; c++) sum += (points[i * d + c] - other[at + c]) * (points[i * d + c] - other[at + c]);
            return sum;
        }
    }
}
