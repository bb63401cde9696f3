package lyceum.autograd;

import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import lyceum.tensor.Tensor;

/**
 * A truncated power series {@code c_0 + c_1 t + ... + c_K t^K} whose coefficients are tensors of one shape; a null coefficient above 0 is
 * zero. Recurrences as in Griewank and Walther (2008), table 13.2: each costs O(K^2) products.
 */
record Series(Tensor[] c) {

    static Series constant(Tensor value, int order) {
        var c = new Tensor[order + 1];
        c[0] = value;
        return new Series(c);
    }

    int order() { return c.length - 1; }

    boolean isConstant() {
        for (int k = 1; k < c.length; k++) if (c[k] != null) return false;
        return true;
    }

    /** The same linear map of every coefficient. */
    Series map(UnaryOperator<Tensor> linear) {
        var z = new Tensor[c.length];
        for (int k = 0; k < z.length; k++) z[k] = c[k] == null ? null : linear.apply(c[k]);
        return new Series(z);
    }

    private static Tensor plus(Tensor a, Tensor b) { return a == null ? b : b == null ? a : a.add(b); }

    Series add(Series o) {
        var z = new Tensor[c.length];
        for (int k = 0; k < z.length; k++) z[k] = plus(c[k], o.c[k]);
        return new Series(z);
    }

    Series neg() { return map(Tensor::neg); }

    Series sub(Series o) { return add(o.neg()); }

    /** Adds a number to the value. */
    Series shift(double by) {
        var z = c.clone();
        z[0] = z[0].add(by);
        return new Series(z);
    }

    Series scale(double by) { return map(t -> t.mul(by)); }

    /** Cauchy's product, by any bilinear product of coefficients. */
    Series times(Series o, BinaryOperator<Tensor> product) {
        var z = new Tensor[c.length];
        for (int k = 0; k < z.length; k++) {
            for (int j = 0; j <= k; j++) if (c[j] != null && o.c[k - j] != null) z[k] = plus(z[k], product.apply(c[j], o.c[k - j]));
        }
        return new Series(z);
    }

    Series mul(Series o) { return times(o, Tensor::mul); }

    /** {@code z o = this}, solved for one coefficient of z after another. */
    Series div(Series o) {
        if (o.isConstant()) return map(t -> t.div(o.c[0]));
        var z = new Tensor[c.length];
        for (int k = 0; k < z.length; k++) {
            var rest = c[k];
            for (int j = 0; j < k; j++) if (z[j] != null && o.c[k - j] != null) rest = plus(rest, z[j].mul(o.c[k - j]).neg());
            z[k] = rest == null ? null : rest.div(o.c[0]);
        }
        return new Series(z);
    }

    Series reciprocal() { return constant(c[0].onesLike(), order()).div(this); }

    /** {@code z^2 = this}. */
    Series sqrt() {
        var z = new Tensor[c.length];
        z[0] = c[0].sqrt();
        for (int k = 1; k < z.length; k++) {
            var rest = c[k];
            for (int j = 1; j < k; j++) if (z[j] != null && z[k - j] != null) rest = plus(rest, z[j].mul(z[k - j]).neg());
            z[k] = rest == null ? null : rest.div(z[0].mul(2));
        }
        return new Series(z);
    }

    /** Coefficient k of {@code z} with {@code z' = slope * this'}: needs the slope up to k - 1. */
    private Tensor integrated(Tensor[] slope, int k) {
        Tensor sum = null;
        for (int j = 1; j <= k; j++) if (c[j] != null && slope[k - j] != null) sum = plus(sum, c[j].mul(slope[k - j]).mul((double) j / k));
        return sum;
    }

    /** {@code f(this)} for {@code f} of value {@code first} and derivative {@code slope} along this series. */
    Series through(Tensor first, Series slope) {
        var z = new Tensor[c.length];
        z[0] = first;
        for (int k = 1; k < z.length; k++) z[k] = integrated(slope.c, k);
        return new Series(z);
    }

    /** A function whose derivative is a polynomial in itself: {@code f' = a + b f + d f^2}, as exp, tanh, tan and sigmoid have. */
    Series through(Tensor first, double a, double b, double d) {
        Tensor[] z = new Tensor[c.length], slope = new Tensor[c.length];
        z[0] = first;
        for (int k = 0; k < z.length; k++) {
            if (k > 0) z[k] = integrated(slope, k);
            Tensor square = null;
            if (d != 0) for (int j = 0; j <= k; j++) if (z[j] != null && z[k - j] != null) square = plus(square, z[j].mul(z[k - j]));
            slope[k] = plus(b == 0 || z[k] == null ? null : z[k].mul(b), square == null ? null : square.mul(d));
            if (k == 0) slope[0] = slope[0] == null ? first.onesLike().mul(a) : slope[0].add(a);
        }
        return new Series(z);
    }

    Series exp() { return through(c[0].exp(), 0, 1, 0); }

    Series log() { return through(c[0].log(), reciprocal()); }

    /** Sine and cosine, or their hyperbolic kin for {@code sign} 1: {@code f' = g, g' = sign f}. */
    Series[] circle(Tensor sine, Tensor cosine, double sign) {
        Tensor[] s = new Tensor[c.length], co = new Tensor[c.length];
        s[0] = sine;
        co[0] = cosine;
        for (int k = 1; k < s.length; k++) {
            s[k] = integrated(co, k);
            var other = integrated(s, k);
            co[k] = other == null ? null : other.mul(sign);
        }
        return new Series[] {new Series(s), new Series(co)};
    }

    /** {@code this^y} for a number y, by {@code x z' = y z x'}; whole exponents by products, so that x may be 0. */
    Series pow(double y) {
        if (y == Math.rint(y) && y >= 0 && y <= 64) {
            Series result = constant(c[0].onesLike(), order()), square = this;
            for (int n = (int) y; n > 0; n >>= 1) {
                if ((n & 1) != 0) result = result.mul(square);
                if (n > 1) square = square.mul(square);
            }
            return result;
        }
        var z = new Tensor[c.length];
        z[0] = c[0].pow(y);
        for (int k = 1; k < z.length; k++) {
            Tensor sum = null;
            for (int j = 1; j <= k; j++)
                if (c[j] != null && z[k - j] != null) sum = plus(sum, c[j].mul(z[k - j]).mul((y * j - (k - j)) / k));
            z[k] = sum == null ? null : sum.div(c[0]);
        }
        return new Series(z);
    }

    /** Coefficient by coefficient from this where {@code condition} is true, else from the other. */
    Series where(Tensor condition, Series o) {
        var z = new Tensor[c.length];
        for (int k = 0; k < z.length; k++) {
            Tensor a = c[k], b = o.c[k];
            if (a == null && b == null) continue;
            z[k] = condition.where(a == null ? b.zerosLike() : a, b == null ? a.zerosLike() : b);
        }
        return new Series(z);
    }
}
