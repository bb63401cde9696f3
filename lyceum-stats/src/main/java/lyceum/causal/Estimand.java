package lyceum.causal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.bayes.Factor;
import lyceum.prob.JointTable;

/**
 * A formula in observational probabilities, such as {@code sum_w P(y | x, w) P(w)}, that equals an interventional one. Made by {@link DoCalculus}.
 *
 * {@snippet :
 * var table = JointTable.ofCounts(List.of("w", "x", "y"), Tensor.of(new double[] {30, 10, 5, 15, 4, 6, 8, 22}, 2, 2, 2));
 * var effect = new DoCalculus(MixedGraph.of("w -> x -> y <- w")).identify(Set.of("y"), Set.of("x")).estimand();
 * effect.text();                                              // sum_w P(w) P(y | w, x)
 * effect.value(table, Map.of("x", 1, "y", 1));                // P(y = 1 | do(x = 1))
 * effect.plugIn(table, 100, Map.of("x", 1, "y", 1));          // the same, with its error if the table was counted from 100 rows
 * }
 */
public sealed interface Estimand {
    /** {@code P(of | given)} of what was observed. */
    record Probability(Set<String> of, Set<String> given) implements Estimand {
        public Probability {
            of = new LinkedHashSet<>(of);
            given = new LinkedHashSet<>(given);
        }
    }

    /** All of them multiplied; 1 if there are none. */
    record Product(List<Estimand> factors) implements Estimand {}

    /** Over all values of some variables. */
    record Sum(Set<String> over, Estimand of) implements Estimand {}

    /** One over the other. */
    record Quotient(Estimand numerator, Estimand denominator) implements Estimand {}

    /** {@code P(of | given)}. */
    static Estimand probability(Collection<String> of, Collection<String> given) {
        return of.isEmpty() ? new Product(List.of()) : new Probability(new LinkedHashSet<>(of), new LinkedHashSet<>(given));
    }

    /** A product without products and ones in it. */
    static Estimand product(List<Estimand> factors) {
        var flat = new ArrayList<Estimand>();
        for (var factor : factors) if (factor instanceof Product p) flat.addAll(p.factors);
        else flat.add(factor);
        return flat.size() == 1 ? flat.getFirst() : new Product(flat);
    }

    /**
     * A sum, simplified: sums of sums are one, a probability loses what is summed out of it, here or after
     * {@code P(a | b, c) P(b | c) = P(a, b | c)}, and factors without the summed variables go outside.
     */
    static Estimand sum(Collection<String> over, Estimand of) {
        var left = new LinkedHashSet<>(over);
        if (of instanceof Sum s && s.over.stream().noneMatch(left::contains)) {
            left.addAll(s.over);
            return sum(left, s.of);
        }
        var factors = new ArrayList<>(of instanceof Product p ? p.factors : List.of(of));
        boolean changed = true;
        while (changed && !left.isEmpty()) {
            changed = false;
            for (String v : List.copyOf(left)) {
                var with = factors.stream().filter(f -> f.free().contains(v)).toList();
                Probability gone = null;
                if (with.size() == 1 && with.getFirst() instanceof Probability p && p.of.contains(v)) gone = p;
                if (with.size() == 2 && with.getFirst() instanceof Probability a && with.getLast() instanceof Probability b)
                    gone = a.of.contains(v) ? merged(b, a) : merged(a, b);
                if (gone == null || !gone.of.contains(v)) continue;
                int at = factors.indexOf(with.getFirst());
                factors.removeAll(with);
                var rest = new LinkedHashSet<>(gone.of);
                rest.remove(v);
                if (!rest.isEmpty()) factors.add(at, new Probability(rest, gone.given));
                left.remove(v);
                changed = true;
            }
        }
        if (left.isEmpty()) return product(factors);
        List<Estimand> inside = new ArrayList<>(), outside = new ArrayList<>();
        for (var f : factors) (f.free().stream().anyMatch(left::contains) ? inside : outside).add(f);
        outside.add(new Sum(left, product(inside)));
        return product(outside);
    }

    /** {@code P(a | b, c) P(b | c)} as {@code P(a, b | c)}; null if they do not fit. */
    private static Probability merged(Probability a, Probability b) {
        var all = new LinkedHashSet<>(b.given);
        all.addAll(b.of);
        if (!a.given.equals(all)) return null;
        var of = new LinkedHashSet<>(a.of);
        of.addAll(b.of);
        return new Probability(of, b.given);
    }

    /** A quotient, simplified: factors of both cancel, and {@code P(a, b | c) / P(b | c) = P(a | b, c)}. */
    static Estimand quotient(Estimand numerator, Estimand denominator) {
        var up = new ArrayList<>(numerator instanceof Product p ? p.factors : List.of(numerator));
        var down = new ArrayList<>(denominator instanceof Product p ? p.factors : List.of(denominator));
        down.removeIf(up::remove);
        if (up.size() == 1 && down.size() == 1 && up.getFirst() instanceof Probability a && down.getFirst() instanceof Probability b
                && a.given.equals(b.given) && a.of.containsAll(b.of)) {
            var of = new LinkedHashSet<>(a.of);
            of.removeAll(b.of);
            var given = new LinkedHashSet<>(a.given);
            given.addAll(b.of);
            return probability(of, given);
        }
        return down.isEmpty() ? product(up) : new Quotient(product(up), product(down));
    }

    /** Variables whose value it depends on. */
    default Set<String> free() {
        var free = new LinkedHashSet<String>();
        switch (this) {
            case Probability p -> {
                free.addAll(p.of);
                free.addAll(p.given);
            }
            case Product p -> p.factors.forEach(f -> free.addAll(f.free()));
            case Sum s -> {
                free.addAll(s.of.free());
                free.removeAll(s.over);
            }
            case Quotient q -> {
                free.addAll(q.numerator.free());
                free.addAll(q.denominator.free());
            }
        }
        return free;
    }

    /**
     * Its value.
     *
     * @param table probabilities of everything that was measured
     * @param assignment values of the free variables. One that is not in it is taken as 0: then the formula does not depend on it, as of the second
     *        variable of the napkin graph
     * @throws IllegalArgumentException if it conditions on something of probability 0
     */
    default double value(JointTable table, Map<String, Integer> assignment) {
        return new Evaluation(Factor.of(table.names(), table.probabilities())).of(this, assignment);
    }

    /**
     * From a table of observed frequencies: the value there, with its standard error by the delta method.
     *
     * @param n observations that the frequencies were made of
     */
    default Effect plugIn(JointTable table, long n, Map<String, Integer> assignment) {
        var factor = Factor.of(table.names(), table.probabilities());
        double value = new Evaluation(factor).of(this, assignment), mean = 0, square = 0, step = 1e-6;
        for (int cell = 0; cell < factor.values().length; cell++) {
            double p = factor.values()[cell];
            if (p == 0) continue;
            var moved = new double[2];
            for (int side = 0; side < 2; side++) {
                // Mixed with a little of this cell: the influence of one more such row.
                double by = side == 0 ? step * p : -step * p;
                double[] values = Arrays.stream(factor.values()).map(v -> v * (1 - by)).toArray();
                values[cell] += by;
                moved[side] = new Evaluation(new Factor(factor.variables(), factor.sizes(), values)).of(this, assignment);
            }
            double influence = (moved[0] - moved[1]) / (2 * step * p);
            mean += p * influence;
            square += p * influence * influence;
        }
        return new Effect(value, Math.sqrt((square - mean * mean) / n));
    }

    /** Marginals of a table, each made once. */
    final class Evaluation {
        private final Factor joint;
        private final Map<Set<String>, Factor> marginals = new HashMap<>();

        Evaluation(Factor joint) { this.joint = joint; }

        private double probability(Set<String> of, Map<String, Integer> at) {
            return marginals.computeIfAbsent(of, names -> {
                var marginal = joint;
                for (String name : joint.variables()) if (!names.contains(name)) marginal = marginal.sumOut(name);
                return marginal;
            }).value(at);
        }

        double of(Estimand estimand, Map<String, Integer> assignment) {
            var at = new HashMap<String, Integer>();
            for (String name : joint.variables()) at.put(name, assignment.getOrDefault(name, 0));
            return at(estimand, at);
        }

        private double at(Estimand estimand, Map<String, Integer> at) {
            return switch (estimand) {
                case Probability p -> {
                    double given = probability(p.given, at);
                    if (given == 0)
                        throw new IllegalArgumentException("estimand: " + p + " is asked for where what is given has probability 0: " + at);
                    var both = new LinkedHashSet<>(p.given);
                    both.addAll(p.of);
                    yield probability(both, at) / given;
                }
                case Product p -> {
                    double product = 1;
                    for (var f : p.factors) product *= at(f, at);
                    yield product;
                }
                case Quotient q -> {
                    double below = at(q.denominator, at);
                    if (below == 0) throw new IllegalArgumentException("estimand: a denominator is 0 at " + at);
                    yield at(q.numerator, at) / below;
                }
                case Sum s -> sum(new ArrayList<>(s.over), 0, s.of, new HashMap<>(at));
            };
        }

        private double sum(List<String> over, int k, Estimand of, Map<String, Integer> at) {
            if (k == over.size()) return at(of, at);
            double sum = 0;
            for (int v = 0; v < joint.size(over.get(k)); v++) {
                at.put(over.get(k), v);
                sum += sum(over, k + 1, of, at);
            }
            return sum;
        }
    }

    /** As it is written: a summed variable that also stands free outside has a prime. */
    default String text() { return EstimandText.of(this); }
}
