package lyceum.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.optim.Atom.Curvature;

/**
 * Minimise a convex {@link Expression} with convex ones at most 0 and affine ones equal to 0, over a box. Nothing is accepted that the
 * rules of composition do not prove convex; what is accepted is solved by the method that its form admits.
 *
 * {@snippet :
 * Expression x = Expression.variable(0), y = Expression.variable(1);
 * var optimum = ConvexProblem.minimize(x.times(3).plus(y.times(2)))
 *         .subjectTo(x.plus(y).times(-1).plus(4), x.times(-1).plus(1), y.times(-1)).solve();
 * }
 *
 * <p>Linear and quadratic programs go to {@link InteriorPoint}, which answers with multipliers or with a certificate of infeasibility or
 * unboundedness; lengths under affine bounds to {@link Admm}; smooth functions over a box alone to projected {@link GradientDescent}; all
 * others to {@link AugmentedLagrangian} from the middle of the box. Whatever the method, {@link Optimum#residuals} measures how far the
 * conditions hold that suffice for a convex problem.
 *
 * @param objective what is minimised
 * @param inequalities each at most 0, in this order in {@link Optimum#lambda}
 * @param equalities each equal to 0, in this order in {@link Optimum#nu}
 * @param low the box's lower corner, for ranges of arguments and as bounds; negative infinity where there is none
 * @param high its upper one
 * @see "Grant, Boyd and Ye (2006), Disciplined Convex Programming"
 */
public record ConvexProblem(Expression objective, List<Expression> inequalities, List<Expression> equalities, double[] low, double[] high) {
    public ConvexProblem {
        inequalities = List.copyOf(inequalities);
        equalities = List.copyOf(equalities);
        require("the objective", objective, low, high, false);
        for (var g : inequalities) require("an inequality", g, low, high, false);
        for (var h : equalities) require("an equality", h, low, high, true);
    }

    /** The forms that are told apart. */
    public enum Family {
        LINEAR, QUADRATIC, CONIC, BOX, SMOOTH
    }

    private static void require(String role, Expression e, double[] low, double[] high, boolean affine) {
        var curvature = e.curvature(low, high);
        if (curvature == Curvature.AFFINE || curvature == Curvature.CONVEX && !affine) return;
        throw new IllegalArgumentException("ConvexProblem: " + role + " is " + e + ", whose curvature is " + curvature + " by the rules; "
                + (affine ? "equalities are affine"
                        : "only convex expressions are accepted: write it by atoms that show it, or bound the variables"));
    }

    /** Without constraints. */
    public static ConvexProblem minimize(Expression objective) {
        return new ConvexProblem(objective, List.of(), List.of(), filled(objective.dimension(), Double.NEGATIVE_INFINITY),
                filled(objective.dimension(), Double.POSITIVE_INFINITY));
    }

    /** Each at most 0. */
    public ConvexProblem subjectTo(Expression... inequalities) { return with(List.of(inequalities), equalities); }

    /** Each equal to 0. */
    public ConvexProblem withEqualities(Expression... equalities) { return with(inequalities, List.of(equalities)); }

    private ConvexProblem with(List<Expression> inequalities, List<Expression> equalities) {
        int n = low.length;
        for (var e : inequalities) n = Math.max(n, e.dimension());
        for (var e : equalities) n = Math.max(n, e.dimension());
        double[] from = filled(n, Double.NEGATIVE_INFINITY), to = filled(n, Double.POSITIVE_INFINITY);
        System.arraycopy(low, 0, from, 0, low.length);
        System.arraycopy(high, 0, to, 0, high.length);
        return new ConvexProblem(objective, inequalities, equalities, from, to);
    }

    /** The same minimum, but with every variable in {@code [low, high]}; rules that ask for a sign then know it. */
    public ConvexProblem within(double low, double high) {
        return new ConvexProblem(objective, inequalities, equalities, filled(this.low.length, low), filled(this.high.length, high));
    }

    private static double[] filled(int n, double value) {
        var a = new double[n];
        Arrays.fill(a, value);
        return a;
    }

    /** The form that decides the method. */
    public Family family() {
        boolean straight = inequalities.stream().allMatch(g -> g.degree() <= 1);
        if (objective.degree() <= 1 && straight) return Family.LINEAR;
        if (objective.degree() <= 2 && straight) return Family.QUADRATIC;
        if (objective.degree() <= 2 && inequalities.stream().allMatch(g -> g.degree() <= 1 || cone(g) != null)) return Family.CONIC;
        return inequalities.isEmpty() && equalities.isEmpty() ? Family.BOX : Family.SMOOTH;
    }

    /** The optimum, or why there is none. Its multipliers are those of inequalities and equalities; of a conic problem see {@link Admm}. */
    public Optimum solve() { return solve(middle()); }

    /** The same, where the method is a descent from {@code start}; the others take no start. */
    public Optimum solve(double[] start) {
        return switch (family()) {
            case LINEAR, QUADRATIC -> withConstant(new InteriorPoint().minimize(program()));
            case CONIC -> withConstant(new Admm().minimize(hessian(), slope(objective), blocks()));
            case BOX -> projected(start);
            case SMOOTH -> new AugmentedLagrangian().minimize(new NonlinearProgram(objective, List.copyOf(equalities), bounded()), start);
        };
    }

    private double[] middle() {
        return IntStream.range(0, low.length).mapToDouble(i -> Double.isInfinite(low[i]) ? Double.isInfinite(high[i]) ? 0 : high[i] - 1
                : Double.isInfinite(high[i]) ? low[i] + 1 : (low[i] + high[i]) / 2).toArray();
    }

    /** The inequalities and what is finite of the box. */
    private List<Objective> bounded() {
        var all = new ArrayList<Objective>(inequalities);
        all.addAll(bounds());
        return all;
    }

    private List<Expression> bounds() {
        var bounds = new ArrayList<Expression>();
        for (int i = 0; i < low.length; i++) {
            if (!Double.isInfinite(high[i])) bounds.add(Expression.variable(i).minus(high[i]));
            if (!Double.isInfinite(low[i])) bounds.add(Expression.variable(i).times(-1).plus(low[i]));
        }
        return bounds;
    }

    /**
     * The quadratic or linear program that this is, box included: what {@link QuadraticProgram#provesInfeasible} and {@link
     * QuadraticProgram#provesUnbounded} ask about.
     */
    public QuadraticProgram program() {
        if (family() != Family.LINEAR && family() != Family.QUADRATIC) throw new IllegalStateException(
                "ConvexProblem.program: the problem is " + family() + ", neither linear nor quadratic; use solve");
        var straight = new ArrayList<>(inequalities);
        straight.addAll(bounds());
        return QuadraticProgram.of(hessian(), slope(objective)).withEqualities(rows(equalities), offsets(equalities))
                .withInequalities(rows(straight), offsets(straight));
    }

    private Optimum withConstant(Optimum found) {
        double constant = objective.at(new double[low.length]);
        return new Optimum(found.x(), found.value() + constant, found.nu(), found.lambda(), found.residuals(), found.iterations(),
                found.stop());
    }

    private Optimum projected(double[] start) {
        var box = new Box(low, high);
        var found = GradientDescent.armijo(1).withProjection(box::project).minimize(objective, start);
        var residuals = new Kkt.Residuals(box.projectedGradient(found.x(), found.gradient()), 0, 0, 0);
        return new Optimum(found.x(), found.value(), new double[0], new double[0], residuals, found.iterations(), found.stop());
    }

    /** The gradient at 0: of an affine expression, its slope. */
    private double[] slope(Expression e) {
        var slope = new double[low.length];
        e.at(new double[low.length], slope);
        return slope;
    }

    /** Of a quadratic objective: its gradient is affine, so that unit steps are exact. */
    private double[][] hessian() {
        int n = low.length;
        var rows = new double[n][n];
        var origin = slope(objective);
        for (int i = 0; i < n; i++) {
            var unit = new double[n];
            unit[i] = 1;
            objective.at(unit, rows[i]);
            Vectors.addScaled(rows[i], -1, origin);
        }
        for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) rows[i][j] = rows[j][i] = (rows[i][j] + rows[j][i]) / 2;
        return rows;
    }

    private double[][] rows(List<Expression> affine) { return affine.stream().map(this::slope).toArray(double[][]::new); }

    private double[] offsets(List<Expression> affine) { return affine.stream().mapToDouble(e -> -e.at(new double[low.length])).toArray(); }

    /** {@code |parts| + rest <= 0}. */
    private record Length(Expression.Norm norm, Expression rest) {}

    private static Length cone(Expression g) {
        return switch (g) {
            case Expression.Norm norm when norm.parts().stream().allMatch(p -> p.degree() <= 1) -> new Length(norm, Expression.constant(0));
            case Expression.Sum(var a, var b) when b.degree() <= 1 && cone(a) != null -> new Length(cone(a).norm, cone(a).rest.plus(b));
            case Expression.Sum(var a, var b) when a.degree() <= 1 && cone(b) != null -> new Length(cone(b).norm, cone(b).rest.plus(a));
            default -> null;
        };
    }

    private List<Admm.Block> blocks() {
        var blocks = new ArrayList<Admm.Block>();
        var straight = new ArrayList<>(bounds());
        for (var g : inequalities) {
            var length = cone(g);
            if (length == null) {
                straight.add(g);
                continue;
            }
            var parts = new ArrayList<Expression>(List.of(length.rest.times(-1)));
            parts.addAll(length.norm.parts());
            blocks.add(block(parts, new ProximalSet.SecondOrderCone()));
        }
        if (!straight.isEmpty()) blocks.add(block(straight, new ProximalSet.Box(Double.NEGATIVE_INFINITY, 0)));
        if (!equalities.isEmpty()) blocks.add(block(equalities, new ProximalSet.Box(0, 0)));
        return blocks;
    }

    private Admm.Block block(List<Expression> affine, ProximalSet set) {
        return new Admm.Block(rows(affine), affine.stream().mapToDouble(e -> e.at(new double[low.length])).toArray(), set);
    }
}
