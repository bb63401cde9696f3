package lyceum.causal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.bayes.BayesianNetwork;
import lyceum.bayes.Dag;
import lyceum.bayes.LinearGaussianNetwork;
import lyceum.prob.ConditionalTable;
import lyceum.tensor.Tensor;

/**
 * The factual world and the altered one as a single network around shared noises: a variable x has a noise {@code u.x} and a twin {@code x*}. Then a
 * counterfactual is an ordinary query: {@code P(y* | what was observed)}.
 *
 * {@snippet :
 * var drug = StructuralCausalModel.builder()
 *         .discrete("treated", 2, new double[] {0.5, 0.5}, (p, u) -> u)
 *         .discrete("recovered", 2, new double[] {0.5, 0.5}, (p, u) -> p[0] ^ u, "treated").build();
 * var twins = drug.twinNetwork(Map.of("treated", 0.0));
 * twins.discrete().query(List.of("recovered*"), Map.of("treated", 1, "recovered", 0)).probability(1);   // 1
 * }
 *
 * @see "Balke and Pearl (1994), Probabilistic evaluation of counterfactual queries, AAAI"
 */
public final class TwinNetwork {
    private final StructuralCausalModel model;
    private final Map<String, Double> action;

    TwinNetwork(StructuralCausalModel model, Map<String, Double> action) {
        for (String name : action.keySet()) model.graph().at(name);
        this.model = model;
        this.action = action;
    }

    /** Noises, variables and twins: the arrows into what is set are cut in the twins' world alone. */
    public Dag graph() {
        var paths = new ArrayList<String>();
        for (var e : model.equations) {
            paths.add("u." + e.name() + " -> " + e.name());
            for (String parent : e.parents()) paths.add(parent + " -> " + e.name());
            if (action.containsKey(e.name())) {
                paths.add(e.name() + "*");
                continue;
            }
            paths.add("u." + e.name() + " -> " + e.name() + "*");
            for (String parent : e.parents()) paths.add(parent + "* -> " + e.name() + "*");
        }
        return Dag.of(paths.toArray(String[]::new));
    }

    /** A discrete model's network. @throws IllegalStateException if the model has a continuous variable */
    public BayesianNetwork discrete() {
        if (!model.isDiscrete()) throw new IllegalStateException("twin network: the model has continuous variables; linear() is for those");
        var tables = new ArrayList<ConditionalTable>();
        for (var e : model.equations) {
            tables.add(ConditionalTable.of(List.of(), List.of("u." + e.name()), Tensor.of(e.noise())));
            tables.add(table(e, ""));
            if (!action.containsKey(e.name())) tables.add(table(e, "*"));
            else {
                var certain = new double[e.values()];
                certain[(int) (double) action.get(e.name())] = 1;
                tables.add(ConditionalTable.of(List.of(), List.of(e.name() + "*"), Tensor.of(certain)));
            }
        }
        return BayesianNetwork.of(tables.toArray(ConditionalTable[]::new));
    }

    /** The equation as a table of zeros and ones. */
    private ConditionalTable table(StructuralCausalModel.Equation e, String mark) {
        int k = e.parents().size(), rows = e.noise().length;
        var given = new ArrayList<String>();
        long[] shape = new long[k + 2];
        for (int i = 0; i < k; i++) {
            given.add(e.parents().get(i) + mark);
            shape[i] = model.equations.get(model.names().indexOf(e.parents().get(i))).values();
            rows *= (int) shape[i];
        }
        given.add("u." + e.name());
        shape[k] = e.noise().length;
        shape[k + 1] = e.values();
        var p = new double[rows * e.values()];
        var parents = new double[k];
        for (int row = 0; row < rows; row++) {
            int rest = row / e.noise().length;
            for (int i = k - 1; i >= 0; rest /= (int) shape[i--]) parents[i] = rest % (int) shape[i];
            p[row * e.values() + (int) e.value(parents, row % e.noise().length)] = 1;
        }
        return ConditionalTable.of(given, List.of(e.name() + mark), Tensor.of(p, shape));
    }

    /** A linear model's network, in which only noises have a variance: ask it for conditional means. @throws IllegalStateException if it is not linear */
    public LinearGaussianNetwork linear() {
        if (!model.isLinear()) throw new IllegalStateException("twin network: the model is not linear");
        var graph = graph();
        int n = graph.size();
        double[] intercepts = new double[n], variances = new double[n];
        var weights = new double[n][];
        for (var e : model.equations) for (String mark : new String[] {"u.", "", "*"}) {
            String name = mark.equals("u.") ? mark + e.name() : e.name() + mark;
            int at = graph.at(name);
            var of = new HashMap<String, Double>();
            if (mark.equals("u.")) variances[at] = e.law().variance();
            else if (mark.equals("*") && action.containsKey(e.name())) intercepts[at] = action.get(e.name());
            else {
                intercepts[at] = e.intercept();
                of.put("u." + e.name(), 1.0);
                for (int k = 0; k < e.parents().size(); k++) of.merge(e.parents().get(k) + mark, e.weights()[k], Double::sum);
            }
            weights[at] = graph.parents(name).stream().mapToDouble(of::get).toArray();
        }
        return new LinearGaussianNetwork(graph, intercepts, weights, variances);
    }
}
