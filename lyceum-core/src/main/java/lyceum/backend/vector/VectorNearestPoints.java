package lyceum.backend.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import lyceum.backend.NearestPoints;

/**
 * A point a lane, two vectors of points at a time. The least distances are found among their bits: sums of squares have no sign but NaN may, which is taken off and leaves it above infinity, so the order of the bits is theirs,
 * and minima of whole numbers are one instruction where those of doubles must mind NaN.
 */
final class VectorNearestPoints implements NearestPoints {
    private static final VectorSpecies<Double> D = DoubleVector.SPECIES_PREFERRED.length() > GROUP ? DoubleVector.SPECIES_512
            : DoubleVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Long> L = VectorSpecies.of(long.class, D.vectorShape());
    private static final int LANES = D.length();
    private static final long INFINITY = Double.doubleToRawLongBits(Double.POSITIVE_INFINITY);

    /** @throws IllegalStateException if vectors hold one double */
    VectorNearestPoints() { if (LANES < 2) throw new IllegalStateException("this CPU's vectors hold one double"); }

    @Override public void distances(double[] rows, int at, int p, double[] table, int k, double[] out) {
        int width = NearestPoints.width(k), c = 0;
        for (; c + LANES < k; c += 2 * LANES) two(rows, at, p, table, width, c, out);
        for (; c < k; c += LANES) one(rows, at, p, table, width, c, out);
    }

    private static void two(double[] rows, int at, int p, double[] table, int width, int c, double[] out) {
        DoubleVector a = DoubleVector.zero(D), b = a;
        int j = 0, o = c;
        for (; j + 3 < p; j += 4, o += 4 * width) {
            DoubleVector x = DoubleVector.broadcast(D, rows[at + j]), y = DoubleVector.broadcast(D, rows[at + j + 1]),
                    z = DoubleVector.broadcast(D, rows[at + j + 2]), u = DoubleVector.broadcast(D, rows[at + j + 3]);
            a = a.add(four(x, y, z, u, table, o, width));
            b = b.add(four(x, y, z, u, table, o + LANES, width));
        }
        for (; j < p; j++, o += width) {
            var x = DoubleVector.broadcast(D, rows[at + j]);
            a = a.add(square(x, table, o));
            b = b.add(square(x, table, o + LANES));
        }
        a.intoArray(out, c);
        b.intoArray(out, c + LANES);
    }

    private static void one(double[] rows, int at, int p, double[] table, int width, int c, double[] out) {
        DoubleVector a = DoubleVector.zero(D);
        int j = 0, o = c;
        for (; j + 3 < p; j += 4, o += 4 * width) {
            DoubleVector x = DoubleVector.broadcast(D, rows[at + j]), y = DoubleVector.broadcast(D, rows[at + j + 1]),
                    z = DoubleVector.broadcast(D, rows[at + j + 2]), u = DoubleVector.broadcast(D, rows[at + j + 3]);
            a = a.add(four(x, y, z, u, table, o, width));
        }
        for (; j < p; j++, o += width) a = a.add(square(DoubleVector.broadcast(D, rows[at + j]), table, o));
        a.intoArray(out, c);
    }

    private static DoubleVector four(DoubleVector x, DoubleVector y, DoubleVector z, DoubleVector u, double[] table, int o, int width) {
        return square(x, table, o).add(square(y, table, o + width)).add(square(z, table, o + 2 * width))
                .add(square(u, table, o + 3 * width));
    }

    private static DoubleVector square(DoubleVector x, double[] table, int o) {
        var e = x.sub(DoubleVector.fromArray(D, table, o));
        return e.mul(e);
    }

    @Override public void nearest(double[] rows, int p, int[] which, int count, double[] table, int k, Nearest out) {
        var distance = new double[NearestPoints.width(k)];
        int[] point = out.point();
        double[] firsts = out.first(), seconds = out.second();
        for (int t = 0; t < count; t++) {
            distances(rows, which[t] * p, p, table, k, distance);
            LongVector first = LongVector.broadcast(L, INFINITY), second = first;
            for (int c = 0; c < k; c += LANES) {
                var d = bits(distance, c);
                second = second.min(first.max(d));
                first = first.min(d);
            }
            long least = first.reduceLanes(VectorOperators.MIN);
            VectorMask<Long> there = first.eq(least);
            long next = there.trueCount() > 1 ? least : first.blend(second, there).reduceLanes(VectorOperators.MIN);
            point[t] = least == INFINITY ? 0 : where(distance, k, least);
            firsts[t] = Double.longBitsToDouble(least);
            seconds[t] = Double.longBitsToDouble(next);
        }
    }

    private static int where(double[] distance, int k, long bits) {
        for (int c = 0; c < k; c += LANES) {
            int lane = bits(distance, c).eq(bits).firstTrue();
            if (lane < LANES) return c + lane;
        }
        throw new AssertionError("a minimum that is no element");
    }

    private static LongVector bits(double[] distance, int c) {
        return DoubleVector.fromArray(D, distance, c).reinterpretAsLongs().and(Long.MAX_VALUE);
    }
}
