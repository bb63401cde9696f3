package lyceum.backend.vector;

import static jdk.incubator.vector.DoubleVector.broadcast;
import static jdk.incubator.vector.DoubleVector.fromArray;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;
import lyceum.backend.Butterflies;

/** Radices 2 to 5 over eight numbers at once at most; the same operations in the same order for any width of vectors. */
final class VectorButterflies implements Butterflies {
    private static final VectorSpecies<Double> S = DoubleVector.SPECIES_PREFERRED.length() <= 8 ? DoubleVector.SPECIES_PREFERRED
            : DoubleVector.SPECIES_512;
    private static final int L = S.length();
    private static final double HALF_ROOT_3 = Math.sqrt(3) / 2, C1 = Math.cos(Math.PI * 2 / 5), C2 = Math.cos(Math.PI * 4 / 5),
            S1 = Math.sin(Math.PI * 2 / 5), S2 = Math.sin(Math.PI * 4 / 5);
    private final Butterflies others = new Plain();

    @Override public void pass(int radix, double[] xr, double[] xi, double[] yr, double[] yi, int s, int m, double[] factors) {
        switch (radix) {
            case 2 -> two(xr, xi, yr, yi, s, m, factors);
            case 3 -> three(xr, xi, yr, yi, s, m, factors);
            case 4 -> four(xr, xi, yr, yi, s, m, factors);
            case 5 -> five(xr, xi, yr, yi, s, m, factors);
            default -> others.pass(radix, xr, xi, yr, yi, s, m, factors);
        }
    }

    private static void two(double[] xr, double[] xi, double[] yr, double[] yi, int s, int m, double[] w) {
        for (int p = 0; p < m; p++) {
            DoubleVector c = broadcast(S, w[2 * p]), d = broadcast(S, w[2 * p + 1]);
            int a = p * s, b = (p + m) * s, o = 2 * p * s;
            for (int q = 0; q < s; q += L) {
                var ar = fromArray(S, xr, a + q);
                var ai = fromArray(S, xi, a + q);
                var br = fromArray(S, xr, b + q);
                var bi = fromArray(S, xi, b + q);
                ar.add(br).intoArray(yr, o + q);
                ai.add(bi).intoArray(yi, o + q);
                put(ar.sub(br), ai.sub(bi), c, d, yr, yi, o + s + q);
            }
        }
    }

    private static void three(double[] xr, double[] xi, double[] yr, double[] yi, int s, int m, double[] w) {
        for (int p = 0; p < m; p++) {
            DoubleVector c1 = broadcast(S, w[4 * p]), d1 = broadcast(S, w[4 * p + 1]), c2 = broadcast(S, w[4 * p + 2]),
                    d2 = broadcast(S, w[4 * p + 3]);
            int a = p * s, b = (p + m) * s, c = (p + 2 * m) * s, o = 3 * p * s;
            for (int q = 0; q < s; q += L) {
                var ar = fromArray(S, xr, a + q);
                var ai = fromArray(S, xi, a + q);
                var br = fromArray(S, xr, b + q);
                var bi = fromArray(S, xi, b + q);
                var cr = fromArray(S, xr, c + q);
                var ci = fromArray(S, xi, c + q);
                var sr = br.add(cr);
                var si = bi.add(ci);
                var tr = ar.sub(sr.mul(0.5));
                var ti = ai.sub(si.mul(0.5));
                var ur = br.sub(cr).mul(HALF_ROOT_3);
                var ui = bi.sub(ci).mul(HALF_ROOT_3);
                ar.add(sr).intoArray(yr, o + q);
                ai.add(si).intoArray(yi, o + q);
                put(tr.add(ui), ti.sub(ur), c1, d1, yr, yi, o + s + q);
                put(tr.sub(ui), ti.add(ur), c2, d2, yr, yi, o + 2 * s + q);
            }
        }
    }

    private static void four(double[] xr, double[] xi, double[] yr, double[] yi, int s, int m, double[] w) {
        for (int p = 0; p < m; p++) {
            DoubleVector c1 = broadcast(S, w[6 * p]), d1 = broadcast(S, w[6 * p + 1]), c2 = broadcast(S, w[6 * p + 2]),
                    d2 = broadcast(S, w[6 * p + 3]), c3 = broadcast(S, w[6 * p + 4]), d3 = broadcast(S, w[6 * p + 5]);
            int a = p * s, b = (p + m) * s, c = (p + 2 * m) * s, d = (p + 3 * m) * s, o = 4 * p * s;
            for (int q = 0; q < s; q += L) {
                var ar = fromArray(S, xr, a + q);
                var ai = fromArray(S, xi, a + q);
                var cr = fromArray(S, xr, c + q);
                var ci = fromArray(S, xi, c + q);
                var br = fromArray(S, xr, b + q);
                var bi = fromArray(S, xi, b + q);
                var dr = fromArray(S, xr, d + q);
                var di = fromArray(S, xi, d + q);
                var t0r = ar.add(cr);
                var t0i = ai.add(ci);
                var t1r = ar.sub(cr);
                var t1i = ai.sub(ci);
                var t2r = br.add(dr);
                var t2i = bi.add(di);
                var t3r = br.sub(dr);
                var t3i = bi.sub(di);
                t0r.add(t2r).intoArray(yr, o + q);
                t0i.add(t2i).intoArray(yi, o + q);
                put(t1r.add(t3i), t1i.sub(t3r), c1, d1, yr, yi, o + s + q);
                put(t0r.sub(t2r), t0i.sub(t2i), c2, d2, yr, yi, o + 2 * s + q);
                put(t1r.sub(t3i), t1i.add(t3r), c3, d3, yr, yi, o + 3 * s + q);
            }
        }
    }

    /** In three loops: all at once are more operations than the compiler keeps in registers, and what it does not keep it allocates. */
    private static void five(double[] xr, double[] xi, double[] yr, double[] yi, int s, int m, double[] w) {
        for (int p = 0; p < m; p++) {
            int a = p * s, step = m * s, o = 5 * p * s, f = 8 * p;
            sum(xr, a, step, s, yr, o);
            sum(xi, a, step, s, yi, o);
            pair(xr, xi, a, step, s, C1, C2, S1, S2, w[f], w[f + 1], w[f + 6], w[f + 7], yr, yi, o + s, o + 4 * s);
            pair(xr, xi, a, step, s, C2, C1, S2, -S1, w[f + 2], w[f + 3], w[f + 4], w[f + 5], yr, yi, o + 2 * s, o + 3 * s);
        }
    }

    private static void sum(double[] x, int a, int step, int s, double[] y, int o) {
        for (int q = a; q < a + s; q += L)
            fromArray(S, x, q).add(fromArray(S, x, q + step).add(fromArray(S, x, q + 4 * step)))
                    .add(fromArray(S, x, q + 2 * step).add(fromArray(S, x, q + 3 * step))).intoArray(y, o + q - a);
    }

    /** Two frequencies that are each other's mirror, by their cosines and sines of one and two steps, and their factors. */
    private static void pair(double[] xr, double[] xi, int a, int step, int s, double c1, double c2, double s1, double s2, double wc,
            double wd, double vc, double vd, double[] yr, double[] yi, int o, int mirror) {
        DoubleVector cos1 = broadcast(S, c1), cos2 = broadcast(S, c2), sin1 = broadcast(S, s1), sin2 = broadcast(S, s2),
                w1 = broadcast(S, wc), w2 = broadcast(S, wd), v1 = broadcast(S, vc), v2 = broadcast(S, vd);
        for (int q = 0; q < s; q += L) {
            int b = a + q + step, c = b + step, d = c + step, e = d + step;
            var br = fromArray(S, xr, b);
            var bi = fromArray(S, xi, b);
            var er = fromArray(S, xr, e);
            var ei = fromArray(S, xi, e);
            var cr = fromArray(S, xr, c);
            var ci = fromArray(S, xi, c);
            var dr = fromArray(S, xr, d);
            var di = fromArray(S, xi, d);
            var mr = fromArray(S, xr, a + q).add(br.add(er).mul(cos1)).add(cr.add(dr).mul(cos2));
            var mi = fromArray(S, xi, a + q).add(bi.add(ei).mul(cos1)).add(ci.add(di).mul(cos2));
            var nr = br.sub(er).mul(sin1).add(cr.sub(dr).mul(sin2));
            var ni = bi.sub(ei).mul(sin1).add(ci.sub(di).mul(sin2));
            put(mr.add(ni), mi.sub(nr), w1, w2, yr, yi, o + q);
            put(mr.sub(ni), mi.add(nr), v1, v2, yr, yi, mirror + q);
        }
    }

    private static void put(DoubleVector re, DoubleVector im, DoubleVector c, DoubleVector d, double[] yr, double[] yi, int at) {
        re.mul(c).sub(im.mul(d)).intoArray(yr, at);
        re.mul(d).add(im.mul(c)).intoArray(yi, at);
    }

    @Override public void scale(double[] x, double[] y, double[] c, double[] d, int at, int count) {
        for (int i = 0; i < count; i += L) {
            var re = fromArray(S, x, i);
            var im = fromArray(S, y, i);
            var fr = fromArray(S, c, at + i);
            var fi = fromArray(S, d, at + i);
            re.mul(fr).sub(im.mul(fi)).intoArray(x, i);
            re.mul(fi).add(im.mul(fr)).intoArray(y, i);
        }
    }

    @Override public void rows(double[] x, int from, int step, double[] y, int to, int stepTo, int rows, int width) {
        for (int i = 0; i < rows; i++)
            for (int q = 0; q < width; q += L) fromArray(S, x, from + i * step + q).intoArray(y, to + i * stepTo + q);
    }
}
