package lyceum.train.robust;

import java.util.Objects;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * What an adversary may do to each row: move it within a ball around where it was, and within the box of valid values.
 *
 * {@snippet :
 * var threat = ThreatModel.linf(8 / 255.0).within(0, 1);
 * }
 *
 * @param norm of the ball
 * @param epsilon its radius, at least 0, in the units of the input
 * @param low of valid values; minus infinity for no limit
 * @param high of valid values
 */
public record ThreatModel(Norm norm, double epsilon, double low, double high) {
    /** How the size of a change is measured, over all entries of a row. */
    public enum Norm {
        /** The largest change of an entry. */
        LINF {
            @Override Tensor length(Tensor flat) { return flat.abs().max(1, true); }

            @Override Tensor steepest(Tensor flat) { return flat.sign(); }

            @Override Tensor shortened(Tensor flat, double radius) { return flat.clamp(-radius, radius); }

            @Override Tensor random(Rng rng, Tensor flat) {
                return Tensor.rand(rng, flat.dtype(), flat.shape().toArray()).mul(2.0).sub(1.0);
            }
        },
        /** Euclidean. */
        L2 {
            @Override Tensor length(Tensor flat) { return flat.square().sum(1, true).sqrt(); }

            @Override Tensor steepest(Tensor flat) { return flat.div(length(flat).maximum(1e-30)); }

            @Override Tensor shortened(Tensor flat, double radius) {
                return flat.mul(length(flat).maximum(1e-30).rdiv(radius).minimum(1.0));
            }

            @Override Tensor random(Rng rng, Tensor flat) {
                var r = Tensor.rand(rng, flat.dtype(), flat.size(0), 1).pow(1.0 / flat.size(1));
                return steepest(Tensor.randn(rng, flat.dtype(), flat.shape().toArray())).mul(r);
            }
        },
        /** The sum of absolute changes. */
        L1 {
            @Override Tensor length(Tensor flat) { return flat.abs().sum(1, true); }

            /** The entry of the largest slope alone. */
            @Override Tensor steepest(Tensor flat) {
                var size = flat.abs();
                var largest = size.ge(size.max(1, true)).to(flat.dtype());
                return flat.sign().mul(largest).div(largest.sum(1, true));
            }

            /** Soft thresholding at the level where the lengths fit (Duchi and others 2008). */
            @Override Tensor shortened(Tensor flat, double radius) {
                var size = flat.abs();
                var sorted = size.sort(1, true).values();
                var ranks = Tensor.arange(1, flat.size(1) + 1, 1).to(flat.dtype());
                var level = sorted.cumsum(1).sub(radius).div(ranks);
                var count = sorted.gt(level).to(flat.dtype()).mul(ranks).max(1, true).maximum(1.0);
                var theta = level.gather(1, count.sub(1.0).to(DType.I64)).maximum(0.0);
                return flat.sign().mul(size.sub(theta).relu());
            }

            @Override Tensor random(Rng rng, Tensor flat) {
                var e = Tensor.rand(rng, flat.dtype(), flat.shape().toArray()).maximum(1e-30).log().neg();
                var r = Tensor.rand(rng, flat.dtype(), flat.size(0), 1).pow(1.0 / flat.size(1));
                return e.div(e.sum(1, true)).mul(r).mul(Tensor.randn(rng, flat.dtype(), flat.shape().toArray()).sign());
            }
        };

        /** Lengths of rows (n, d), as (n, 1). */
        abstract Tensor length(Tensor flat);

        /** For each row the change of length 1 that raises a function of that slope most; 0 for a slope of 0. */
        abstract Tensor steepest(Tensor flat);

        abstract Tensor shortened(Tensor flat, double radius);

        /** A point of each row's ball of radius 1. */
        abstract Tensor random(Rng rng, Tensor flat);
    }

    public ThreatModel {
        Objects.requireNonNull(norm, "norm");
        if (!(epsilon >= 0) || Double.isInfinite(epsilon))
            throw new IllegalArgumentException("ThreatModel: epsilon is " + epsilon + "; it is at least 0");
        if (!(low < high)) throw new IllegalArgumentException("ThreatModel: values from " + low + " to " + high + "; there are none");
    }

    /** Each entry by at most epsilon, no box. */
    public static ThreatModel linf(double epsilon) { return of(Norm.LINF, epsilon); }

    /** By a Euclidean length of at most epsilon, no box. */
    public static ThreatModel l2(double epsilon) { return of(Norm.L2, epsilon); }

    /** By absolute changes that sum to at most epsilon, no box. */
    public static ThreatModel l1(double epsilon) { return of(Norm.L1, epsilon); }

    private static ThreatModel of(Norm norm, double epsilon) {
        return new ThreatModel(norm, epsilon, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    }

    /** The same ball cut to a box. */
    public ThreatModel within(double low, double high) { return new ThreatModel(norm, epsilon, low, high); }

    public ThreatModel withEpsilon(double epsilon) { return new ThreatModel(norm, epsilon, low, high); }

    /** The points nearest to z, nearly, that are allowed around rows x: into the ball, then into the box, which leaves the ball only if x is outside the box. */
    public Tensor project(Tensor z, Tensor x) {
        var inside = norm.shortened(flat(z.sub(x)), epsilon).reshape(x.shape().toArray());
        return x.add(inside).clamp(low, high).compute();
    }

    /** Allowed points around rows x, drawn at random. */
    public Tensor random(Tensor x, Rng rng) {
        return project(x.add(norm.random(rng, flat(x)).mul(epsilon).reshape(x.shape().toArray())), x);
    }

    /** The size of the change from x to z, a number for each row. */
    public double[] sizes(Tensor z, Tensor x) { return norm.length(flat(z.sub(x))).toDoubleArray(); }

    /** A change of length {@code size} along the steepest ascent; entries at an edge of the box that would leave it stay. */
    Tensor step(Tensor z, Tensor slope, Tensor size) {
        var open = slope.gt(0.0).and(z.ge(high)).or(slope.lt(0.0).and(z.le(low))).not();
        var along = norm.steepest(flat(open.where(slope, slope.zerosLike())));
        return z.add(along.mul(size).reshape(z.shape().toArray()));
    }

    static Tensor flat(Tensor x) { return x.reshape(x.size(0), -1); }
}
