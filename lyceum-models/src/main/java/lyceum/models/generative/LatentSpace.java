package lyceum.models.generative;

import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Slerp;
import lyceum.tensor.Tensor;

/**
 * What can be done in the space of codes of any {@link LatentModel}: walk between items, along a number of the code or along an attribute, reckon with codes, look for neighbours, and
 * measure how smoothly data change on the way.
 *
 * {@snippet :
 * var space = new LatentSpace(vae);
 * Tensor walk = space.interpolate(a, b, 9);                                       // (9, ..) from a to b
 * Tensor strip = space.traverse(space.encode(a), 3, -2, -1, 0, 1, 2);             // what the fourth number does
 * var smile = LatentSpace.Attribute.of(space.encode(faces), smiles);
 * Tensor smiling = space.decode(smile.move(space.encode(a), 1));
 * }
 *
 * <p>Nothing is recorded. Codes are (n, k) or (n, k, ..).
 *
 * @see <a href="https://arxiv.org/abs/1609.04468">White (2016)</a>
 */
public record LatentSpace(LatentModel model) {
    public LatentSpace { Objects.requireNonNull(model, "model"); }

    /** How one goes from code to code. */
    public enum Way {
        /** {@code (1 - t) a + t b}: for codes that an encoder gave. */
        STRAIGHT,
        /** Along the sphere, {@link Slerp}: for draws from a normal prior of many numbers, which all have about the same length. */
        SPHERICAL
    }

    /** The codes of data. */
    public Tensor encode(Tensor x) { return model.encode(x); }

    /** The data of codes. */
    public Tensor decode(Tensor z) { return model.decode(z); }

    /** Codes between a and b, row by row. @param t from 0, a, to 1, b */
    public Tensor between(Tensor a, Tensor b, double t, Way way) {
        if (!a.shape().equals(b.shape())) throw new ShapeException("between: codes " + a.shape() + " and " + b.shape());
        return Autograd.noGrad(() -> {
            if (way == Way.STRAIGHT) return a.lerp(b, t).compute();
            var rows = new Tensor[(int) a.size(0)];
            for (int i = 0; i < rows.length; i++) rows[i] = Slerp.of(a.select(0, i), b.select(0, i), t);
            return Tensor.stack(0, rows);
        });
    }

    /** The item between a and b, row by row, straight: not their mixture, which {@code a.lerp(b, t)} is. */
    public Tensor blend(Tensor a, Tensor b, double t) { return decode(between(encode(a), encode(b), t, Way.STRAIGHT)); }

    /** From one item (1, ..) to another, straight, both ends' reconstructions included: (steps, ..). */
    public Tensor interpolate(Tensor from, Tensor to, int steps) { return decode(path(encode(from), encode(to), steps, Way.STRAIGHT)); }

    /** Codes from a to b, (1, k) each: (steps, k), evenly spaced, both ends included. @param steps at least 2 */
    public Tensor path(Tensor a, Tensor b, int steps, Way way) {
        if (steps < 2) throw new IllegalArgumentException("path: " + steps + " steps; at least 2");
        requireOne("path", a);
        requireOne("path", b);
        var codes = new Tensor[steps];
        for (int i = 0; i < steps; i++) codes[i] = between(a, b, (double) i / (steps - 1), way);
        return Tensor.concat(0, codes);
    }

    private static void requireOne(String operation, Tensor z) {
        if (z.rank() < 2 || z.size(0) != 1) throw new ShapeException(operation + ": codes " + z.shape() + "; one, as (1, k)");
    }

    /** The data of a code (1, k) with one of its numbers set to each of these values: (values, ..). */
    public Tensor traverse(Tensor z, int number, double... values) {
        requireOne("traverse", z);
        var flat = z.detach().to(DType.F64).toDoubleArray();
        if (number < 0 || number >= flat.length)
            throw new IllegalArgumentException("traverse: number " + number + " of a code of " + flat.length);
        var codes = new double[values.length * flat.length];
        for (int i = 0; i < values.length; i++) {
            System.arraycopy(flat, 0, codes, i * flat.length, flat.length);
            codes[i * flat.length + number] = values[i];
        }
        long[] shape = z.shape().toArray();
        shape[0] = values.length;
        return decode(Tensor.of(codes, shape).to(z.dtype()));
    }

    /** "a is to b as c is to ?", row by row: the data of {@code e(b) - e(a) + e(c)}. */
    public Tensor analogy(Tensor a, Tensor b, Tensor c) {
        return decode(Autograd.noGrad(() -> encode(b).sub(encode(a)).add(encode(c)).compute()));
    }

    /**
     * An attribute as a direction.
     *
     * @param direction (k): the mean code of those that have it less the mean code of those that do not
     * @param middle between both means, (k)
     */
    public record Attribute(Tensor direction, Tensor middle) {
        /** By two groups of codes. @param has whether a row has it */
        public static Attribute of(Tensor codes, boolean[] has) {
            if (codes.rank() != 2 || codes.size(0) != has.length)
                throw new ShapeException("Attribute: codes " + codes.shape() + " and " + has.length + " labels; (n, k) and n");
            return Autograd.noGrad(() -> {
                Tensor with = Tensor.of(has).to(codes.dtype()).reshape(-1, 1), without = with.rsub(1);
                double some = with.sum().item(), others = has.length - some;
                if (some == 0 || others == 0) throw new IllegalArgumentException(
                        "Attribute: " + (long) some + " of " + has.length + " rows have it; some with and some without are needed");
                Tensor a = codes.mul(with).sum(0).div(some), b = codes.mul(without).sum(0).div(others);
                return new Attribute(a.sub(b).compute(), a.add(b).div(2).compute());
            });
        }

        /** How far codes (n, k) lie on its side of the middle, in steps between the means: about 1/2 where it is present, -1/2 where it is not. */
        public Tensor score(Tensor z) {
            return Autograd.noGrad(() -> z.sub(middle).matmul(direction).div(direction.square().sum()).compute());
        }

        /** Codes moved along it. @param strength 1 for the whole way between the means, negative to take it away */
        public Tensor move(Tensor z, double strength) { return Autograd.noGrad(() -> z.add(direction.mul(strength)).compute()); }

        /** Codes mirrored at the middle: those with it lose it, the others get it, as far as they were from it. */
        public Tensor flip(Tensor z) { return Autograd.noGrad(() -> z.sub(score(z).mul(2).reshape(-1, 1).mul(direction)).compute()); }
    }

    /** Row numbers of the nearest codes (n, k) of each query (m, k), nearest first: (m, count). */
    public static Tensor neighbours(Tensor codes, Tensor queries, int count) {
        if (codes.rank() != 2 || queries.rank() != 2 || codes.size(1) != queries.size(1))
            throw new ShapeException("neighbours: codes " + codes.shape() + " and queries " + queries.shape() + "; (n, k) and (m, k)");
        if (count < 1 || count > codes.size(0))
            throw new IllegalArgumentException("neighbours: " + count + " of " + codes.size(0) + " codes; at least 1");
        return Autograd.noGrad(() -> {
            Tensor c = codes.to(DType.F64), q = queries.to(DType.F64);
            return c.square().sum(1).sub(q.matmul(c.transpose()).mul(2)).argsort(1).narrow(1, 0, count).compute();
        });
    }

    /**
     * How data change on the way between two codes.
     *
     * @param length of the way in data, the sum of its steps
     * @param detour length over the distance of the ends: 1 for a straight line
     * @param jump largest step over the mean step: 1 for even speed, the number of steps where everything happens at once
     */
    public record Smoothness(double length, double detour, double jump) {}

    /** Measured over so many steps from a to b, (1, k) each. @param steps at least 1 */
    public Smoothness smoothness(Tensor a, Tensor b, int steps, Way way) {
        return Autograd.noGrad(() -> {
            var x = decode(path(a, b, steps + 1, way)).to(DType.F64).reshape(steps + 1, -1);
            double[] moved = x.narrow(0, 1, steps).sub(x.narrow(0, 0, steps)).square().sum(1).sqrt().toDoubleArray();
            double length = 0, most = 0;
            for (double m : moved) {
                length += m;
                most = Math.max(most, m);
            }
            double ends = x.select(0, 0).sub(x.select(0, steps)).norm().item();
            return new Smoothness(length, length == 0 ? 1 : length / ends, length == 0 ? 1 : most * steps / length);
        });
    }
}
