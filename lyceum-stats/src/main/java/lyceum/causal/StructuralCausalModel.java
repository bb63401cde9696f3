package lyceum.causal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.bayes.Dag;
import lyceum.prob.Categorical;
import lyceum.prob.Normal;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;

/**
 * Equations {@code x_i = f_i(parents, u_i)} with independent noises: what is, what an intervention would do, and what would have been for this very unit.
 *
 * {@snippet :
 * var drug = StructuralCausalModel.builder()
 *         .discrete("treated", 2, new double[] {0.5, 0.5}, (p, u) -> u)
 *         .discrete("recovered", 2, new double[] {0.5, 0.5}, (p, u) -> p[0] ^ u, "treated").build();
 * var adler = drug.counterfactual(Map.of("treated", 1.0, "recovered", 0.0), Map.of("treated", 0.0));
 * adler.probability("recovered", 1);            // 1: without it she would have lived
 *
 * var growth = StructuralCausalModel.builder().linear("x", 0, new double[0], 1).linear("y", 0, new double[] {2}, 1, "x").build();
 * growth.counterfactual(Map.of("x", 1.0, "y", 5.0), Map.of("x", 2.0)).mean("y");     // 7
 * }
 *
 * <p>Three moves: abduction finds the noises that the evidence leaves, action replaces equations, prediction runs the changed model with those same noises.
 * Exact for discrete models (by enumerating noises, at most 2^22 combinations), for linear normal ones (by conditioning), and wherever every variable
 * with noise that can be solved for was observed; else by weighted particles. A hidden common cause is a variable that is never observed. Immutable.
 *
 * @see <a href="https://doi.org/10.1017/CBO9780511803161">Pearl (2009), Causality, 2nd edition, chapter 7</a>
 */
public final class StructuralCausalModel {
    /** A discrete equation: values of the parents, in the order they were named, and of the noise, from 0. */
    public interface DiscreteMechanism {
        int value(int[] parents, int noise);
    }

    /** A continuous equation without its noise, which is added: values of the parents in the order they were named. */
    public interface AdditiveMechanism {
        double value(double[] parents);
    }

    /** One equation; without a law there is no noise. */
    record Equation(String name, List<String> parents, int values, double[] noise, DiscreteMechanism discrete, double intercept,
            double[] weights, AdditiveMechanism additive, UnivariateDistribution law) {
        double value(double[] parents, double u) {
            if (discrete != null) {
                var whole = new int[parents.length];
                for (int k = 0; k < whole.length; k++) whole[k] = (int) parents[k];
                int value = discrete.value(whole, (int) u);
                if (value < 0 || value >= values) throw new IllegalArgumentException("StructuralCausalModel: " + name + " is " + value
                        + " at " + Arrays.toString(whole) + " and noise " + (int) u + "; it is from 0 to " + (values - 1));
                return value;
            }
            return mean(parents) + u;
        }

        /** Of a continuous equation: its value without noise. */
        double mean(double[] parents) {
            if (weights == null) return additive.value(parents);
            double mean = intercept;
            for (int k = 0; k < parents.length; k++) mean += weights[k] * parents[k];
            return mean;
        }

        double draw(Rng rng) { return discrete != null ? new Categorical(noise).sample(rng) : law == null ? 0 : law.sample(rng); }
    }

    final List<Equation> equations;
    final Dag graph;
    /** Numbers of the equations, parents first, and of each one's parents. */
    final int[] order;
    final int[][] parents;

    private StructuralCausalModel(List<Equation> equations) {
        this.equations = List.copyOf(equations);
        int n = equations.size();
        var names = equations.stream().map(Equation::name).toList();
        var edge = new boolean[n][n];
        parents = new int[n][];
        for (int i = 0; i < n; i++) {
            parents[i] = new int[equations.get(i).parents.size()];
            for (int k = 0; k < parents[i].length; k++) {
                parents[i][k] = names.indexOf(equations.get(i).parents.get(k));
                if (parents[i][k] < 0) throw new IllegalArgumentException("StructuralCausalModel: " + equations.get(i).parents.get(k)
                        + ", a parent of " + names.get(i) + ", has no equation");
                edge[parents[i][k]][i] = true;
            }
        }
        graph = Dag.of(names, edge);
        order = graph.order().stream().mapToInt(graph::at).toArray();
    }

    /** Begins a model; equations may be added in any order. */
    public static Builder builder() { return new Builder(); }

    /** Collects equations. */
    public static final class Builder {
        private final List<Equation> equations = new ArrayList<>();

        private Builder() {}

        /**
         * A discrete variable.
         *
         * @param values how many it has, from 0
         * @param noise probabilities of the noise's values
         */
        public Builder discrete(String name, int values, double[] noise, DiscreteMechanism mechanism, String... parents) {
            equations.add(
                    new Equation(name, List.of(parents), values, new Categorical(noise).probabilities(), mechanism, 0, null, null, null));
            return this;
        }

        /** {@code intercept + weights . parents + u} with normal u of this variance. */
        public Builder linear(String name, double intercept, double[] weights, double variance, String... parents) {
            if (weights.length != parents.length) throw new IllegalArgumentException(
                    "linear: " + weights.length + " weights of " + name + " for " + parents.length + " parents");
            equations.add(new Equation(name, List.of(parents), 0, null, null, intercept, weights.clone(), null,
                    new Normal(0, Math.sqrt(variance))));
            return this;
        }

        /** Any function of the parents, plus noise of any law. */
        public Builder additive(String name, AdditiveMechanism mechanism, UnivariateDistribution noise, String... parents) {
            equations.add(new Equation(name, List.of(parents), 0, null, null, 0, null, mechanism, noise));
            return this;
        }

        /** @throws IllegalArgumentException if a parent has no equation, a name occurs twice, or they run in a cycle */
        public StructuralCausalModel build() { return new StructuralCausalModel(equations); }
    }

    /** Who depends directly on whom. */
    public Dag graph() { return graph; }

    /** All variables, in the order of their equations. */
    public List<String> names() { return graph.names(); }

    boolean isDiscrete() { return equations.stream().allMatch(e -> e.discrete != null); }

    boolean isLinear() { return equations.stream().allMatch(e -> e.weights != null); }

    /** The model in which these variables are what they are set to, whatever their causes. */
    public StructuralCausalModel intervene(Map<String, Double> action) {
        var changed = new ArrayList<Equation>();
        for (String name : action.keySet()) graph.at(name);
        for (var e : equations) {
            Double to = action.get(e.name);
            if (to == null) changed.add(e);
            else if (e.discrete == null) changed.add(new Equation(e.name, List.of(), 0, null, null, 0, null, p -> to, null));
            else {
                int value = (int) (double) to;
                if (value != to || value < 0 || value >= e.values) throw new IllegalArgumentException(
                        "intervene: " + e.name + " is set to " + to + "; it is a whole number from 0 to " + (e.values - 1));
                changed.add(new Equation(e.name, List.of(), e.values, new double[] {1}, (p, u) -> value, 0, null, null, null));
            }
        }
        return new StructuralCausalModel(changed);
    }

    /** {@code n} units: a row each, in the order of {@link #names}. */
    public double[][] sample(Rng rng, int n) {
        var rows = new double[n][];
        var noise = new double[order.length];
        for (int r = 0; r < n; r++) {
            for (int i : order) noise[i] = equations.get(i).draw(rng);
            rows[r] = run(noise, Map.of());
        }
        return rows;
    }

    /** All variables, given all noises and what is set. */
    double[] run(double[] noise, Map<String, Double> action) {
        var x = new double[order.length];
        for (int i : order) {
            Double set = action.isEmpty() ? null : action.get(equations.get(i).name);
            x[i] = set != null ? set : equations.get(i).value(parentsOf(i, x), noise[i]);
        }
        return x;
    }

    double[] parentsOf(int i, double[] x) {
        var p = new double[parents[i].length];
        for (int k = 0; k < p.length; k++) p[k] = x[parents[i][k]];
        return p;
    }

    /**
     * What would have been, exactly.
     *
     * @param evidence what was observed of the unit
     * @param action what is set instead, in the other world
     * @throws IllegalArgumentException if the evidence is impossible, or if this model needs particles: then give a generator and their number
     */
    public Counterfactual counterfactual(Map<String, Double> evidence, Map<String, Double> action) {
        return counterfactual(evidence, action, null, 0);
    }

    /**
     * The same, by particles where no exact way is known: noises drawn parents first, solved for where the variable was observed, and weighted by their
     * density there.
     */
    public Counterfactual counterfactual(Map<String, Double> evidence, Map<String, Double> action, Rng rng, int particles) {
        for (var known : List.of(evidence, action)) for (String name : known.keySet()) graph.at(name);
        if (isDiscrete()) {
            intervene(action);
            return Abduction.discrete(this, evidence, action);
        }
        if (equations.stream().noneMatch(e -> e.discrete != null) && evidence.size() == order.length)
            return Abduction.solved(this, evidence, action);
        if (isLinear()) return Abduction.linear(this, evidence, action);
        if (particles < 1) throw new IllegalArgumentException("counterfactual: not all of " + names()
                + " were observed and the model is neither discrete nor linear; give a generator and a number of particles");
        return Abduction.particles(this, evidence, action, rng, particles);
    }

    /** Mean effect on units with this evidence of one action over another: with {@code treatment = 1} as evidence, the effect of treatment on the treated. */
    public double effect(String outcome, Map<String, Double> one, Map<String, Double> other, Map<String, Double> evidence) {
        return counterfactual(evidence, one).mean(outcome) - counterfactual(evidence, other).mean(outcome);
    }

    /** Two worlds side by side on the same noises, for ordinary inference. */
    public TwinNetwork twinNetwork(Map<String, Double> action) { return new TwinNetwork(this, new LinkedHashMap<>(action)); }
}
