package lyceum.optim;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import lyceum.optim.Atom.Curvature;

/**
 * A formula in x_0, x_1, ... that can be computed, differentiated, enclosed in decimals and judged by the rules of composition.
 *
 * {@snippet :
 * Expression x = Expression.variable(0), y = Expression.variable(1);
 * var f = x.square().plus(x.minus(y).exp());
 * f.curvature(new double[] {-1, -1}, new double[] {1, 1});      // CONVEX: a square of an affine term plus exp of one
 * }
 *
 * @see "Grant, Boyd and Ye (2006), Disciplined Convex Programming"
 */
public sealed interface Expression extends Objective {

    /** A number. */
    record Constant(double value) implements Expression {
        @Override public String toString() { return Double.toString(value); }
    }

    /** The i-th coordinate. */
    record Variable(int index) implements Expression {
        public Variable { Settings.atLeast("Expression", "a variable's index", index, 0); }

        @Override public String toString() { return "x" + index; }
    }

    record Sum(Expression a, Expression b) implements Expression {
        @Override public String toString() { return "(" + a + " + " + b + ")"; }
    }

    record Product(Expression a, Expression b) implements Expression {
        @Override public String toString() { return a + " * " + b; }
    }

    /** The larger of two. */
    record Max(Expression a, Expression b) implements Expression {
        @Override public String toString() { return "max(" + a + ", " + b + ")"; }
    }

    record Apply(Atom atom, Expression argument) implements Expression {
        public Apply { Objects.requireNonNull(atom, "atom"); }

        @Override public String toString() { return atom.name().toLowerCase(Locale.ROOT) + "(" + argument + ")"; }
    }

    /** Euclidean length. */
    record Norm(List<Expression> parts) implements Expression {
        public Norm { parts = List.copyOf(parts); }

        @Override public String toString() { return "norm" + parts; }
    }

    /** {@code a'x + c}. */
    static Expression affine(double[] a, double c) {
        var sum = constant(c);
        for (int i = 0; i < a.length; i++) if (a[i] != 0) sum = sum.plus(variable(i).times(a[i]));
        return sum;
    }

    static Expression norm(Expression... parts) { return new Norm(List.of(parts)); }

    static Expression variable(int index) { return new Variable(index); }

    static Expression constant(double value) { return new Constant(value); }

    default Expression plus(Expression other) { return new Sum(this, other); }

    default Expression plus(double c) { return plus(constant(c)); }

    default Expression minus(Expression other) { return plus(other.times(-1)); }

    default Expression minus(double c) { return plus(-c); }

    default Expression times(Expression other) { return new Product(this, other); }

    default Expression times(double c) { return new Product(constant(c), this); }

    default Expression max(Expression other) { return new Max(this, other); }

    default Expression exp() { return new Apply(Atom.EXP, this); }

    default Expression log() { return new Apply(Atom.LOG, this); }

    default Expression sqrt() { return new Apply(Atom.SQRT, this); }

    default Expression abs() { return new Apply(Atom.ABS, this); }

    default Expression square() { return new Apply(Atom.SQUARE, this); }

    default Expression cube() { return new Apply(Atom.CUBE, this); }

    default Expression reciprocal() { return new Apply(Atom.RECIPROCAL, this); }

    default Expression softplus() { return new Apply(Atom.SOFTPLUS, this); }

    default Expression sin() { return new Apply(Atom.SIN, this); }

    /** The value at x and its gradient there; of a maximum of two equals, the first one's. */
    @Override default double at(double[] x, double[] gradient) {
        switch (this) {
            case Constant(double value) -> {
                Arrays.fill(gradient, 0);
                return value;
            }
            case Variable(int index) -> {
                Arrays.fill(gradient, 0);
                gradient[index] = 1;
                return x[index];
            }
            case Sum(var a, var b) -> {
                var other = new double[x.length];
                double value = a.at(x, gradient) + b.at(x, other);
                Vectors.addScaled(gradient, 1, other);
                return value;
            }
            case Product(var a, var b) -> {
                var other = new double[x.length];
                double u = a.at(x, gradient), v = b.at(x, other);
                for (int i = 0; i < x.length; i++) gradient[i] = gradient[i] * v + u * other[i];
                return u * v;
            }
            case Max(var a, var b) -> {
                var other = new double[x.length];
                double u = a.at(x, gradient), v = b.at(x, other);
                if (v > u) System.arraycopy(other, 0, gradient, 0, x.length);
                return Math.max(u, v);
            }
            case Norm(var parts) -> {
                var part = new double[x.length];
                Arrays.fill(gradient, 0);
                double sum = 0;
                for (var p : parts) {
                    double u = p.at(x, part);
                    sum += u * u;
                    Vectors.addScaled(gradient, u, part);
                }
                double length = Math.sqrt(sum);
                for (int i = 0; i < x.length; i++) gradient[i] = length == 0 ? 0 : gradient[i] / length;
                return length;
            }
            case Apply(var atom, var argument) -> {
                double u = argument.at(x, gradient), slope = atom.slope(u);
                for (int i = 0; i < x.length; i++) gradient[i] *= slope;
                return atom.at(u);
            }
        }
    }

    /** The value at x alone. */
    default double at(double... x) { return at(x, new double[x.length]); }

    /** Bounds of the values over {@code low <= x <= high}. */
    private Atom.Range range(double[] low, double[] high) {
        return switch (this) {
            case Constant(double value) -> new Atom.Range(value, value);
            case Variable(int index) -> new Atom.Range(low[index], high[index]);
            case Sum(var a, var b) -> a.range(low, high).plus(b.range(low, high));
            case Product(var a, var b) -> a.range(low, high).times(b.range(low, high));
            case Max(var a, var b) -> new Atom.Range(Math.max(a.range(low, high).low(), b.range(low, high).low()),
                    Math.max(a.range(low, high).high(), b.range(low, high).high()));
            case Norm(var parts) -> Atom.SQRT
                    .range(parts.stream().map(p -> Atom.SQUARE.range(p.range(low, high))).reduce(new Atom.Range(0, 0), Atom.Range::plus));
            case Apply(var atom, var argument) -> atom.range(argument.range(low, high));
        };
    }

    /**
     * What the rules of composition prove over a box: a convex function that never falls, of a convex one, is convex; of an affine one any
     * convex function is; and so on. UNKNOWN means that these rules do not decide, not that the function is not convex.
     *
     * @param low the box's lower corner; negative infinity is allowed
     * @param high its upper one
     */
    default Curvature curvature(double[] low, double[] high) {
        return switch (this) {
            case Constant c -> Curvature.AFFINE;
            case Variable v -> Curvature.AFFINE;
            case Sum(var a, var b) -> a.curvature(low, high).plus(b.curvature(low, high));
            case Product(Constant(double c), var b) -> scaled(c, b.curvature(low, high));
            case Product(var a, Constant(double c)) -> scaled(c, a.curvature(low, high));
            case Product p -> Curvature.UNKNOWN;
            case Max(var a, var b) ->
                    convex(a.curvature(low, high)) && convex(b.curvature(low, high)) ? Curvature.CONVEX : Curvature.UNKNOWN;
            // Of affine parts, or of convex ones that are not negative.
            case Norm(var parts) -> parts.stream()
                    .allMatch(p -> p.curvature(low, high) == Curvature.AFFINE
                            || p.curvature(low, high) == Curvature.CONVEX && p.range(low, high).low() >= 0) ? Curvature.CONVEX
                                    : Curvature.UNKNOWN;
            case Apply(var atom, var argument) -> {
                var inner = argument.curvature(low, high);
                var over = argument.range(low, high);
                var outer = atom.curvature(over);
                int direction = atom.direction(over);
                boolean fits = inner == Curvature.AFFINE
                        || outer == Curvature.CONVEX
                                && (direction > 0 && inner == Curvature.CONVEX || direction < 0 && inner == Curvature.CONCAVE)
                        || outer == Curvature.CONCAVE
                                && (direction > 0 && inner == Curvature.CONCAVE || direction < 0 && inner == Curvature.CONVEX);
                yield fits ? outer : Curvature.UNKNOWN;
            }
        };
    }

    /** The degree as a polynomial; 3 stands for more, and for what is none. */
    default int degree() {
        return switch (this) {
            case Constant c -> 0;
            case Variable v -> 1;
            case Sum(var a, var b) -> Math.max(a.degree(), b.degree());
            case Product(var a, var b) -> Math.min(3, a.degree() + b.degree());
            case Apply(var atom, var argument) when atom == Atom.SQUARE -> Math.min(3, 2 * argument.degree());
            default -> 3;
        };
    }

    /** How many coordinates it reads: one more than the largest index. */
    default int dimension() {
        return switch (this) {
            case Constant c -> 0;
            case Variable(int index) -> index + 1;
            case Sum(var a, var b) -> Math.max(a.dimension(), b.dimension());
            case Product(var a, var b) -> Math.max(a.dimension(), b.dimension());
            case Max(var a, var b) -> Math.max(a.dimension(), b.dimension());
            case Norm(var parts) -> parts.stream().mapToInt(Expression::dimension).max().orElse(0);
            case Apply(var atom, var argument) -> argument.dimension();
        };
    }

    private static boolean convex(Curvature c) { return c == Curvature.CONVEX || c == Curvature.AFFINE; }

    private static Curvature scaled(double c, Curvature curvature) {
        return c == 0 ? Curvature.AFFINE : c > 0 ? curvature : curvature.negated();
    }

    /** Decimals that the value at an exact point lies between. */
    private DecimalInterval enclose(BigDecimal[] x) {
        return switch (this) {
            case Constant(double value) -> DecimalInterval.of(value);
            case Variable(int index) -> DecimalInterval.of(x[index]);
            case Sum(var a, var b) -> a.enclose(x).plus(b.enclose(x));
            case Product(var a, var b) -> a.enclose(x).times(b.enclose(x));
            case Max(var a, var b) -> a.enclose(x).max(b.enclose(x));
            case Norm(var parts) -> parts.stream().map(p -> p.enclose(x).abs()).map(u -> u.times(u))
                    .reduce(DecimalInterval.of(0), DecimalInterval::plus).sqrt();
            case Apply(var atom, var argument) -> atom.enclose(argument.enclose(x));
        };
    }

    /**
     * At least how far the chord from x to y dips below the graph at {@code theta x + (1 - theta) y}, proved in decimals: exact for
     * polynomials, outward-rounded to 50 digits otherwise. Above 0: the function is not convex.
     */
    default double provedViolation(double[] x, double[] y, double theta) {
        int n = x.length;
        BigDecimal part = new BigDecimal(theta), rest = BigDecimal.ONE.subtract(part);
        BigDecimal[] from = new BigDecimal[n], to = new BigDecimal[n], between = new BigDecimal[n];
        for (int i = 0; i < n; i++) {
            from[i] = new BigDecimal(x[i]);
            to[i] = new BigDecimal(y[i]);
            between[i] = part.multiply(from[i]).add(rest.multiply(to[i]));
        }
        var chord = enclose(from).times(DecimalInterval.of(part)).plus(enclose(to).times(DecimalInterval.of(rest)));
        return enclose(between).minus(chord).low().doubleValue();
    }
}
